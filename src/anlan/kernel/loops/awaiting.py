"""The inbox over all kinds: what is awaited from me, by statutory clock: overdue, due today, due this week, later."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.db.models.expressions import RawSQL

from anlan.kernel import clock
from anlan.kernel.loops.declaration import loop_named
from anlan.kernel.loops.models import Duty, awaited_from, awaiting_counted, ways_awaited
from anlan.kernel.loops.urgency import URGENCIES, conditions, ends, urgency_of
from anlan.kernel.registers.listing import Listing
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.together import NONE

MOST = 200


@dataclass(frozen=True)
class Awaiting:
    """One card: the duty and its matter."""

    duty: Duty
    matter: Any
    group: str

    @property
    def left(self) -> timedelta | None:
        """Return the time left (negative when late)."""
        return self.duty.due_at - clock.now() if self.duty.due_at else None

    @property
    def share_left(self) -> float:
        """Return the share of the time left, 0 to 1, for the ring."""
        if self.duty.due_at is None:
            return 1.0
        whole = (self.duty.due_at - self.duty.opened_at).total_seconds()
        left = (self.duty.due_at - clock.now()).total_seconds()
        return max(0.0, min(1.0, left / whole)) if whole > 0 else 0.0


def duties_for(actor: Actor) -> QuerySet[Duty]:
    """Return the open duties awaited from the actor's post or from its kind of post in its party."""
    mine = awaited_from(actor)
    return Duty.objects.none() if mine is None else Duty.objects.filter(mine, done_at=None)


def inbox(actor: Actor, *, most: int = MOST) -> list[Awaiting]:
    """Return what is awaited from the actor with its matters, the most urgent first; at most ``most`` cards."""
    return _cards(actor, list(_soonest(actor, [(Q(), most)])[:most]))


def first_of_each(actor: Actor, shown: Mapping[str, int]) -> list[Awaiting]:
    """Return the most urgent of each group named, at most so many of each, with their matters.

    However many are late, those due today are there too. How many there are of each: ``counts``.
    """
    now = clock.now()
    within = conditions(now)
    found = _soonest(actor, [(one, most) for group, most in shown.items() for one in within[group]])
    by_group: dict[str, list[Duty]] = {group: [] for group in shown}
    for duty in found.defer(*UNDRAWN):
        by_group[urgency_of(duty.due_at, duty.paused_at, now)].append(duty)
    first = [duty for group, duties in by_group.items() for duty in duties[: shown[group]]]
    return _cards(actor, first, whole=False)


def stretch(actor: Actor, group: str, most: int, after: str = "") -> tuple[list[Awaiting], str]:
    """Return the next duties of a group, the most urgent first, and the cursor of what comes after them (empty at the end).

    A cursor that cannot be read begins from the first.
    """
    beyond = _beyond(after)
    wanted = [(one & beyond, most + 1) for one in conditions(clock.now())[group]]
    found = list(_soonest(actor, wanted).defer(*UNDRAWN)[: most + 1])
    shown = found[:most]
    more = _cursor(shown[-1]) if len(found) > most else ""
    return _cards(actor, shown, whole=False), more


def _cursor(duty: Duty) -> str:
    return f"{duty.due_at.isoformat() if duty.due_at else ''}~{duty.pk}"


def _beyond(cursor: str) -> Q:
    """Return the condition of duties that come after a cursor: by their time, those without one last."""
    due, _, key = cursor.partition("~")
    try:
        last = uuid.UUID(key)
        due_at = datetime.fromisoformat(due).astimezone(UTC) if due else None
    except (ValueError, OverflowError):
        return Q()
    if due_at is None:
        return Q(due_at=None, pk__gt=last)
    return Q(due_at=None) | Q(due_at__gte=due_at) & (Q(due_at__gt=due_at) | Q(pk__gt=last))


def _soonest(actor: Actor, wanted: Sequence[tuple[Q, int]]) -> QuerySet[Duty]:
    """Return for each condition the most urgent duties, at least so many if there are, all in order.

    Each way of being awaited is asked for itself: then an index holds its duties in order, and nothing else is read.
    """
    keys = [
        Duty.objects.filter(way, condition, done_at=None).order_by("due_at", "id").values("pk")[:most]
        for way in ways_awaited(actor)
        for condition, most in wanted
    ]
    if not keys:
        return Duty.objects.none()
    every = keys[0].union(*keys[1:], all=True) if len(keys) > 1 else keys[0]
    first = RawSQL(*every.query.sql_with_params())  # noqa: S611 - written by Django, values apart
    return Duty.objects.filter(pk__in=first).order_by("due_at", "id")


def _cards(actor: Actor, duties: Sequence[Duty], *, whole: bool = True) -> list[Awaiting]:
    now, matters = clock.now(), _matters(actor, duties, whole=whole)
    cards = (
        Awaiting(duty, matters.get(duty.matter_id), urgency_of(duty.due_at, duty.paused_at, now))
        for duty in duties
    )
    return [card for card in cards if card.matter is not None]


# What no card shows of a duty.
UNDRAWN = ("due_rule", "moments", "detail", "kinds")


def _matters(actor: Actor, duties: Sequence[Duty], *, whole: bool) -> dict[Any, Any]:
    """Return the matters of duties by key, ``whole`` or with what a card draws of them and of what stands beside them."""
    found: dict[Any, Any] = {}
    for loop, ids in _by_loop(duties):
        rows, titled = _rows(loop, actor, ids), loop.model.titled_by
        if whole:
            unread = ("search", *(f"{name}__search" for name in titled))
            rows = rows.defer(*unread).select_related("territory", "holder", "regulator", *titled)
        else:
            shown = ("territory", "holder", *titled)
            rows = Listing(loop.model, actor, (), (), loop.order, shown=shown).drawn(rows)
        found.update({row.pk: row for row in rows})
    return found


def _rows(loop: Any, actor: Actor, ids: Sequence[Any]) -> QuerySet[Any]:
    rows: QuerySet[Any] = loop.model.seen_by(actor).filter(pk__in=ids)
    return rows


def _by_loop(duties: Sequence[Duty]) -> list[tuple[Any, list[Any]]]:
    found: dict[str, list[Any]] = {}
    for duty in duties:
        found.setdefault(duty.loop, []).append(duty.matter_id)
    return [(loop, ids) for slug, ids in found.items() if (loop := loop_named(slug)) is not None]


def loops_of(actor: Actor, group: str) -> list[str]:
    """Return the kinds of matter (slugs of loops) of which duties of a group are awaited from the actor, the most of it first."""
    within = Q()
    for one in conditions(clock.now())[group]:
        within |= one
    counted = duties_for(actor).filter(within).values("loop").annotate(duties=Count("pk"))
    slugs = [str(row["loop"]) for row in counted.order_by("-duties", "loop")]
    return [slug for slug in slugs if loop_named(slug) is not None]


def counts(actor: Actor) -> dict[str, int]:
    """Return how many duties are overdue, due today, due this week and later."""
    # Counted by the database, since a desk may hold thousands; written out, since home asks each time.
    waiting = awaiting_counted(actor)
    if waiting is NONE:
        return dict.fromkeys(URGENCIES, 0)
    now = clock.now()
    tonight, week = ends(now)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_COUNTS} {waiting.sql}", [now, now, tonight, tonight, week, week, *waiting.params]
        )
        return dict(zip(URGENCIES, cursor.fetchone() or (), strict=True))


_RUNS = "paused_at IS NULL AND due_at IS NOT NULL"
_COUNTS = f"""
    count(*) FILTER (WHERE {_RUNS} AND due_at < %s),
    count(*) FILTER (WHERE {_RUNS} AND due_at >= %s AND due_at <= %s),
    count(*) FILTER (WHERE {_RUNS} AND due_at > %s AND due_at <= %s),
    count(*) FILTER (WHERE NOT ({_RUNS}) OR due_at > %s)
"""
