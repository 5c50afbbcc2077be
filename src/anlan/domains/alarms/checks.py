"""Checks of the alarm loop: may it be shelved that long, may it be called handled?"""

from __future__ import annotations

from datetime import timedelta

from anlan.domains.alarms.words import INSTRUMENT
from anlan.kernel import clock
from anlan.kernel.loops.declaration import Verdict
from anlan.kernel.loops.due import parameter_for
from anlan.kernel.loops.taking import Taking
from anlan.kernel.words import Words


def shelved_for_long(taking: Taking) -> Verdict:
    """Refuse a shelf without an end in sight: it ends within the time the rule gives, and not before today."""
    rule = parameter_for("alarms.shelve_at_most", taking.row, taking.at)
    today = taking.at.astimezone(clock.CHINA).date()
    until = taking.values["shelved_until"]
    if not today <= until <= today + timedelta(days=rule.duration().value):
        words = Words("搁置期为今天起{n}天以内。", "Shelve it for {n} days from today at most.")
        return Verdict({"shelved_until": [words.filled(n=rule.duration().value)]}, [rule.stored()])
    return Verdict(rules=[rule.stored()])


def still_raised(taking: Taking) -> Verdict:
    """Refuse to call handled what the sensor still says; a fault of the instrument itself may be."""
    row = taking.row
    if row.active and row.level != INSTRUMENT and taking.values.get("cause") != "instrument":
        return Verdict(
            {
                "": [
                    Words(
                        "传感器仍在报警，恢复正常后才能办结；确属误报的，原因选“仪表故障或误报”。",
                        "The sensor still says so; it ends once cleared. If it is wrong, choose instrument fault.",
                    )
                ]
            }
        )
    return Verdict()
