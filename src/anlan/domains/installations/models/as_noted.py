"""What is kept as it was noted: changed on its own day only, entered a few days later at most. Serves articles 5 and 14.

A record that could be put right after an accident would prove nothing. A mistake is archived with its reason and entered anew,
and what was entered later than its day says so.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from anlan.kernel import clock, rules
from anlan.kernel.registers.errors import Invalid
from anlan.kernel.words import Words

RECORD_WITHIN = "installations.record_within"


def day_faults(day: date | None) -> list[Words]:
    """Return what stands against the day of a record: it lies in the future, or too long ago to be entered still."""
    today = clock.today()
    if day is None:
        return []
    if day > today:
        return [Words("不能晚于今天。", "It cannot lie in the future.")]
    most = int(rules.parameter(RECORD_WITHIN, today).value)
    if day < today - timedelta(days=most):
        words = Words("最多补登{n}天以内的。", "At most {n} days may be entered afterwards.")
        return [words.filled(n=most)]
    return []


def must_be_of_today(entered: datetime) -> None:
    """Refuse to change what was entered on an earlier day; raises Invalid."""
    if entered.astimezone(clock.CHINA).date() < clock.today():
        words = Words(
            "登记当日以后不能再改。有误的，注明原因作废，重新登记。",
            "It cannot be changed after its day. If it is wrong, archive it with the reason and enter it anew.",
        )
        raise Invalid({"": [words]})


def is_late(entered: datetime, day: date) -> bool:
    """Say whether it was entered later than the day it tells of."""
    return entered.astimezone(clock.CHINA).date() > day
