"""Pages of sensors and devices that cannot be derived.

The line of a trend, a device's secret, its quarantine. They know no HTTP.
"""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from anlan.domains.alarms.models import DataDevice, Sensor
from anlan.domains.alarms.queries import MOST_REFUSED, trend
from anlan.kernel import clock, ledger
from anlan.kernel.registers.errors import Invalid, NotAllowed, NotSeen
from anlan.kernel.registers.forms import reason_of
from anlan.kernel.registers.keeping import subject_of
from anlan.kernel.registers.pages import Asked, Drawn, Given
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words
from anlan.streams import quarantine, registry
from anlan.streams.models import StreamDevice, StreamRefusal
from anlan.streams.words import REASONS

LONGEST_INSTANT = 13  # digits of milliseconds since 1970
MOST_SPAN = timedelta(days=400)
NOT_YOURS = Words(
    "采集设备由本企业维护，您的岗位不能操作。", "An enterprise keeps its own devices; your post may not."
)


def line(asked: Asked) -> Given:
    """Give the line of a sensor over a span, for the chart."""
    rows = Sensor.seen_by(asked.actor).filter(pk=asked.pk).defer("search")
    sensor = rows.first()
    if sensor is None:
        raise NotSeen
    told = trend(sensor, asked.values.get("span", "24h"), between=_between(asked))
    return Given("trend.json", json.dumps(told, allow_nan=False).encode(), "application/json")


def _between(asked: Asked) -> tuple[datetime, datetime] | None:
    """Return the instants a chart asks for in milliseconds (``from``, ``to``); None where it asks for a span by name."""
    texts = [asked.values.get(name, "") for name in ("from", "to")]
    if not all(text.isascii() and text.isdigit() and len(text) <= LONGEST_INSTANT for text in texts):
        return None
    first, last = (datetime.fromtimestamp(int(text) / 1000, UTC) for text in texts)
    first = max(first, last - MOST_SPAN)
    return (first, last) if first < last else None


def secret(asked: Asked) -> Drawn:
    """Draw a new secret for a device and show it, once."""
    device = _device(asked, to_keep=True)
    given = ""
    if asked.is_sent:
        given = _renewed(device, asked)
    known = StreamDevice.objects.filter(pk=device.pk).values_list("secret_sha256", flat=True).first()
    return Drawn("alarms/secret.html", {"device": device, "secret": given, "has_secret": bool(known)})


def _renewed(device: DataDevice, asked: Asked) -> str:
    now = clock.now()
    with transaction.atomic():
        given = registry.give_secret(device.pk)
        ledger.append(
            device.pk, subject_of(DataDevice), "device_secret_given", asked.actor, at=now, received_at=now, data={},
            is_demo=device.is_demo,
        )  # fmt: skip
    return given


def refused(asked: Asked) -> Drawn:
    """Show what of a device was not taken in, with the reasons; take it in again once what was wrong is put right."""
    device = _device(asked, to_keep=False)
    may_keep = _may_keep(device, asked.actor)
    faults: list[Words | str] = []
    said: Words | None = None
    reason = asked.values.get("of", "")
    if asked.is_sent:
        if not may_keep:
            raise NotAllowed(NOT_YOURS)
        try:
            said = _replayed(device, asked, reason)
        except Invalid as refusal:
            faults = [one for several in refusal.errors.values() for one in several]
    rows = StreamRefusal.objects.filter(device=device.pk).order_by("-id")
    if reason in REASONS:
        rows = rows.filter(reason=reason)
    after = asked.values.get("after", "")
    if after.isascii() and after.isdigit() and len(after) < 19:
        rows = rows.filter(pk__lt=int(after))
    found = list(rows[: MOST_REFUSED + 1])
    context = {
        "device": device, "rows": [_shown(row) for row in found[:MOST_REFUSED]], "reasons": REASONS.items(), "of": reason,
        "more": found[MOST_REFUSED - 1].pk if len(found) > MOST_REFUSED else None, "may_keep": may_keep, "said": said,
        "faults": faults, "why": asked.values.get("reason", ""),
    }  # fmt: skip
    return Drawn("alarms/refused.html", context, 422 if faults else 200)


def _replayed(device: DataDevice, asked: Asked, of: str) -> Words:
    why, now = reason_of(asked.values.get("reason", "")), clock.now()
    taken = quarantine.replay(device.pk, of if of in REASONS else "")
    ledger.append(
        device.pk, subject_of(DataDevice), "quarantine_replayed", asked.actor, at=now, received_at=now, is_demo=device.is_demo,
        data={"reason": why, "readings": taken.readings, "refused": taken.refused},
    )  # fmt: skip
    return Words(
        "重新接收 {n} 条，仍不能接收 {m} 条。", "{n} readings were taken in; {m} still cannot be."
    ).filled(n=taken.readings, m=taken.refused)


def _shown(row: StreamRefusal) -> dict[str, Any]:
    return {
        "row": row,
        "reason": REASONS[row.reason],
        "readings": [
            {"tag": one[0], "at": quarantine.moment(one[1]), "value": one[2]} for one in row.readings[:5]
        ],
    }


def _may_keep(device: DataDevice, actor: Actor) -> bool:
    return not device.is_archived and DataDevice.kept.writers.allows(actor, device, "alarms")


def _device(asked: Asked, *, to_keep: bool) -> DataDevice:
    rows = DataDevice.seen_by(asked.actor).select_related("enterprise", "territory", "holder").defer("search")
    device: DataDevice | None = rows.filter(pk=asked.pk or uuid.UUID(int=0)).first()
    if device is None:
        raise NotSeen
    if to_keep and not _may_keep(device, asked.actor):
        raise NotAllowed(NOT_YOURS)
    return device
