"""Tells the alarms what the streams found: a condition raised opens one alarm, or is counted on the one still open; one
cleared is noted.

It drains a table, so that a slow loop never holds up the ingest. What is plainly new is opened in sets, and what is plainly
over ends in sets, each with its facts in one transaction; whatever else there is to say (again, votes) is told one by one.
Each fact is told once.
"""

from __future__ import annotations

import logging
import uuid
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from anlan.domains.alarms.loop import AlarmLoop
from anlan.domains.alarms.models import Alarm, Sensor, at_work, under_work
from anlan.domains.alarms.votes import SensorVote, vote_of
from anlan.kernel import clock
from anlan.kernel.loops import open_matter, take
from anlan.kernel.loops.beginning import NewMatter
from anlan.kernel.loops.opening import open_matters
from anlan.kernel.loops.together import NextStep, take_many, take_together
from anlan.kernel.registers.errors import KeepingError
from anlan.kernel.scope.actor import Actor
from anlan.streams.models import StreamRaised
from anlan.streams.words import VOTE

log = logging.getLogger("anlan.alarms")
MONITORING = Actor(name="监测 monitoring", kind="clock")
AT_ONCE, OTHERS_AT_ONCE = 100, 20
_LONGEST_LAG = timedelta(
    days=2, hours=23
)  # the engine takes claims of three days; what lies further back is told as of then
_NAMES = uuid.UUID("6e1f1f0e-54b1-4b35-9d2c-0d6a3f0f7a51")
_UNTOLD, _TOLD, _ENDED, _SUPPRESSED = 0, 1, 2, 3


def tell() -> int:
    """Tell what is new, the oldest first; returns how many facts were told.

    What is plainly new never waits for the rest: between a few of the others it is looked for again.
    """
    looked, done = _open_new(0)
    last = 0
    while facts := _ended(last):
        done += _end_together(facts)
        last = facts[-1]
        looked, opened = _open_new(looked)
        done += opened
    last = 0
    while facts := _rest(last):
        for pk in facts:
            try:
                done += _tell_one(pk)
            except KeepingError:
                log.exception("an alarm could not be told of: fact %s", pk)
        last = facts[-1]
        looked, opened = _open_new(looked)
        done += opened
    return done


def _open_new(looked: int) -> tuple[int, int]:
    """Open what is plainly new after the last fact looked at; returns the last one now, and how many were opened."""
    done = 0
    untold = (
        StreamRaised.objects.filter(told=_UNTOLD, cleared_at=None).order_by("id").values_list("id", flat=True)
    )
    while facts := list(untold.filter(id__gt=looked)[:AT_ONCE]):
        done += _open_together(facts)
        looked = facts[-1]
    return looked, done


def _ended(last: int) -> list[int]:
    """Return facts told of that are over, after the last one looked at."""
    rows = StreamRaised.objects.filter(id__gt=last, told=_TOLD, cleared_at__isnull=False)
    return list(rows.order_by("id").values_list("id", flat=True)[:AT_ONCE])


def _rest(last: int) -> list[int]:
    """Return some facts to tell of, after the last one looked at: few, since another may be telling of them already."""
    rows = StreamRaised.objects.filter(id__gt=last).order_by("id").values_list("id", flat=True)
    raised, ended = rows.filter(told=_UNTOLD), rows.filter(told=_TOLD, cleared_at__isnull=False)
    return sorted({*raised[:OTHERS_AT_ONCE], *ended[:OTHERS_AT_ONCE]})[:OTHERS_AT_ONCE]


@transaction.atomic
def _open_together(pks: list[int]) -> int:
    """Open the alarms of facts that are plainly new in one set; returns how many. Others are left as they are.

    Plainly new: still raised, by one sensor, nothing else to be told of its condition, no alarm open for it, nobody at work.
    """
    rows = StreamRaised.objects.select_for_update(of=("self",), skip_locked=True).order_by("pk")
    new = rows.filter(pk__in=pks, told=_UNTOLD, cleared_at=None).exclude(condition__kind=VOTE)
    facts = list(new.select_related("condition__point"))
    conditions = _waiting_of(facts)
    standing = Alarm.unscoped("one open alarm stands for a condition, whoever sees it")
    known = set(
        standing.filter(condition__in=list(conditions), closed_at=None).values_list("condition", flat=True)
    )
    sensors = Sensor.unscoped("what a sensor says concerns its alarm, whoever sees it")
    found = sensors.select_related("enterprise", "territory", "holder").defer("search", "enterprise__search")
    by_pk = found.in_bulk({fact.condition.point.sensor for fact in facts})
    idle = by_pk.keys() - at_work(by_pk)
    plain = [
        fact
        for fact in facts
        if conditions[fact.condition_id] == 1
        and fact.condition_id not in known
        and fact.condition.point.sensor in idle
    ]
    outcomes = open_matters(
        AlarmLoop, MONITORING, [_of(fact, by_pk[fact.condition.point.sensor]) for fact in plain]
    )
    told = [
        fact.pk
        for fact, outcome in zip(plain, outcomes, strict=True)
        if not isinstance(outcome, KeepingError)
    ]
    return StreamRaised.objects.filter(pk__in=told).update(told=_TOLD)


def _waiting_of(facts: Iterable[StreamRaised]) -> Counter[int]:
    """Return how many facts wait to be told of each condition of some facts."""
    waiting = Q(told=_UNTOLD) | Q(told=_TOLD, cleared_at__isnull=False)
    of_these = StreamRaised.objects.filter(waiting, condition__in=[fact.condition_id for fact in facts])
    return Counter(of_these.values_list("condition_id", flat=True))


@transaction.atomic
def _end_together(pks: list[int]) -> int:
    """Tell the alarms of facts that are plainly over in one set; returns how many. Others are left as they are.

    Plainly over: told when it was raised, by one sensor, nothing else to be told of its condition.
    """
    rows = StreamRaised.objects.select_for_update(of=("self",), skip_locked=True).order_by("pk")
    over = rows.filter(pk__in=pks, told=_TOLD, cleared_at__isnull=False).exclude(condition__kind=VOTE)
    facts = list(over.select_related("condition__point"))
    conditions = _waiting_of(facts)
    sensors = Sensor.unscoped("what a sensor says concerns its alarm, whoever sees it")
    known = set(
        sensors.filter(pk__in={fact.condition.point.sensor for fact in facts}).values_list("pk", flat=True)
    )
    plain = [
        fact for fact in facts if conditions[fact.condition_id] == 1 and fact.condition.point.sensor in known
    ]
    standing = Alarm.unscoped("one open alarm stands for a condition, whoever sees it")
    alarms = standing.filter(condition__in=[fact.condition_id for fact in plain], closed_at=None, active=True)
    raised = {alarm.condition: alarm for alarm in alarms.only("condition", "opened_at")}
    ends = {
        fact.pk: _end_of(fact, fact.cleared_at, raised[fact.condition_id])
        for fact in plain
        if fact.cleared_at is not None and fact.condition_id in raised
    }
    taken = dict(zip(ends, take_together("clear", AlarmLoop, MONITORING, list(ends.values())), strict=True))
    told = [fact.pk for fact in plain if fact.pk not in ends or taken[fact.pk] is not None]
    return StreamRaised.objects.filter(pk__in=told).update(told=_ENDED)


def _of(fact: StreamRaised, sensor: Sensor) -> NewMatter:
    """Return the alarm a fact opens at a sensor."""
    condition = fact.condition
    data = {"condition": condition.pk, "kind": condition.kind, "raised_at": fact.raised_at.isoformat(), "value": fact.value,
            "bound": condition.bound}  # fmt: skip
    return NewMatter(data, _claimed(fact.raised_at), _key(fact, "raise"), sensor, knowing={"sensor": sensor})


@transaction.atomic
def _tell_one(pk: int) -> int:
    rows = StreamRaised.objects.select_for_update(of=("self",), skip_locked=True)
    fact = rows.select_related("condition__point").filter(pk=pk).first()
    if fact is None or fact.told >= _ENDED or (fact.told == _TOLD and fact.cleared_at is None):
        return 0
    vote = vote_of(fact.condition_id) if fact.condition.kind == VOTE else None
    sensors = Sensor.unscoped("what a sensor says concerns its alarm, whoever sees it")
    standing = sensors.select_related("enterprise", "territory", "holder").defer(
        "search", "enterprise__search"
    )
    sensor = standing.filter(pk=vote.sensor_id if vote else fact.condition.point.sensor).first()
    if sensor is None:  # a point of no sensor: a bench, or one laid by hand
        StreamRaised.objects.filter(pk=pk).update(told=_ENDED)
        return 1
    if fact.told == _UNTOLD:
        if fact.cleared_at is None and _is_suppressed(fact, sensor, vote):
            return 0  # shown as suppressed; told when the work ends and it still holds
        if fact.cleared_at is not None and _is_suppressed(fact, sensor, vote, fact.raised_at):
            StreamRaised.objects.filter(pk=pk).update(told=_SUPPRESSED)
            return 1
        _raise(fact, sensor)
        fact.told = _TOLD
    if fact.told == _TOLD and fact.cleared_at is not None:
        _clear(fact)
        fact.told = _ENDED
    StreamRaised.objects.filter(pk=pk).update(told=fact.told)
    return 1


def _is_suppressed(
    fact: StreamRaised, sensor: Sensor, vote: SensorVote | None, at: datetime | None = None
) -> bool:
    """Say whether work keeps a fact from being an alarm: of a vote, where those nobody works on would not be enough."""
    if vote is None:
        return under_work(sensor, at)
    sensors = Sensor.unscoped("whether members of a vote are under maintenance decides for everybody")
    voting = sensors.filter(pk__in=vote.voting(at or clock.now()))
    return sum(not under_work(one, at) for one in voting) < vote.least


def _raise(fact: StreamRaised, sensor: Sensor) -> None:
    at = _claimed(fact.raised_at)
    alarm = _open_alarm(fact)
    if alarm is not None:
        take("again", alarm, MONITORING, at=max(at, alarm.opened_at), key=_key(fact, "again"))
        return
    new = _of(fact, sensor)
    open_matter(AlarmLoop, MONITORING, new.data, at=at, key=new.key, parent=sensor, knowing=new.knowing)


def _clear(fact: StreamRaised) -> None:
    alarm = _open_alarm(fact)
    if alarm is not None and alarm.active and fact.cleared_at is not None:
        end = _end_of(fact, fact.cleared_at, alarm)
        take("clear", alarm, MONITORING, at=end.at, key=end.key)


def _end_of(fact: StreamRaised, over_at: datetime, alarm: Alarm) -> NextStep:
    """Return the step by which an alarm is told that what raised it is over."""
    return NextStep(alarm.pk, max(_claimed(over_at), alarm.opened_at), _key(fact, "clear"))


def _open_alarm(fact: StreamRaised) -> Alarm | None:
    alarms = Alarm.unscoped("one open alarm stands for a condition, whoever sees it")
    found: Alarm | None = alarms.filter(condition=fact.condition_id, closed_at=None).first()
    return found


def _claimed(at: datetime) -> datetime:
    now = clock.now()
    return max(min(at, now), now - _LONGEST_LAG)


def _key(fact: StreamRaised, act: str) -> uuid.UUID:
    return uuid.uuid5(_NAMES, f"{fact.pk}/{act}")


def tend() -> int:
    """Once a minute: tell what waited for the end of some work, and bring back what was shelved until now."""
    done = tell()
    shelved = Alarm.unscoped("the clock brings back what was shelved").filter(
        state="shelved", closed_at=None, due_at__lt=clock.now()
    )
    back = [
        NextStep(alarm.pk, clock.now(), uuid.uuid5(_NAMES, f"{alarm.pk}/{alarm.due_at}"))
        for alarm in shelved[:AT_ONCE]
    ]
    outcomes = take_many("unshelve", AlarmLoop, MONITORING, back)
    return done + sum(not isinstance(outcome, KeepingError) for outcome in outcomes)
