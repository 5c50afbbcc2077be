"""The quarantine: readings that were not taken in, kept with the reason.

Taken in again when what was wrong has been put right.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction

from anlan.kernel import clock
from anlan.streams.accepting import Taken, present, take_in
from anlan.streams.batches import Batch
from anlan.streams.journal import instant
from anlan.streams.models import StreamRefusal
from anlan.streams.registry import Device
from anlan.streams.words import UNREADABLE

AT_ONCE = 500
LAST_MS = 253_370_764_800_000  # the year 9999: what claims to be later has no moment


def replay(device: uuid.UUID, reason: str = "") -> Taken:
    """Take a device's refused readings in again, those of one reason or all; what still cannot be taken is refused anew."""
    known = {one.id: one for one in present().devices.values()}.get(device)
    rows = StreamRefusal.objects.filter(device=device, replayed_at=None).exclude(reason=UNREADABLE)
    if reason:
        rows = rows.filter(reason=reason)
    taken = refused = 0
    if known is None:
        return Taken(0, 0)
    last = rows.order_by("-id").values_list("id", flat=True).first() or 0
    while True:
        with transaction.atomic():
            some = list(
                rows.filter(id__lte=last).order_by("id").select_for_update(skip_locked=True)[:AT_ONCE]
            )
            if not some:
                return Taken(taken, refused)
            one = take_in([_batch(row, known) for row in some])
            StreamRefusal.objects.filter(pk__in=[row.pk for row in some]).update(replayed_at=clock.now())
        taken, refused = taken + one.readings, refused + one.refused


def _batch(row: StreamRefusal, device: Device) -> Batch:
    batch = Batch(device)
    for position, (tag, at, value, quality) in enumerate(row.readings):
        batch.tags.append(tag)
        batch.places.append(device.tags[tag])
        batch.at.append(int(at))
        batch.values.append(value)
        if quality:
            batch.qualities[position] = quality
    return batch


def moment(at: Any) -> datetime | None:
    """Return the moment a refused reading claims, if it is one."""
    return instant(at) if isinstance(at, int) and 0 < at < LAST_MS else None
