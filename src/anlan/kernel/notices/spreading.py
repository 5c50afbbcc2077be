"""Spreading: from notices to messages. Who holds the posts now, who stands in for whom, what each chose, and when.

One transaction a batch: the messages exist when the notices are marked, or neither is done; one spreading at a time.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q

from anlan.kernel import clock
from anlan.kernel.ids import new_id
from anlan.kernel.notices.chosen import Absence, Preference
from anlan.kernel.notices.leaving import (
    ENDED,
    GATHERED,
    INSTANT,
    MAIL,
    WAITING,
    WEBHOOK,
    Outward,
    OutwardItem,
    Receiver,
)
from anlan.kernel.notices.mailing import mail_is_set_up
from anlan.kernel.notices.timing import Hours, goes_out
from anlan.kernel.notices.told import Notice
from anlan.kernel.scope.models import Membership
from anlan.kernel.scope.parties import PartySuccession, in_force

BATCH = 500
LOCK = 0x414E  # one spreading at a time, per schema
APART = timedelta(minutes=10)  # between two instant mails to one person; what comes in between rides together
NO_QUIET = Hours().quiet_from


@dataclass(frozen=True, slots=True)
class Target:
    """A recipient by one channel, with the hours that hold for it."""

    id: uuid.UUID
    channel: str
    hours: Hours
    person_id: uuid.UUID | None = None
    receiver_id: uuid.UUID | None = None
    muted: frozenset[str] = frozenset()
    is_demo: bool = False


@dataclass
class Reach:
    """Who is where today, of those alone who are told outside the office."""

    by_person: dict[uuid.UUID, list[Target]] = field(default_factory=lambda: defaultdict(list))
    by_party: dict[uuid.UUID, list[Target]] = field(default_factory=lambda: defaultdict(list))
    at_post: dict[uuid.UUID, set[uuid.UUID]] = field(default_factory=lambda: defaultdict(set))
    of_kind: dict[tuple[uuid.UUID, str], set[uuid.UUID]] = field(default_factory=lambda: defaultdict(set))
    stand_in: dict[uuid.UUID, set[uuid.UUID]] = field(default_factory=lambda: defaultdict(set))

    def targets(self, notice: Notice) -> Iterator[Target]:
        """Yield every recipient of a notice once."""
        people: set[uuid.UUID] = {notice.person_id} if notice.person_id else set()
        if notice.post_id:
            people |= self.at_post.get(notice.post_id, set())
        elif notice.party_id:
            for kind in notice.kinds:
                people |= self.of_kind.get((notice.party_id, kind), set())
        people -= {notice.by_person} if notice.by_person else set()
        # What concerns the person and not the post stays theirs while they are away.
        stand_ins = (
            {s for person in people for s in self.stand_in.get(person, ())} if not notice.person_id else set()
        )
        for person in sorted(people | (stand_ins - {notice.by_person})):
            yield from self.by_person.get(person, ())
        if notice.party_id:
            yield from self.by_party.get(notice.party_id, ())


def spread(now: datetime | None = None) -> int:
    """Decide for every new notice what goes out for it; returns how many notices were looked at."""
    looked_at = 0
    while count := _spread_batch(now or clock.now()):
        looked_at += count
    return looked_at


@transaction.atomic
def _spread_batch(now: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(current_schema()))", [LOCK])
    rows = list(Notice.objects.filter(spread_at=None).order_by("id")[:BATCH])
    if not rows:
        return 0
    reach = _reach(now)
    if reach.by_person or reach.by_party:
        _Batch(now).put(rows, reach)
    Notice.objects.filter(pk__in=[row.pk for row in rows]).update(spread_at=now)
    return len(rows)


def _reach(now: datetime) -> Reach:
    reach, today = Reach(), now.astimezone(clock.CHINA).date()
    if mail_is_set_up():
        for one in Preference.objects.filter(by_mail=True, verified_at__isnull=False):
            if one.takes_mail:
                muted = frozenset(one.muted)
                target = Target(one.person_id, MAIL, one.hours, person_id=one.person_id, muted=muted)
                reach.by_person[one.person_id].append(target)
    merged = _successions(now)
    for receiver in Receiver.objects.exclude(state=ENDED):
        hours = Hours(
            NO_QUIET, NO_QUIET, working_days_only=False, pace=receiver.pace
        )  # programs do not sleep
        target = Target(receiver.pk, WEBHOOK, hours, receiver_id=receiver.pk, is_demo=receiver.is_demo)
        if receiver.person_id:
            reach.by_person[receiver.person_id].append(target)
        for party in _with_former(receiver.party_id, merged) if receiver.party_id else ():
            reach.by_party[party].append(target)
    away = Absence.objects.filter(ended_at=None, since__lte=today, until__gte=today)
    for person, substitute in away.values_list("person_id", "substitute_id"):
        reach.stand_in[person].add(substitute)
    _seat(reach, today, merged)
    return reach


def _seat(reach: Reach, today: date, merged: dict[uuid.UUID, list[uuid.UUID]]) -> None:
    """Note which posts those people hold today."""
    people = {*reach.by_person, *reach.stand_in}
    open_then = Q(post__closed_on=None) | Q(post__closed_on__gt=today)
    seats = Membership.objects.filter(open_then, in_force(today), person__in=people)
    columns = seats.values_list("person_id", "post_id", "post__kind", "post__party_id")
    for person, post, kind, party in columns:
        reach.at_post[post].add(person)
        for each in _with_former(party, merged):
            reach.of_kind[each, kind].add(person)


def _successions(now: datetime) -> dict[uuid.UUID, list[uuid.UUID]]:
    """Return the parties each party took over by a day."""
    found: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    rows = PartySuccession.objects.filter(since__lte=now.astimezone(clock.CHINA).date())
    for predecessor, successor in rows.values_list("predecessor_id", "successor_id"):
        found[successor].append(predecessor)
    return found


def _with_former(party: uuid.UUID, merged: dict[uuid.UUID, list[uuid.UUID]]) -> list[uuid.UUID]:
    """Return a party and all whose work it took over, through several mergers too."""
    found = [party]
    for each in found:
        found += [former for former in merged.get(each, ()) if former not in found]
    return found


class _Batch:
    """Puts notices into messages: into one that waits and was not begun, else into a new one."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def put(self, notices: Iterable[Notice], reach: Reach) -> None:
        """Write the messages and what is in them."""
        wanted: dict[tuple[uuid.UUID, str, str], list[tuple[Notice, datetime]]] = defaultdict(list)
        targets: dict[tuple[uuid.UUID, str], Target] = {}
        for notice in notices:
            for target in reach.targets(notice):
                if notice.kind in target.muted:
                    continue
                at_once, not_before = goes_out(
                    notice.kind, notice.due_at, notice.made_at, self.now, target.hours
                )
                targets[target.id, target.channel] = target
                wanted[target.id, target.channel, INSTANT if at_once else GATHERED].append(
                    (notice, not_before)
                )
        open_ones = self._open(targets)
        last = self._last_instants(targets)
        for (pk, channel, sort), found in wanted.items():
            target = targets[pk, channel]
            next_at = min(at for _, at in found)
            if sort == INSTANT and channel == MAIL and (pk in last):
                next_at = max(next_at, last[pk] + APART)
            message = open_ones.get((pk, channel, sort)) or self._new(target, sort, next_at)
            if next_at < message.next_at:
                Outward.objects.filter(pk=message.pk).update(next_at=next_at)
            OutwardItem.objects.bulk_create(
                (
                    OutwardItem(outward=message, notice=notice, target=pk, channel=channel)
                    for notice, _ in found
                ),
                ignore_conflicts=True,
            )

    def _open(self, targets: Iterable[tuple[uuid.UUID, str]]) -> dict[tuple[uuid.UUID, str, str], Outward]:
        """Return the messages that may still be joined; the lock keeps the sender from beginning them meanwhile."""
        rows = Outward.objects.select_for_update().filter(
            target__in={pk for pk, _ in targets}, state=WAITING, attempts=0, sort__in=[INSTANT, GATHERED]
        )
        return {(row.target, row.channel, row.sort): row for row in rows}

    def _last_instants(self, targets: Iterable[tuple[uuid.UUID, str]]) -> dict[uuid.UUID, datetime]:
        rows = Outward.objects.filter(
            target__in={pk for pk, _ in targets}, channel=MAIL, sort=INSTANT, sent_at__gt=self.now - APART
        )
        return {row.target: row.sent_at for row in rows.order_by("sent_at") if row.sent_at}

    def _new(self, target: Target, sort: str, next_at: datetime) -> Outward:
        return Outward.objects.create(
            id=new_id(), channel=target.channel, sort=sort, target=target.id, person_id=target.person_id,
            receiver_id=target.receiver_id, made_at=self.now, next_at=next_at, is_demo=target.is_demo,
        )  # fmt: skip
