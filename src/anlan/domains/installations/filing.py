"""What the steps of an installation's file check and change. Checks and effects of ``loop.py``. Serves article 14."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from anlan.domains.installations.grading import grade_of, graded, put_in_force
from anlan.domains.installations.models import HazardFile, HazardKeeper, Installation
from anlan.domains.installations.words import (
    DELISTED,
    FILED,
    GRADED,
    LAYERS,
    MAJOR_GRADES,
    NONE,
    NOT_MAJOR,
    SUBMITTED,
)
from anlan.kernel import clock, rules
from anlan.kernel.loops.declaration import Verdict
from anlan.kernel.loops.due import parameter_for
from anlan.kernel.loops.taking import Taking
from anlan.kernel.words import Words

NOTHING_HELD = Words(
    "先登记单元里的危险化学品和设计最大量。", "Enter the chemicals of the unit at their design maximum first."
)


def may_identify(taking: Taking) -> Verdict:
    """Refuse a unit that is archived, holds nothing, or has an open file."""
    unit = taking.row.installation
    if unit.is_archived:
        return Verdict({"installation": [Words("该单元已归档。", "The unit is archived.")]})
    others = HazardFile.unscoped("one installation has one open file").filter(
        installation=unit, closed_at=None
    )
    other = others.exclude(pk=taking.row.pk).first()
    if other is not None:
        words = Words("已有一份备案在办：{number}。", "A file is open already: {number}.")
        return Verdict({"installation": [words.filled(number=other.number)]})
    return _computed(taking, "installation", clock.today())


def _computed(taking: Taking, field: str, on: date) -> Verdict:
    """Compute the grade by the rules of a day; what was found goes along with the step."""
    try:
        finding = graded(_unit(taking), on)
    except rules.InputErrors as error:
        return Verdict({field: [Words(fault.message_zh, fault.message_en) for fault in error.faults]})
    if finding is None:
        return Verdict({field: [NOTHING_HELD]})
    said = finding.as_json()
    taking.noted["found"], taking.noted["grade"] = said, grade_of(finding)
    applied = {
        "calculator": "major-hazard", "citations": said["citations"], "confidence": said["confidence"],
        "S": said["S"], "R": said["R"], "grade_zh": said["grade_zh"],
    }  # fmt: skip
    return Verdict({}, [applied], [Words(step.text_zh, step.text_en) for step in finding.steps])


def _unit(taking: Taking) -> Installation:
    rows = Installation.unscoped("a file is about its own installation")
    return rows.select_related("enterprise", "territory").get(pk=taking.row.installation_id)


def _assessed_on(taking: Taking) -> Verdict | date:
    day = taking.values["assessed_on"]
    if day > clock.today():
        return Verdict({"assessed_on": [Words("不能晚于今天。", "It cannot lie in the future.")]})
    return day if isinstance(day, date) else clock.today()


def must_be_major(taking: Taking) -> Verdict:
    """Compute the grade; refuse where S < 1."""
    day = _assessed_on(taking)
    if isinstance(day, Verdict):
        return day
    verdict = _computed(taking, "", day)
    if not verdict.faults and taking.noted["grade"] == NOT_MAJOR:
        words = (
            Words("S＜1，不构成重大危险源，选“申请核销”。", "S < 1: no major hazard; apply for delisting.")
            if was_on_file(taking.row)
            else Words(
                "S＜1，不构成重大危险源，选“确认不构成”。",
                "S < 1: no major hazard; conclude that it is none.",
            )
        )
        return Verdict({"": [words]}, verdict.rules, verdict.reasons)
    return verdict


def must_be_none(taking: Taking) -> Verdict:
    """Compute the grade; refuse where S ≥ 1 and where the unit was on file, which the county takes off."""
    if was_on_file(taking.row):
        return Verdict(
            {"": [Words("已经备案的，向备案部门申请核销。", "It was on file: apply for delisting.")]}
        )
    day = _assessed_on(taking)
    if isinstance(day, Verdict):
        return day
    verdict = _computed(taking, "", day)
    if not verdict.faults and taking.noted["grade"] in MAJOR_GRADES:
        return Verdict(
            {"": [Words("S≥1，构成重大危险源，须定级、备案。", "S ≥ 1: a major hazard; grade and file it.")]}
        )
    return verdict


def keep_grade(taking: Taking) -> None:
    """Keep the grade with its steps in the file, count the day of filing, and let the unit bear it."""
    row = taking.row
    _keep_found(taking)
    limit = parameter_for("installations.file_within", row, taking.at)
    taking.rules.append(limit.stored())
    row.file_by = rules.due(row.assessed_on, limit.duration()).due_date
    again = parameter_for("installations.regrade_within", row, taking.at)
    taking.rules.append(again.stored())
    row.regrade_by = rules.due(row.assessed_on, again.duration()).due_date
    _carry(taking, "hazard_graded", {
        "grade": row.grade, "s_value": row.s_value, "r_value": row.r_value, "graded_on": row.assessed_on, "standing": GRADED,
        "file_by": row.file_by, "regrade_by": row.regrade_by, "delisted_on": None,
    })  # fmt: skip


def keep_none(taking: Taking) -> None:
    """Keep that the unit is no major hazard, with the steps."""
    _keep_found(taking)
    row = taking.row
    _carry(taking, "hazard_graded", {
        "grade": NOT_MAJOR, "s_value": row.s_value, "r_value": "", "graded_on": row.assessed_on, "standing": NONE,
    })  # fmt: skip


def _keep_found(taking: Taking) -> None:
    row, said = taking.row, taking.noted.pop("found")
    row.former_grade = row.grade
    row.grade = taking.noted.pop("grade")
    row.s_value, row.r_value, row.alpha = said["S"], said["R"] or "", said["alpha"]
    row.found = json.dumps(said, ensure_ascii=False)


def must_have_keepers(taking: Taking) -> Verdict:
    """Refuse to file an installation for which one of the three persons in charge is not named."""
    rows = HazardKeeper.unscoped("a filing names the persons in charge of its own installation")
    named = set(
        rows.filter(installation=taking.row.installation_id, archived_at=None).values_list("layer", flat=True)
    )
    missing = [words for layer, words in LAYERS if layer not in named]
    if not missing:
        return Verdict()
    words = Words("还没有登记包保责任人：{who}。", "Not yet named: {who_en}.")
    filled = words.filled(
        who="、".join(one.zh for one in missing), who_en=", ".join(one.en for one in missing)
    )
    return Verdict({"": [filled]})


def note_submitted(taking: Taking) -> None:
    """Let the unit bear that its papers lie with the county: how long that takes is no delay of the enterprise."""
    _carry(taking, "hazard_submitted", {"standing": SUBMITTED})


def note_sent_back(taking: Taking) -> None:
    """Let the unit bear that it is not filed yet; the time to correct is counted from the day it was sent back."""
    limit = parameter_for("installations.correct_within", taking.row, taking.at)
    until = rules.due(taking.at.astimezone(clock.CHINA).date(), limit.duration()).due_date
    by = max((day for day in (taking.row.file_by, until) if day is not None), default=None)
    _carry(taking, "hazard_sent_back", {"standing": GRADED, "file_by": by})


def take_on_file(taking: Taking) -> None:
    """Note the day of filing and let the unit bear it."""
    row = taking.row
    row.filed_on = taking.at.astimezone(clock.CHINA).date()
    fresh = {
        "standing": FILED,
        "filed_on": row.filed_on,
        "filing_number": row.filing_number,
        "regrade_by": row.regrade_by,
    }
    _carry(taking, "hazard_filed", fresh)


def begin_again(taking: Taking) -> None:
    """Begin the next assessment; the grade in force stays until it is replaced."""
    taking.row.round += 1


def was_on_file(row: Any) -> bool:
    """Say whether the county has ever taken the installation on file."""
    return row.filed_on is not None


def may_be_delisted(taking: Taking) -> Verdict:
    """Refuse to delist what is still a major hazard by its quantities."""
    try:
        finding = graded(_unit(taking))
    except rules.InputErrors as error:
        return Verdict({"": [Words(fault.message_zh, fault.message_en) for fault in error.faults]})
    if finding is None:
        return Verdict(
            {}, [], [Words("单元已不再存有危险化学品", "The unit holds no hazardous chemical any more")]
        )
    reasons = [Words(step.text_zh, step.text_en) for step in finding.steps]
    if finding.value["is_major"]:
        words = Words(
            "按现有数量 S＝{s}，仍构成重大危险源。", "By the quantities now S = {s}: still a major hazard."
        )
        return Verdict({"": [words.filled(s=finding.as_json()["S"])]}, [], reasons)
    return Verdict({}, [], reasons)


def note_application(taking: Taking) -> None:
    """Note the day from which the time to decide is counted, and whether an assessment was under way."""
    taking.row.applied_on = taking.at.astimezone(clock.CHINA).date()
    taking.row.applied_from = taking.row.state


def was_being_assessed(row: Any) -> bool:
    """Say whether a new assessment was under way when the delisting was applied for: refused, it goes on."""
    return bool(row.applied_from == "identified")


def take_off_file(taking: Taking) -> None:
    """Let the unit bear that it is no longer on file."""
    day = taking.at.astimezone(clock.CHINA).date()
    fresh = {
        "standing": DELISTED,
        "grade": NOT_MAJOR,
        "delisted_on": day,
        "regrade_by": None,
        "file_by": None,
    }
    _carry(taking, "hazard_delisted", fresh)


def _carry(taking: Taking, act: str, fresh: dict[str, Any]) -> None:
    row = taking.row
    put_in_force(row.installation_id, fresh, act, number=row.number, actor=taking.actor, at=taking.at)
