"""What a grading means: the level by the calculators, and what an approved one changes. Checks and effects of ``loop.py``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from anlan.domains.risk import reassessing
from anlan.domains.risk.levels import apply
from anlan.domains.risk.models.grading import RiskGrading, columns_of
from anlan.domains.risk.rules import FACTORS, PRODUCT
from anlan.domains.risk.words import DIRECT, INITIAL, LEVEL_BY_ZH, LEVELS, LS, METHODS, RESIDUAL
from anlan.kernel import clock, rules
from anlan.kernel.loops.declaration import Verdict
from anlan.kernel.loops.due import parameter_for
from anlan.kernel.loops.taking import Taking
from anlan.kernel.scope.models import Membership
from anlan.kernel.scope.territory import in_force
from anlan.kernel.words import Words

GIVEN = ("method", "profile", "direct_case", *(name for method in FACTORS for name in columns_of(method)))
MAJOR_LEVEL = 4
PROPOSES_REVIEWS_AND_APPROVES = 3  # people


def is_of_few(row: Any) -> bool:
    """Say whether too few people fill posts of the enterprise for one to propose, another to review and a third to approve."""
    seats = Membership.objects.filter(
        in_force(clock.today()), post__party=row.holder_id, post__closed_on=None
    )
    return seats.values("person").distinct().count() < PROPOSES_REVIEWS_AND_APPROVES


def may_propose(taking: Taking) -> Verdict:
    """Compute the level; refuse a second open grading of the same, and a residual one before the initial."""
    row = taking.row
    if row.event.is_archived:
        return Verdict({"event": [Words("风险事件已归档。", "The event is archived.")]})
    others = RiskGrading.unscoped("one event has one open grading at a time").filter(
        event=row.event, stage=row.stage, closed_at=None
    )
    other = others.exclude(pk=row.pk).exclude(state=reassessing.EXPIRED).first()
    if other is not None:
        words = Words("已有一份评级在办：{number}。", "A grading is under way already: {number}.")
        return Verdict({"event": [words.filled(number=other.number)]})
    if row.stage == RESIDUAL and not row.event.risk_level:
        return Verdict({"stage": [Words("先批准初始风险的评级。", "The initial risk must be graded first.")]})
    return is_on_the_scales(taking)


def is_on_the_scales(taking: Taking) -> Verdict:
    """Compute the level from what the row and the answers say; every fault stands at its field."""
    if taking.row.event.is_archived:
        words = Words(
            "风险事件已归档：退回后选“不再评”。", "The event is archived: send it back and drop it."
        )
        return Verdict({"": [words]})
    given = {name: taking.values.get(name, getattr(taking.row, name)) or "" for name in GIVEN}
    if given["method"] == DIRECT:
        return _by_direct_case(taking, given)
    faults = _scores_missing(given)
    if faults:
        return Verdict(faults)
    try:
        found = rules.compute(f"risk-{given['method']}", calculator_input(given, _day(taking)))
    except rules.InputErrors as fault:
        names = {one.field: [Words(one.message_zh, one.message_en)] for one in fault.faults}
        return Verdict({f"{given['method']}_{name.lower()}": words for name, words in names.items()})
    said = found.as_json()
    applied = {
        "calculator": f"risk-{given['method']}", "citations": said["citations"], "confidence": said["confidence"],
        "level_zh": said["level_zh"], "value": said[PRODUCT[given["method"]]],
    }  # fmt: skip
    taking.noted["level_zh"] = said["level_zh"]
    return Verdict({}, [applied], [Words(step.text_zh, step.text_en) for step in found.steps])


def _scores_missing(given: Mapping[str, str]) -> dict[str, list[Words]]:
    """Return a fault for each score the method needs and has not, and for each that belongs to another method."""
    method = given["method"]
    needed = columns_of(method)
    faults = {
        name: [Words("这种方法需要这个分值。", "This method needs this score.")]
        for name in needed
        if not given[name]
    }
    for name in GIVEN[3:]:
        if given[name] and name not in needed:
            words = Words("不是“{method}”的分值，须清空。", "Not a score of “{method}”; clear it.")
            faults[name] = [words.filled(method=dict(METHODS)[method])]
    if given["direct_case"]:
        faults["direct_case"] = [
            Words("直接判定时方法选“直接判定”。", "Choose “direct judgement” as the method.")
        ]
    if given["profile"] and method != LS:
        faults["profile"] = [Words("只有 LS 法分档。", "Only LS has profiles.")]
    return faults


def _by_direct_case(taking: Taking, given: Mapping[str, str]) -> Verdict:
    if not given["direct_case"]:
        return Verdict({"direct_case": [Words("选择符合的情形。", "Choose the case that holds.")]})
    faults = {
        name: [Words("直接判定不打分，须清空。", "Direct judgement takes no score; clear it.")]
        for name in GIVEN[3:]
        if given[name]
    }
    rule = parameter_for("risk.direct_major", taking.row, taking.at)
    case = next((row for row in rule.value if row["code"] == given["direct_case"]), None)
    if case is None:
        faults["direct_case"] = [Words("现在没有这种情形。", "There is no such case now.")]
        return Verdict(faults)
    taking.noted["level_zh"] = "重大风险"
    reason = Words("符合“{zh}”，直接判定为重大风险", "{en}: major risk directly")
    return Verdict(faults, [rule.stored()], [reason.filled(zh=case["zh"], en=case["en"])])


def calculator_input(given: Mapping[str, str], day: str) -> dict[str, Any]:
    """Return the input of the calculator of a method for scores by column."""
    method = given["method"]
    asked: dict[str, Any] = {f: given[f"{method}_{f.lower()}"] for f in FACTORS[method]}
    if method == LS and given.get("profile"):
        asked["profile"] = given["profile"]
    return {**asked, "date": day}


def set_level(taking: Taking) -> None:
    """Keep the level that follows from the scores, and the value and day it was computed with."""
    row = taking.row
    row.risk_level = LEVEL_BY_ZH[taking.noted["level_zh"]]
    row.former_level = row.event.risk_level if row.stage == INITIAL else row.event.residual_level
    row.value = next((str(rule["value"]) for rule in taking.rules if "calculator" in rule), "")
    row.graded_on = taking.at.astimezone(clock.CHINA).date()


def put_in_force(taking: Taking) -> None:
    """Let the event bear the level approved, with an entry in its own history; what hangs on it follows."""
    row = taking.row
    event = apply(
        row.event_id,
        row.stage,
        row.risk_level,
        row.graded_on,
        number=row.number,
        actor=taking.actor,
        at=taking.at,
    )
    if row.stage == INITIAL:
        row.assess_by = event.assess_by
        reassessing.replace_former(row)


def proposed_words(row: RiskGrading) -> Words:
    """Return the level proposed in words."""
    return dict(LEVELS)[row.risk_level]


def _day(taking: Taking) -> str:
    return taking.at.astimezone(clock.CHINA).date().isoformat()
