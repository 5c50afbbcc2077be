"""Writes what the evaluation found.

Conditions raised and cleared, the latest readings, in one transaction with the journal's mark.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from anlan.streams.codec import Readings
from anlan.streams.evaluating import Change
from anlan.streams.journal import direct, instant, mark_evaluated
from anlan.streams.models import StreamCondition, StreamLatest, StreamRaised
from anlan.streams.words import LIMITS, REPEAT


def write(changes: Sequence[Change], batches: Sequence[int], latest: Readings, now: datetime) -> None:
    """Write changes, how far their points were judged, and mark their batches: all or nothing.

    Doing it again after a doubt changes nothing.
    """
    with transaction.atomic(), direct() as cursor:
        for change in changes:
            at = instant(change.at)
            if change.raised:
                cursor.execute(
                    "INSERT INTO streams_streamraised (condition_id, raised_at, noted_at, value, told)"
                    " VALUES (%s, %s, %s, %s, 0) ON CONFLICT DO NOTHING",
                    [change.condition, at, now, None if math.isnan(change.value) else change.value],
                )
            else:
                cursor.execute(
                    "UPDATE streams_streamraised SET cleared_at = greatest(%s, raised_at)"
                    " WHERE condition_id = %s AND cleared_at IS NULL",
                    [at, change.condition],
                )
        write_latest(latest, now)
        if batches:
            mark_evaluated(batches)


def open_conditions() -> frozenset[int]:
    """Return the conditions that stand open."""
    return frozenset(StreamRaised.objects.filter(cleared_at=None).values_list("condition_id", flat=True))


def crossed_lately(now: datetime) -> dict[int, list[int]]:
    """Return when limits of points watched for repetition were crossed within the span watched, by number of point."""
    found: dict[int, list[int]] = {}
    for point, more in StreamCondition.objects.filter(kind=REPEAT, enabled=True).values_list(
        "point_id", "more"
    ):
        since = now - timedelta(milliseconds=more["within_ms"])
        rows = StreamRaised.objects.filter(
            condition__point=point, condition__kind__in=LIMITS, raised_at__gte=since
        )
        moments = rows.order_by("raised_at").values_list("raised_at", flat=True).distinct()
        found[point] = [round(at.timestamp() * 1000) for at in moments]
    return found


def latest_by_number() -> dict[int, tuple[int, float, int]]:
    """Return the latest reading of each point, as the evaluation goes on from it."""
    rows = StreamLatest.objects.values_list("point_id", "at", "value", "quality")
    return {number: (round(at.timestamp() * 1000), value, quality) for number, at, value, quality in rows}


def write_heard(heard: Mapping[str, tuple[int, int, float]]) -> None:
    """Write when devices (by user name) were heard, how far their clock runs ahead, and how many readings a second came."""
    if not heard:
        return
    with transaction.atomic(), direct() as cursor:
        cursor.execute(
            "UPDATE streams_streamdevice SET seen_at = to_timestamp(at / 1000.0), ahead_ms = ahead, readings_a_second = rate"
            " FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::float8[]) AS new (name, at, ahead, rate)"
            " WHERE username = name",
            [list(heard), *([one[n] for one in heard.values()] for n in range(3))],
        )


def write_latest(renewed: Readings, now: datetime) -> None:
    """Write the latest readings; an older one never replaces a newer one."""
    if not len(renewed):
        return
    with transaction.atomic(), direct() as cursor:
        cursor.execute(
            "INSERT INTO streams_streamlatest (point_id, at, value, quality, received_at)"
            " SELECT point, to_timestamp(at / 1000.0), value, quality, %s"
            " FROM unnest(%s::int[], %s::bigint[], %s::float8[], %s::int[]) AS new (point, at, value, quality)"
            " JOIN streams_streampoint ON number = point"
            " ON CONFLICT (point_id) DO UPDATE SET at = excluded.at, value = excluded.value, quality = excluded.quality,"
            " received_at = excluded.received_at WHERE streams_streamlatest.at < excluded.at",
            [
                now, renewed.points.tolist(), renewed.at.tolist(), renewed.value.tolist(), renewed.quality.tolist(),
            ],
        )  # fmt: skip
