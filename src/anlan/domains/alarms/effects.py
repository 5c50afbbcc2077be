"""Effects of steps on the row of an alarm: short, and only on columns of that row; and the danger that an alarm becomes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anlan.domains.alarms.votes import vote_of
from anlan.domains.alarms.words import LEVEL_OF
from anlan.domains.hidden_dangers.loop import HiddenDangerLoop
from anlan.kernel import clock
from anlan.kernel.loops import open_matter
from anlan.kernel.loops.taking import Taking
from anlan.streams.words import VOTE

if TYPE_CHECKING:
    from anlan.domains.alarms.models import Alarm

_WITH_SUBSTANCE, _WITHOUT = "chemical", "machinery"


def stand(row: Alarm) -> None:
    """Take sensor, enterprise, place and party from the sensor that gave rise to the alarm."""
    from anlan.domains.alarms.models import Sensor

    if not row.sensor_id:  # else whoever opened it has read it, with what stands here
        sensors = Sensor.unscoped("an alarm stands where its sensor stands")
        row.sensor = sensors.select_related("enterprise", "territory", "holder").get(pk=row.parent_id)
    sensor = row.sensor
    row.enterprise = sensor.enterprise
    row.holder, row.sector, row.is_demo = sensor.holder, sensor.sector, sensor.is_demo
    row.place_in(sensor.territory)
    row.longitude, row.latitude = sensor.longitude, sensor.latitude
    row.level = LEVEL_OF[row.kind]
    row.name = f"{sensor.name} {sensor.tag}"[:120]
    if row.kind == VOTE and (vote := vote_of(row.condition)) is not None:
        row.name = vote.name


def note_acknowledged(taking: Taking) -> None:
    """Note when somebody said that they know of it."""
    taking.row.acknowledged_at = taking.at


def note_cleared(taking: Taking) -> None:
    """Note that the sensor says it is over."""
    taking.row.active, taking.row.cleared_at = False, taking.at


def note_again(taking: Taking) -> None:
    """Note that the sensor says it again while the alarm is not handled: it is counted, not opened twice."""
    taking.row.active, taking.row.cleared_at = True, None
    taking.row.times += 1


def lift_shelf(taking: Taking) -> None:
    """Bring it back among the others."""
    taking.row.shelved_until = None


def open_danger(taking: Taking) -> None:
    """Open the hidden danger that lies behind the alarm, in the same transaction, by the one who says so."""
    row = taking.row
    data = {
        "enterprise": str(row.enterprise_id),
        "topic": _WITH_SUBSTANCE if row.sensor.substance else _WITHOUT,
        "description": f"{taking.values['danger_description']}（{row.number} {row.title()}）",
        "location": (row.sensor.location or row.sensor.place_note or str(row.sensor.installation or ""))[
            :120
        ],
        "found_on": taking.at.astimezone(clock.CHINA).date().isoformat(),
    }
    entry = open_matter(HiddenDangerLoop, taking.actor, data, at=taking.at, parent=row, is_demo=row.is_demo)
    row.danger = entry.chain
    taking.noted["danger"] = str(entry.chain)
