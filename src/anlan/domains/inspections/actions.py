"""Receiving a visit from a phone: one entry, and from it the visit, its dangers, the enterprise's tasks and the ledger.

Everything goes through the engine, in one transaction, with keys made from the series: a phone that sends its queue twice
does nothing twice. The day of the act is the day on the phone, put right by the error of its clock.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, transaction

from anlan.domains.checks.checklists import CheckItem
from anlan.domains.hidden_dangers.loop import HiddenDangerLoop
from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.domains.inspections.grading import grade, put_limits_right, said_of_grading
from anlan.domains.inspections.ground import Ground
from anlan.domains.inspections.items import measure_of
from anlan.domains.inspections.loop import SiteVisitLoop
from anlan.domains.inspections.models import SiteVisit
from anlan.domains.inspections.queries import dangers_of
from anlan.domains.inspections.sheets import Sheet, read_sheet
from anlan.domains.inspections.words import FINDING, PARTIES, RESULTS
from anlan.kernel import clock
from anlan.kernel.ledger.device import DeviceSeal
from anlan.kernel.loops import open_matter, take
from anlan.kernel.loops.claiming import SEALED_LAG
from anlan.kernel.registers.errors import Invalid, KeepingError, NotAllowed, NotSeen
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.posts import OFFICERS
from anlan.kernel.scope.responsibility import recalling
from anlan.kernel.words import Words

logger = logging.getLogger(__name__)

BELIEVED_AHEAD = timedelta(minutes=5)
WITH_NOTICE, RECORD_ALONE = (
    2,
    1,
)  # documents: the record of the visit, and the notice where something was found
OTHERS = Words(
    "这条记录是别人采集的，须由本人登录后发送。", "Somebody else captured it; they must sign in to send it."
)
LEFT = Words(
    "您做现场检查的岗位到{day}为止，之后的检查不能登记。内容仍在手机里，可保存副本交给管理员。",
    "Your post for site visits ended on {day}; a later visit cannot be entered. It is still on the phone: save a copy for "
    "the administrator.",
)
BROKEN = Words(
    "服务器处理这条记录时出错，已记入日志，其他记录不受影响。内容仍在手机里，可再发一次。",
    "The server failed on this record and logged why; the others are not touched. It is still on the phone; send it again.",
)
FIXED_AGAIN = Words(
    "再次检查时发现此问题并当场整改（{number}）：{text}",
    "Found again on another visit and put right on the spot ({number}): {text}",
)
AGAIN = Words("再次检查时仍有此问题（{number}）：{text}", "Still so on another visit ({number}): {text}")


@dataclass
class Received:
    """What became of one series: the visit, its dangers by item, and what the inspector should know."""

    visit: SiteVisit
    dangers: dict[str, HiddenDanger]
    known_before: set[str] = field(default_factory=set)
    notes: list[Words] = field(default_factory=list)
    is_repeated: bool = False


def receive_visit(actor: Actor, envelope: Mapping[str, Any]) -> Received:
    """Take in one visit from a phone; the same series again gives the same answer. Raises Invalid, NotAllowed, NotSeen."""
    (found,) = receive_visits(actor, [envelope])
    if isinstance(found, KeepingError):
        raise found
    return found


def receive_visits(
    actor: Actor, envelopes: Sequence[Mapping[str, Any]], *, until: date | None = None
) -> list[Received | KeepingError]:
    """Take in the visits of a batch, each by itself: one that cannot be taken is answered with its reason, the rest stand.

    ``until``: the last day of the inspector's post, where they have left it since; a later visit is refused.

    All in one transaction, each behind its own savepoint: what they stand on is read once, and the disk is waited for once.
    """
    sheets = [_read(actor, envelope) for envelope in envelopes]
    whole = [sheet for sheet in sheets if isinstance(sheet, Sheet)]
    if not whole:
        return [sheet for sheet in sheets if isinstance(sheet, KeepingError)]
    with transaction.atomic(), recalling():
        ground = Ground(actor, whole)
        found = [_alone(actor, one, ground, until) if isinstance(one, Sheet) else one for one in sheets]
        _as_written([one for one in found if isinstance(one, Received)])
    return found


def _read(actor: Actor, envelope: Mapping[str, Any]) -> Sheet | KeepingError:
    try:
        sheet = read_sheet(envelope)
    except KeepingError as refusal:
        return refusal
    return sheet if sheet.person == str(actor.person_id) else NotAllowed(OTHERS)


def _alone(actor: Actor, sheet: Sheet, ground: Ground, until: date | None) -> Received | KeepingError:
    """Take in one visit behind a savepoint of its own."""
    try:
        with transaction.atomic():
            return _received_before(sheet, ground) or _receive(actor, sheet, ground, until)
    except KeepingError as refusal:
        return refusal
    except (OperationalError, InterfaceError):
        raise  # the database is away, or two waited for each other: the whole batch comes again
    except Exception:  # a fault of ours in one visit must not hold up the others of the phone for ever
        logger.exception("a visit could not be taken in", extra={"series": str(sheet.series)})
        return Invalid({"records": [BROKEN]})


def _as_written(found: Sequence[Received]) -> None:
    """Give each visit as it stands after all its steps, read for all together."""
    rows = SiteVisit.unscoped("the visits that were just received").defer("search")
    visits = rows.select_related("enterprise", "territory").in_bulk([one.visit.pk for one in found])
    for one in found:
        one.visit = visits[one.visit.pk]


def _received_before(sheet: Sheet, ground: Ground) -> Received | None:
    """Return what became of a series that was received already, with what was said of it then."""
    entry = ground.received.get(sheet.series)
    if entry is None:
        return None
    rows = SiteVisit.unscoped("a phone that sends again is answered as before")
    visit = rows.filter(pk=entry.chain).first()
    if visit is None or visit.device_head != sheet.head:
        words = Words("该编号已用于另一次检查。", "This number was used for another visit.")
        raise Invalid({"series": [words]})
    notes = [Words(said["zh"], said["en"]) for said in entry.data["device"]["notes"]]
    met_again = {one["item"] for one in visit.answers if one.get("danger")}
    dangers = dangers_of(visit)
    notes += said_of_grading(sheet.series, visit, [key for key in dangers if key not in met_again])
    return Received(visit, dangers, met_again, notes, is_repeated=True)


def _receive(actor: Actor, sheet: Sheet, ground: Ground, until: date | None) -> Received:
    firm = ground.firms.get(sheet.site)
    if firm is None:
        raise NotSeen
    at, notes = acted_at(sheet, clock.now())
    day = at.astimezone(clock.CHINA).date()
    if until is not None and day > until:
        raise NotAllowed(LEFT.filled(day=until.isoformat()))
    asked = _asked(sheet, ground)
    notes += [*put_limits_right(sheet, at), *_unsigned(sheet), *_chain_notes(sheet, ground)]
    before, known = ground.latest_visit(firm), dict(ground.open.get(firm.pk, {}))
    notes += _conflict(sheet, before, day)
    seal = _seal(sheet, _told(sheet, known, before, day), notes)
    data: dict[str, Any] = {"enterprise": firm, "purpose": sheet.purpose, "summary": sheet.summary}
    if sheet.place:
        data |= {"longitude": str(sheet.place[0]), "latitude": str(sheet.place[1])}
    entry = open_matter(SiteVisitLoop, actor, data, at=at, key=sheet.series, device=seal)
    if not sheet.findings():
        visit = SiteVisit(pk=entry.chain, enterprise=firm)  # read with the others, once it has ended
        take("conclude", visit, actor, at=at, key=uuid.uuid5(sheet.series, "conclude"), device=seal.brief())
        ground.added(sheet, entry, firm, {})
        return Received(visit, {}, notes=notes)
    visit = SiteVisit.unscoped("the visit that was just received").defer("search").get(pk=entry.chain)
    dangers: dict[str, HiddenDanger] = {}
    for one in sheet.findings():
        key = one["item"]
        dangers[key], said = _danger(actor, sheet, one, asked[key], visit, at, known.get(key), seal)
        notes += said
    ground.added(sheet, entry, firm, dangers)
    return Received(visit, dangers, set(dangers) & set(known), notes)


def acted_at(sheet: Sheet, now: datetime) -> tuple[datetime, list[Words]]:
    """Return when the visit ended by the server's clock, and what to say where the phone's clock cannot be believed."""
    try:
        claimed = sheet.finished_at + timedelta(seconds=sheet.clock_offset)
    except OverflowError:
        claimed = datetime.max.replace(tzinfo=sheet.finished_at.tzinfo)
    if claimed > now + BELIEVED_AHEAD:
        words = Words(
            "手机时间晚于实际时间，按收到的时间登记。",
            "The phone's clock is ahead; the time of receipt was taken.",
        )
        return now, [words]
    if claimed < now - SEALED_LAG:
        words = Words(
            "手机时间早于{n}天前，按收到的时间登记。",
            "The phone's time lies over {n} days back; the time of receipt was taken.",
        )
        return now, [words.filled(n=SEALED_LAG.days)]
    return min(claimed, now), []


def _asked(sheet: Sheet, ground: Ground) -> dict[str, CheckItem]:
    """Return the items that were answered; one that is never asked at this site is refused by its name."""
    known = ground.items[uuid.UUID(sheet.site)]
    unknown = [key for key in sheet.answers if key not in known]
    if unknown:
        words = Words("没有这一检查项目：{items}。", "There is no such item: {items}.")
        raise Invalid({"records": [words.filled(items=", ".join(unknown[:5]))]})
    return {key: known[key] for key in sheet.answers}


def _unsigned(sheet: Sheet) -> list[Words]:
    """Say whose signature came before the last change: it stands on no paper, its picture is kept with the visit."""
    if not sheet.overtaken:
        return []
    parties = [PARTIES[party] for party in PARTIES if party in sheet.overtaken]
    who = Words("、".join(one.zh for one in parties), " and ".join(one.en.lower() for one in parties))
    words = Words(
        "签名之后又改了检查内容，{who}的签名（或拒绝签名）不计入，文书上没有；签名图片随检查保存。",
        "The content was changed after signing: what {who} signed (or refused to sign) does not count and stands on no "
        "paper; the picture is kept with the visit.",
    )
    return [words.filled(who=who)]


def _chain_notes(sheet: Sheet, ground: Ground) -> list[Words]:
    """Say where the series does not continue what was last received from its device; a fork is refused."""
    if (sheet.device, sheet.device_seq) in ground.taken:
        words = Words(
            "这台手机的第{n}次检查已经收到过别的内容。",
            "Visit {n} of this phone was received with other content.",
        )
        raise Invalid({"device_seq": [words.filled(n=sheet.device_seq)]})
    seq, head = ground.heads.get(sheet.device, (0, ""))
    if sheet.device_seq < seq:
        return [
            Words("这次检查比同一台手机后来的检查到得晚。", "It came after later visits of the same phone.")
        ]
    if sheet.device_previous != head or sheet.device_seq != seq + 1:
        return [
            Words(
                "这台手机之前的检查还没有全部收到。",
                "Earlier visits of this phone were not all received yet.",
            )
        ]
    return []


def _conflict(sheet: Sheet, before: SiteVisit | None, day: date) -> list[Words]:
    """Say that somebody else visited the site meanwhile; both visits stand."""
    if before is None or sheet.based_on in {before.device_head, str(before.pk)}:
        return []
    words = Words(
        "您出发后，这里另有一次检查（{number}，{day}，{result}）。两份记录都已保留。",
        "After you set out there was another visit here ({number}, {day}, {result}). Both are kept.",
    )
    result = dict(RESULTS)[before.result]
    return [words.filled(number=before.number, day=before.visited_on.isoformat(), result=result)]


def _told(
    sheet: Sheet, known: Mapping[str, HiddenDanger], before: SiteVisit | None, day: date
) -> dict[str, Any]:
    answers = []
    for one in sheet.answers.values():
        entry = {name: value for name, value in one.items() if value}
        if one["answer"] == FINDING and one["item"] in sheet.fixed:
            entry["fixed"] = True
        if one["answer"] == FINDING and one["item"] in known:
            entry["danger"] = str(known[one["item"]].pk)
        elif one["answer"] == FINDING:
            entry["opens"] = str(_danger_key(sheet.series, one["item"]))
        answers.append(entry)
    return {
        "answers": answers,
        "budget": sheet.budget,
        "signatures": len(sheet.signatures),
        "documents": WITH_NOTICE if sheet.left_to_rectify() else RECORD_ALONE,
        "clock_offset": sheet.clock_offset,
        "overlaps": before.pk if before is not None and before.visited_on == day else None,
        "device": sheet.device,
        "device_seq": sheet.device_seq,
    }


def _seal(sheet: Sheet, told: Mapping[str, Any], notes: list[Words]) -> DeviceSeal:
    noted = {
        "device": str(sheet.device),
        "device_seq": sheet.device_seq,
        "device_previous": sheet.device_previous,
        "claimed_at": sheet.finished_at.isoformat(),
        "clock_offset": sheet.clock_offset,
        "notes": [words.both() for words in notes],
    }
    return DeviceSeal(str(sheet.series), sheet.head, sheet.records, noted, told)


def _danger_key(series: uuid.UUID, item: str) -> uuid.UUID:
    return uuid.uuid5(series, f"danger:{item}")


def _danger(
    actor: Actor, sheet: Sheet, finding: Mapping[str, Any], item: CheckItem, visit: SiteVisit, at: datetime,
    known: HiddenDanger | None, seal: DeviceSeal,
) -> tuple[HiddenDanger, list[Words]]:  # fmt: skip
    """Open the danger of a finding, or say on the one that is open already that it still stands; with what is to be said.

    One that was put right before the inspector's eyes waits for its photo, which takes the step (``bringing``): graded now, it
    would be sent to the enterprise to do what is done. One that a criterion may make major is never settled on the spot.
    """
    series, note = sheet.series, str(finding["note"])
    text = f"{item.wrong.zh}：{note}" if note else item.wrong.zh
    if known is not None:
        again = FIXED_AGAIN if item.key in sheet.fixed else AGAIN
        said = again.filled(number=visit.number, text=text)
        key = uuid.uuid5(series, f"again:{item.key}")
        # A phone that comes late may have looked before the one that opened it: nothing is said before it was there.
        take(
            "comment",
            known,
            actor,
            {"text": said.zh},
            at=max(at, known.opened_at),
            key=key,
            device=seal.brief(),
        )
        return known, []
    data = {
        "enterprise": str(visit.enterprise_id),
        "topic": item.topic,
        "description": text,
        "found_on": at.astimezone(clock.CHINA).date().isoformat(),
    }
    if visit.longitude is not None and visit.latitude is not None:
        data |= {"longitude": str(visit.longitude), "latitude": str(visit.latitude)}
    key = _danger_key(series, item.key)
    entry = open_matter(
        HiddenDangerLoop, actor, data, at=at, key=key, parent=visit, device=seal,
        knowing={"control_measure_id": measure_of(item.key)},
    )  # fmt: skip
    danger = HiddenDanger.unscoped("the danger that was just opened").get(pk=entry.chain)
    is_settled = item.key in sheet.fixed and not item.criterion
    if actor.post_kind not in OFFICERS or is_settled:
        return danger, []
    return grade(actor, finding, item, danger, at, seal)
