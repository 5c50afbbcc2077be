"""Grading one event: choose a method, tap the scores, see the level and why, propose it with the grounds."""

from __future__ import annotations

from anlan.domains.risk.grading import calculator_input
from anlan.domains.risk.loop import RiskGradingLoop, proposers
from anlan.domains.risk.models import RiskEvent, RiskGrading
from anlan.domains.risk.models.grading import columns_of
from anlan.domains.risk.pages.asking import row_of
from anlan.domains.risk.rows import reasons_of
from anlan.domains.risk.words import (
    DIRECT,
    INITIAL,
    LEC,
    LEVEL_BY_ZH,
    LS,
    METHODS,
    PROFILES,
    RESIDUAL,
    STAGES,
)
from anlan.kernel import clock, rules
from anlan.kernel.loops import open_matter
from anlan.kernel.registers.errors import KeepingError, NotAllowed
from anlan.kernel.registers.fields import spec_of
from anlan.kernel.registers.pages import Asked, Done, Drawn, Given
from anlan.kernel.words import Words


def grade(asked: Asked) -> Drawn | Done | Given:
    """Show the scores of a method and what follows from them; when it is sent, propose the level."""
    event = row_of(RiskEvent, asked, "unit__risk_object", "enterprise")
    if not proposers.allows(asked.actor, event, "risk") or event.is_archived:
        raise NotAllowed(Words("评级由本企业人员提出。", "The enterprise's own people propose a level."))
    given = _given(asked, event)
    faults: dict[str, list[str]] = {}
    if asked.is_sent:
        try:
            entry = open_matter(
                RiskGradingLoop, asked.actor, {"event": str(event.pk), **given}, key=asked.key
            )
            row = RiskGrading.seen_by(asked.actor).get(pk=entry.chain)
            return Done(row, Words("已提出，等待他人审核。", "Proposed; somebody else reviews it."))
        except KeepingError as refusal:
            faults = reasons_of(refusal)
    context = {
        "event": event, "given": given, "faults": faults, "stages": STAGES, "methods": METHODS, "profiles": PROFILES,
        "scores": [(spec_of(RiskGrading, name), given.get(name, "")) for name in _columns(given["method"])],
        "found": None if asked.is_sent and faults else _found(given), "is_ls": given["method"] == LS,
    }  # fmt: skip
    return Drawn("risk/grade.html", context, 422 if faults else 200)


def _given(asked: Asked, event: RiskEvent) -> dict[str, str]:
    said = asked.values
    method = said.get("method") if said.get("method") in dict(METHODS) else LEC
    stage = (
        said.get("stage")
        if said.get("stage") in dict(STAGES)
        else (RESIDUAL if event.risk_level else INITIAL)
    )
    given = {"stage": str(stage), "method": str(method), "grounds": said.get("grounds", "")}
    names = _columns(str(method)) + (["profile"] if method == LS else [])
    return {**given, **{name: said.get(name, "") for name in names}}


def _columns(method: str) -> list[str]:
    return ["direct_case"] if method == DIRECT else columns_of(method)


def _found(given: dict[str, str]) -> dict[str, object] | None:
    """Return the level that follows from the scores so far, with its steps; None while some are missing."""
    method = given["method"]
    if method == DIRECT or not all(given.get(name) for name in columns_of(method)):
        return None
    try:
        found = rules.compute(f"risk-{method}", calculator_input(given, clock.today().isoformat()))
    except rules.InputErrors:
        return None
    said = found.as_json()
    steps = [Words(step.text_zh, step.text_en) for step in found.steps]
    return {"level": LEVEL_BY_ZH[said["level_zh"]], "steps": steps, "confidence": found.confidence}
