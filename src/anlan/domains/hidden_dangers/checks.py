"""Checks of the hidden danger loops: is the grade lawful, the limit possible, the plan whole? Each says why."""

from __future__ import annotations

from datetime import date
from typing import Any

from anlan.domains.hidden_dangers.words import GENERAL, MAJOR
from anlan.kernel import clock, rules
from anlan.kernel.loops.declaration import Verdict
from anlan.kernel.loops.due import parameter_for
from anlan.kernel.loops.taking import Taking
from anlan.kernel.words import Words

# A functional zone lists as a county does; what the province lists is kept by the city, for it has no office here.
LISTED_BY = {"county": {"county"}, "zone": {"county"}, "city": {"county", "city", "province"}}
GRADES = {GENERAL: "一般事故隐患", MAJOR: "重大事故隐患"}


def grade_is_general(taking: Taking) -> Verdict:
    """Refuse a general grade where the criteria make it major; check the limit."""
    return _joined(
        _graded(taking, GENERAL),
        _limit(taking, "hidden_dangers.rectify_general_max"),
        _post_is_theirs(taking),
    )


def regrade_is_general(taking: Taking) -> Verdict:
    """Refuse to lower a grade that the criteria and facts, judged anew, still make major; check the new limit."""
    anew = {"criterion": "", **taking.values}
    return _joined(
        _graded(taking, GENERAL, anew),
        _limit(taking, "hidden_dangers.rectify_general_max"),
        _post_is_theirs(taking),
    )


def at_once_is_general(taking: Taking) -> Verdict:
    """Refuse to settle a major danger on the spot: it takes its plan, its double report and its review."""
    return _graded(taking, GENERAL)


def grade_is_major(taking: Taking) -> Verdict:
    """Refuse a major grade that neither a criterion nor the definition carries."""
    return _graded(taking, MAJOR)


def plan_is_whole(taking: Taking) -> Verdict:
    """Demand the five implements (责任、措施、资金、时限、预案) and a possible limit."""
    return _joined(_limit(taking, "hidden_dangers.rectify_major_max"), _post_is_theirs(taking))


def found_in_time(taking: Taking) -> Verdict:
    """Refuse a day of discovery in the future."""
    if taking.row.found_on > taking.received_at.astimezone(clock.CHINA).date():
        return Verdict(
            {"found_on": [Words("发现日期不能晚于今天。", "It cannot have been found after today.")]}
        )
    return Verdict()


def sent_back_in_time(taking: Taking) -> Verdict:
    """Check the new limit when a rectification is sent back."""
    key = (
        "hidden_dangers.rectify_major_max"
        if taking.row.severity == MAJOR
        else "hidden_dangers.rectify_general_max"
    )
    return _limit(taking, key)


def listing_limit_is_ahead(taking: Taking) -> Verdict:
    """Refuse a limit of listed supervision that has passed."""
    if taking.values["limit"] < _today(taking):
        return Verdict({"limit": [Words("期限不能早于今天。", "The limit cannot lie before today.")]})
    return Verdict()


def listing_is_lawful(taking: Taking) -> Verdict:
    """Refuse a level that is not the officer's own to decide, and a limit that has passed."""
    return _joined(_level_is_theirs(taking, taking.values["level"]), listing_limit_is_ahead(taking))


def refusal_is_lawful(taking: Taking) -> Verdict:
    """Let the level that listed a danger refuse its delisting, with a limit that lies ahead."""
    return _joined(delisting_is_theirs(taking), listing_limit_is_ahead(taking))


def delisting_is_theirs(taking: Taking) -> Verdict:
    """Let the level that listed a danger delist it, none below."""
    return _level_is_theirs(taking, taking.row.level)


def declining_is_theirs(taking: Taking) -> Verdict:
    """Let nobody below the county decide that a major danger is not listed."""
    return _level_is_theirs(taking, "county")


def _level_is_theirs(taking: Taking, level: str) -> Verdict:
    if level in LISTED_BY.get(taking.actor.party_level, ()):
        return Verdict()
    words = Words("这一级别的挂牌不由本部门决定。", "A listing of this level is not for this department.")
    return Verdict({"level" if "level" in taking.values else "": [words]})


def grading_input(row: Any, values: dict[str, Any]) -> dict[str, Any]:
    """Return the input of the calculator ``hidden-danger-grade`` for a row and what was just answered."""
    criterion = values.get("criterion", row.criterion)
    given: dict[str, Any] = {
        "date": row.found_on.isoformat(),
        "sector": values.get("criteria") or row.criteria,
    }
    if criterion:
        given["criterion"] = criterion
        return given
    names = ("needs_stop", "removable_at_once", "outside_factors")
    given["facts"] = {name: bool(values.get(name, getattr(row, name))) for name in names}
    return given


def _graded(taking: Taking, grade: str, values: dict[str, Any] | None = None) -> Verdict:
    given = taking.values if values is None else values
    try:
        found = rules.run("hidden-danger-grade", grading_input(taking.row, given))
    except rules.InputErrors as fault:
        return Verdict({_field(one.field): [Words(one.message_zh, one.message_en)] for one in fault.faults})
    reasons = [Words(step["text_zh"], step["text_en"]) for step in found["steps"]]
    applied = {
        "calculator": "hidden-danger-grade",
        "grade_zh": found["grade_zh"],
        "citations": found["citations"],
    }
    if found["grade_zh"] != GRADES[grade]:
        words = Words("按判定标准应为{zh}。", "By the criteria it is a {en}.")
        other = {"一般事故隐患": "general hidden danger", "重大事故隐患": "major hidden danger"}[
            found["grade_zh"]
        ]
        return Verdict({"": [words.filled(zh=found["grade_zh"], en=other), *reasons]})
    return Verdict({}, [{**applied, "confidence": found["confidence"]}], reasons)


def _field(path: str) -> str:
    return {"sector": "criteria", "criterion": "criterion"}.get(path.split(".")[0], "")


def _limit(taking: Taking, key: str) -> Verdict:
    """Check ``rectify_by``: not past, and not beyond what the rule allows from today."""
    limit: date = taking.values["rectify_by"]
    most = parameter_for(key, taking.row, taking.at)
    today = _today(taking)
    latest = rules.due(today, most.duration()).due_date
    if limit < today:
        return Verdict(
            {"rectify_by": [Words("整改期限不能早于今天。", "The limit cannot lie before today.")]}
        )
    if latest is not None and limit > latest:
        words = Words("整改期限最迟为 {day}（{law}）。", "The latest limit is {day} ({law}).")
        return Verdict({"rectify_by": [words.filled(day=latest.isoformat(), law=Words(most.zh, most.en))]})
    return Verdict({}, [most.stored()])


def _post_is_theirs(taking: Taking) -> Verdict:
    post = taking.values.get("responsible_post")
    if post is not None and post.party_id != taking.row.holder_id:
        return Verdict(
            {"responsible_post": [Words("应为该企业的岗位。", "It must be a post of this enterprise.")]}
        )
    return Verdict()


def _today(taking: Taking) -> date:
    return taking.at.astimezone(clock.CHINA).date()


def _joined(*verdicts: Verdict) -> Verdict:
    faults: dict[str, list[Words]] = {}
    for verdict in verdicts:
        for name, words in verdict.faults.items():
            faults.setdefault(name, []).extend(words)
    return Verdict(faults, [r for v in verdicts for r in v.rules], [w for v in verdicts for w in v.reasons])
