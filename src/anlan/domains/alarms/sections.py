"""Parts of pages: the trend of a sensor with its limits, how a device stands with the ingest."""

from __future__ import annotations

from anlan.domains.alarms.models import Alarm, DataDevice, Sensor
from anlan.kernel.registers.declaration import Section, adds_sections
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


def add_to_alarms() -> None:
    """Show on every alarm's page where it stands: the line of its sensor, the plant."""
    adds_sections(Alarm, of_alarm)


def of_alarm(row: Alarm, actor: Actor) -> list[Section]:
    """Return the trend of the sensor that raised an alarm, with the way to its plant."""
    from anlan.domains.alarms.queries import SPANS

    spans = [(span, words) for span, (words, _) in SPANS.items()]
    sensor = row.sensor
    context = {"sensor": sensor, "spans": spans, "alarm": row, "unit": sensor.installation_id}
    return [Section(Words("趋势", "Trend"), "alarms/of_alarm.html", context)]


def of_device(row: DataDevice, actor: Actor) -> list[Section]:
    """Return when a device was heard, whether it has a secret, and what was refused of it."""
    from anlan.domains.alarms.queries import connection_of

    return [
        Section(Words("接入情况", "How it is connected"), "alarms/connection.html", connection_of(row, actor))
    ]
