"""The measures the bench lays are measures the schedule makes checks from, post by post."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

from bench.city.risks import MEASURES, POSTS, lay
from bench.schedule import _peak_of
from django.db import connection

from anlan.domains.checks import planning
from anlan.domains.checks.models import CheckTask
from anlan.domains.risk.models import ControlMeasure
from anlan.kernel import clock


def test_every_measure_laid_is_checked_once_a_day(city: Any) -> None:
    connection.ensure_connection()
    to: Any = connection.connection
    lay(to, 1)
    assert ControlMeasure.unscoped("a test counts").count() == 2 * MEASURES
    made = planning.make(clock.today() + timedelta(days=1))
    assert (made.tasks, made.lines) == (2 * len(POSTS), 2 * MEASURES)
    one = CheckTask.unscoped("a test reads").filter(enterprise=city.workshop).first()
    assert one is not None
    assert one.holder_id == city.workshop.holder_id


def test_memory_is_told_in_megabytes() -> None:
    assert 5 < _peak_of(os.getpid()) < 5000
