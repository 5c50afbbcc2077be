"""Parts of pages: the trend of a sensor with its limits, how a device stands with the ingest."""

from __future__ import annotations

from anlan.domains.alarms.models import DataDevice, Sensor
from anlan.kernel.registers.declaration import Section
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words


def of_sensor(row: Sensor, actor: Actor) -> list[Section]:
    """Return the trend of a sensor, and what it raised lately."""
    from anlan.domains.alarms.queries import SPANS, standing_of

    spans = [(span, words) for span, (words, _) in SPANS.items()]
    return [
        Section(Words("现状", "How it stands"), "alarms/standing.html", standing_of(row, actor)),
        Section(Words("趋势", "Trend"), "alarms/trend.html", {"sensor": row, "spans": spans}),
    ]


def of_device(row: DataDevice, actor: Actor) -> list[Section]:
    """Return when a device was heard, whether it has a secret, and what was refused of it."""
    from anlan.domains.alarms.queries import connection_of

    return [
        Section(Words("接入情况", "How it is connected"), "alarms/connection.html", connection_of(row, actor))
    ]
