"""The named filters of lists of sensors and alarms: what is raised for long, what chatters, what was heard lately, what
one sensor raised.

Each is the very condition that the health board counts by, so that a figure and its list cannot differ.
"""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q

from anlan.kernel import clock
from anlan.kernel.registers.naming import NamedFilter, an_id
from anlan.kernel.words import Words


def long_raised() -> Q:
    """Return the condition for alarms that have stood raised for so long that nobody sees them any more."""
    from anlan.domains.alarms import health

    return health.long_raised(clock.now())


def chattering() -> Q:
    """Return the condition for alarms of conditions that chattered within the days the board looks at."""
    from anlan.domains.alarms import health
    from anlan.domains.alarms.models import Alarm

    since = health.begin_of(health.CHATTERING_DAYS)
    rows = Alarm.unscoped("which conditions chatter is found before it is asked who sees their alarms")
    found = health.chattering_of(rows, since)
    return Q(condition__in=found, opened_at__gt=since - timedelta(days=health.CHATTERING_DAYS))


def online() -> Q:
    """Return the condition for sensors that were heard lately."""
    from anlan.domains.alarms import health

    return health.online(clock.now())


def of_sensor() -> NamedFilter:
    """Return the filter for the alarms of one sensor: words would find its tag in the numbers of others, too.

    It is not named: whoever holds an address need not see the sensor in it.
    """
    return NamedFilter(
        "sensor", Words("传感器", "Sensor"), lambda pk: Q(sensor=pk), an_id, named=lambda _pk: _THIS_ONE
    )


_THIS_ONE = Words("所选的一个", "the one chosen")
