"""Keeping colours in step with facts: what was written is taken in by its notes, what the clock moves by its moments.

The colour of an enterprise is always computed whole from its rows and compared with the one that stands; only what differs is
written, as an end and a beginning. So late rows, moves and corrections need no rule of their own, computing twice does no
harm, a killed worker loses nothing, and computing the whole city writes nothing where all was in step.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime
from typing import Any

from django.db import connection, models, transaction

from anlan.domains.colours import writing
from anlan.domains.colours.facts import READER, fact_kinds, limits_on, watched
from anlan.domains.colours.models import ColourRun, EnterpriseColour
from anlan.domains.colours.models.colour import end_of, standing_at
from anlan.domains.colours.reading import BASE, Colour, colours_of
from anlan.domains.enterprises.models import Enterprise
from anlan.kernel import clock
from anlan.kernel.scope.models import Party
from anlan.kernel.scope.touched import is_waiting, taken

BATCH = 2000
# Enterprises computed at once: what is read of a whole large city does not fit into a small machine.
BLOCK = 5000
LOCK = 0x434F  # one computation of colours at a time in a city


def follow() -> int:
    """Take in what was written and what the clock moved since the last time; returns how many colours changed.

    The first time, and when a setting has changed, the whole city is computed. Safe to run twice at once.
    """
    with transaction.atomic():
        if not _alone():
            return 0
        now, run = clock.now(), ColourRun.objects.first()
        settings = settings_on(now.astimezone(clock.CHINA).date())
        if run is None or run.settings != settings:
            return _whole(now, settings)
        ids = _touched(BATCH) | _turned(run.upto, now)
        ColourRun.objects.filter(pk=run.pk).update(upto=now)
        return _paint(ids, now) if ids else 0


def is_behind() -> bool:
    """Say whether writes wait to be taken in: a cheap question, asked several times a second."""
    return is_waiting(READER)


def recompute() -> int:
    """Compute the whole city anew; returns how many colours were wrong."""
    with transaction.atomic():
        _alone(wait=True)
        now = clock.now()
        return _whole(now, settings_on(now.astimezone(clock.CHINA).date()))


def verify() -> str:
    """Compare every colour with what it is computed from; returns the first that differs, in words, or an empty text."""
    while follow() or is_behind():
        pass
    now = clock.now()
    for ids in _blocks():
        wanted, standing = colours_of(ids, now), writing.standing(ids)
        for pk in sorted({*wanted, *standing}, key=str):
            ought, stands = wanted.get(pk), standing.get(pk)
            if ought is None or stands is None or (ought.level, ought.basis) != (stands.level, stands.basis):
                return f"{pk}: {_said(stands)} ≠ {_said(ought)}"
    return ""


def colour_on(enterprise: Any, day: date) -> EnterpriseColour | None:
    """Return the colour an enterprise bore at the end of a day, with its reasons; None before it bore any."""
    rows = EnterpriseColour.unscoped("a colour of the past is read for whoever may see the enterprise")
    return rows.filter(standing_at(end_of(day)), enterprise=enterprise).order_by("-since").first()


def settings_on(day: date) -> str:
    """Return a digest of every setting and kind of fact that decides colours on a day."""
    told = repr([limits_on(day), *((kind.name, kind.stages(day)) for kind in fact_kinds())])
    return hashlib.sha256(told.encode()).hexdigest()


def _whole(now: datetime, settings: str) -> int:
    while _touched(BATCH * 10):
        pass  # everything is read below
    ColourRun.objects.update_or_create(pk=1, defaults={"upto": now, "settings": settings})
    writing.follow_enterprises(None)
    writing.follow_shared(None)
    return sum(_colour(ids, now) for ids in _blocks())


def _paint(ids: set[uuid.UUID], now: datetime) -> int:
    writing.follow_enterprises(ids)
    writing.follow_shared(ids)
    return _colour(ids, now)


def _colour(ids: Collection[uuid.UUID], now: datetime) -> int:
    return writing.write(colours_of(ids, now), writing.standing(ids), now)


def _blocks() -> Iterator[list[uuid.UUID]]:
    """Yield the keys of all enterprises, archived ones too: these may have to lose a colour."""
    firms = Enterprise.unscoped("colours are computed of every enterprise").order_by("pk")
    ids = list(firms.values_list("pk", flat=True)[:BLOCK])
    while ids:
        yield ids
        ids = list(firms.filter(pk__gt=ids[-1]).values_list("pk", flat=True)[:BLOCK])


def _touched(most: int) -> set[uuid.UUID]:
    """Take the waiting notes; return the enterprises that the rows name now, and named before."""
    by_model: dict[str, tuple[set[uuid.UUID], list[dict[str, Any]]]] = {}
    for label, row_id, before in taken(READER, most):
        rows, olds = by_model.setdefault(label, (set(), []))
        rows.add(row_id)
        olds.append(before)
    found: set[uuid.UUID] = set()
    for model, columns in _tables().items():
        rows, olds = by_model.get(model._meta.label, (set(), []))
        for column in columns if rows else ():
            now = model._base_manager.filter(pk__in=rows).values_list(column, flat=True)
            before = (uuid.UUID(old[column]) for old in olds if old.get(column))
            found |= _enterprises(model, column, {pk for pk in (*now, *before) if pk is not None})
    return found


def _tables() -> dict[type[models.Model], set[str]]:
    tables = {model: {column} for model, column in BASE.items()}
    for model, columns in watched().items():
        tables[model] = tables.get(model, set()) | columns
    return tables


def _enterprises(model: type[models.Model], column: str, values: set[uuid.UUID]) -> set[uuid.UUID]:
    """Return the enterprises that some values of a column mean: themselves, or those a party holds."""
    if model._meta.get_field(column).related_model is Party:
        return set(
            Enterprise.unscoped("a colour is computed from every risk and fact of an enterprise")
            .filter(holder__in=values)
            .values_list("pk", flat=True)
        )
    return values


def _turned(since: datetime, until: datetime) -> set[uuid.UUID]:
    turning: Iterable[uuid.UUID] = (
        pk for kind in fact_kinds() if kind.turning is not None for pk in kind.turning(since, until)
    )
    return set(turning)


def _alone(*, wait: bool = False) -> bool:
    act = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {act}(%s, hashtext(current_schema()))", [LOCK])
        (got,) = cursor.fetchone() or (False,)
    return wait or bool(got)


def _said(colour: writing.Standing | Colour | None) -> str:
    return "—" if colour is None else f"{colour.level} {colour.basis}"
