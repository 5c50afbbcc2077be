"""When an act claims to have happened: never ahead of the server, not too far back, and where some rule was in force."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from anlan.kernel import clock, rules
from anlan.kernel.registers.errors import Invalid
from anlan.kernel.words import Words

TOLERATED_LEAD = timedelta(minutes=5)  # clocks of phones run ahead by this much without anybody's fault
TOLERATED_LAG = timedelta(days=3)  # a phone without network; claims further back would dodge deadlines
SEALED_LAG = timedelta(
    days=30
)  # what a device sealed as it captured it may be that late: the day of the act stays its day


def claimed(at: datetime | None, lag: timedelta) -> datetime:
    """Return the claimed instant, never ahead of the server's; a clock far ahead is refused in words."""
    now = clock.now()
    if at is None:
        return now
    if at.tzinfo is None or at > now + TOLERATED_LEAD:
        words = Words("设备时间不对：晚于现在。", "The device's clock is wrong: it is ahead of the present.")
        raise Invalid({"at": [words]})
    if at < now - lag:
        words = Words("时间太早：最多补报{n}天以内。", "Too long ago: at most {n} days back.")
        raise Invalid({"at": [words.filled(n=lag.days)]})
    return min(at, now)


@contextmanager
def rules_reach_back() -> Iterator[None]:
    """Say in words that no rule is in force at a claimed time, instead of failing."""
    try:
        yield
    except (rules.RuleGap, OverflowError) as gap:
        words = Words("该时间没有可适用的规定。", "No rule is in force at that time.")
        raise Invalid({"at": [words]}) from gap
