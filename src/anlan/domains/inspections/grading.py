"""Grading what was found at once, with the limit chosen on site: the enterprise has its task before the officer has left.

The limit is a day of the phone's calendar. Where its clock was wrong, the limit moves with the day of the act; where the grade
cannot be given, that is written on the danger and said to whoever sent the visit. Serves articles 9, 15 and 22.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from anlan.domains.checks.checklists import CheckItem
from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.domains.inspections.items import DEADLINES, items_named
from anlan.domains.inspections.models import SiteVisit
from anlan.domains.inspections.sheets import Sheet
from anlan.kernel import clock, rules
from anlan.kernel.ledger import LedgerEntry
from anlan.kernel.ledger.device import DeviceSeal
from anlan.kernel.loops import take
from anlan.kernel.registers.errors import Changed, Invalid, NotAllowed
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words

MOVED = Words(
    "手机日期与登记日期相差{n}天，整改期限已随之更正。",
    "The phone's date and the day entered are {n} days apart; the limits to rectify were put right by as much.",
)
BEFORE_THE_VISIT = Words(
    "有整改期限早于检查当天，改用通常的期限。",
    "A limit to rectify lay before the day of the visit; the usual one was taken.",
)
UNGRADED = Words(
    "“{what}”没有当场定级，企业还没有整改任务，由监管部门定级后下达。",
    "“{what}” was not graded on site; the enterprise has no task until the regulator grades it.",
)
WHY = Words("现场检查时没有定级：{why}", "Not graded on the visit: {why}")


def put_limits_right(sheet: Sheet, at: datetime) -> list[Words]:
    """Move each limit by as many days as the phone's calendar was wrong; one before the visit gives way to the usual one."""
    notes: list[Words] = []
    today = at.astimezone(clock.CHINA).date()
    for item, answer in sheet.answers.items():
        limit = _day(answer["rectify_by"])
        if limit is None:
            continue
        days = _days_wrong(sheet, item, at)
        try:
            limit += timedelta(days=days)
        except OverflowError:
            continue  # the grade will say what is wrong with it
        if days:
            answer["rectify_by"] = limit.isoformat()
            notes.append(MOVED.filled(n=abs(days)))
        if limit < today:
            answer["rectify_by"] = ""
            notes.append(BEFORE_THE_VISIT)
    return list({words.zh: words for words in notes}.values())


def _days_wrong(sheet: Sheet, item: str, at: datetime) -> int:
    """Return by how many days the calendar by which an item's limit was counted lay before the true one."""
    if item not in sheet.captured:
        return 0
    try:
        truly = sheet.captured[item] + (at - sheet.finished_at)
        return (truly.astimezone(clock.CHINA).date() - sheet.counted_from[item]).days
    except OverflowError:
        return 0


def grade(
    actor: Actor,
    finding: Mapping[str, Any],
    item: CheckItem,
    danger: HiddenDanger,
    at: datetime,
    seal: DeviceSeal,
) -> tuple[HiddenDanger, list[Words]]:
    """Grade a danger at once where the officer may; where it cannot be, the danger says why and waits for whoever can."""
    series = uuid.UUID(seal.series)
    step, data = "grade", {"rectify_by": rectify_by(finding, item, at).isoformat(), "measures": item.fix.zh}
    if item.criterion:
        step, data = "grade_major", {"criteria": item.criteria, "criterion": item.criterion}
    try:
        with transaction.atomic():
            key = uuid.uuid5(series, f"grade:{item.key}")
            take(step, danger, actor, data, at=at, key=key, device=seal.brief())
    except (Invalid, NotAllowed, Changed) as refusal:
        said = {"text": WHY.filled(why=_why(refusal)).zh}
        take("comment", danger, actor, said, at=at, key=_ungraded(series, item.key), device=seal.brief())
        return danger, [UNGRADED.filled(what=item.wrong)]
    return HiddenDanger.unscoped("the danger that was just graded").get(pk=danger.pk), []


def said_of_grading(series: uuid.UUID, visit: SiteVisit, opened: Iterable[str]) -> list[Words]:
    """Return what was said of grades that could not be given when a series was first received."""
    keys = {_ungraded(series, item): item for item in opened}
    entries = LedgerEntry.objects.filter(key__in=list(keys)) if keys else []
    failed = [keys[entry.key] for entry in entries if entry.key is not None]
    known = items_named(failed, visit.enterprise_id) if failed else {}
    return [UNGRADED.filled(what=known[item].wrong) for item in keys.values() if item in known]


def rectify_by(finding: Mapping[str, Any], item: CheckItem, at: datetime) -> date:
    """Return by when a finding is to be put right: the day chosen on site, or the usual one under the rule of that day."""
    chosen = _day(finding.get("rectify_by", ""))
    if chosen is not None:
        return chosen
    day = at.astimezone(clock.CHINA).date()
    usual = rules.due(day, rules.parameter(DEADLINES[item.within], day).duration()).due_date
    return usual or day


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        return None


def _ungraded(series: uuid.UUID, item: str) -> uuid.UUID:
    return uuid.uuid5(series, f"ungraded:{item}")


def _why(refusal: Invalid | NotAllowed | Changed) -> str:
    errors = refusal.errors if isinstance(refusal, Invalid) else {}
    reasons = [reason for some in errors.values() for reason in some] or [refusal.words]
    return " ".join(one.zh if isinstance(one, Words) else str(one) for one in reasons)
