"""The background work: once a minute the clock acts on every matter and check that is late, each day the ledger is anchored
and the checks of the day are made, and long tasks (exports, imports) are run as they are asked for.

One sweep over open duties replaces a job per deadline: nothing to cancel when a deadline moves, and after an outage
the first sweep catches up. Jobs are procrastinate's, in the same PostgreSQL; there is no second broker.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import close_old_connections, connections

from anlan.site import cities

log = logging.getLogger("anlan.worker")

MINUTELY = "* * * * *"
QUARTER_MINUTELY = "* * * * * */15"  # the last place counts seconds
TEN_MINUTELY = "*/10 * * * *"
DAILY = "40 19 * * *"  # UTC: the small hours in China
HOURLY = "20 * * * *"
# A day is anchored once, however often it is asked for; asked hourly, an outage at midnight is made good soon after.
ANCHORING = "10 * * * *"


def declare_tasks(app: Any) -> None:
    """Give the jobs their names and times; procrastinate calls this when Django is ready.

    `queueing_lock` keeps one of a kind waiting. There is no `lock`: a job whose worker was killed would hold it for
    good. Two sweeps at once are harmless, each matter's row lock sees to that.
    """

    @app.periodic(cron=MINUTELY)
    @app.task(name="sweep", queueing_lock="sweep")
    def sweep_job(timestamp: int) -> None:
        sweep()

    @app.periodic(cron=QUARTER_MINUTELY)
    @app.task(name="deliver", queueing_lock="deliver")
    def deliver_job(timestamp: int) -> None:
        deliver()

    @app.periodic(cron=DAILY)
    @app.task(name="tidy_notices", queueing_lock="tidy_notices")
    def tidy_notices_job(timestamp: int) -> None:
        _call("anlan.kernel.notices.tidying", "tidy")

    @app.periodic(cron=QUARTER_MINUTELY)
    @app.task(name="push_shared", queueing_lock="push_shared")
    def push_shared_job(timestamp: int) -> None:
        _call("anlan.kernel.sharing.pushing", "push")

    @app.periodic(cron=MINUTELY)
    @app.task(name="make_shared_files", queueing_lock="make_shared_files")
    def make_shared_files_job(timestamp: int) -> None:
        _call("anlan.kernel.sharing.filing", "make_files")

    @app.periodic(cron=HOURLY)
    @app.task(name="expire_shared_files", queueing_lock="expire_shared_files")
    def expire_shared_files_job(timestamp: int) -> None:
        _call("anlan.kernel.sharing.filing", "expire")

    @app.periodic(cron=DAILY)
    @app.task(name="tidy_sessions", queueing_lock="tidy_sessions")
    def tidy_sessions_job(timestamp: int) -> None:
        _call("anlan.kernel.identity.signed_in", "tidy")

    @app.periodic(cron=ANCHORING)
    @app.task(name="anchor", queueing_lock="anchor")
    def anchor_job(timestamp: int) -> None:
        anchor_yesterday()

    @app.periodic(cron=TEN_MINUTELY)
    @app.task(name="upload", queueing_lock="upload")
    def upload_job(timestamp: int) -> None:
        _call("anlan.domains.exchange.sending", "upload_all")

    @app.periodic(cron=HOURLY)
    @app.task(name="schedule_checks", queueing_lock="schedule_checks")
    def schedule_checks_job(timestamp: int) -> None:
        _call("anlan.domains.checks.planning", "make_due_days")

    @app.periodic(cron=DAILY)
    @app.task(name="call_up_gradings", queueing_lock="call_up_gradings")
    def call_up_gradings_job(timestamp: int) -> None:
        _call("anlan.domains.risk.reassessing", "expire_due")

    @app.periodic(cron=DAILY)
    @app.task(name="tidy_checks", queueing_lock="tidy_checks")
    def tidy_checks_job(timestamp: int) -> None:
        _call("anlan.domains.checks.tidying", "tidy")

    @app.periodic(cron=HOURLY)
    @app.task(name="sweep_uploads", queueing_lock="sweep_uploads")
    def sweep_uploads_job(timestamp: int) -> None:
        sweep_uploads()

    @app.periodic(cron=MINUTELY)
    @app.task(name="pack_readings", queueing_lock="pack_readings")
    def pack_readings_job(timestamp: int) -> None:
        _call("anlan.streams.packing", "run")

    @app.periodic(cron=HOURLY)
    @app.task(name="tend_partitions", queueing_lock="tend_partitions")
    def tend_partitions_job(timestamp: int) -> None:
        _call("anlan.streams.partitions", "tend")

    @app.periodic(cron=MINUTELY)
    @app.task(name="tend_alarms", queueing_lock="tend_alarms")
    def tend_alarms_job(timestamp: int) -> None:
        _call("anlan.domains.alarms.telling", "tend")

    @app.periodic(cron=QUARTER_MINUTELY)
    @app.task(name="report_intake", queueing_lock="report_intake")
    def report_intake_job(timestamp: int) -> None:
        _call("anlan.streams.reporting", "report")

    @app.periodic(cron=MINUTELY)
    @app.task(name="demo_readings", queueing_lock="demo_readings")
    def demo_readings_job(timestamp: int) -> None:
        _call("anlan.site.demo_sensors", "go_on")

    @app.task(name="run_tasks", queueing_lock="run_tasks", pass_context=True)
    def run_tasks_job(context: Any) -> None:
        run_tasks(context.should_abort)

    @app.periodic(cron=MINUTELY)
    @app.task(name="look_for_tasks", queueing_lock="look_for_tasks", pass_context=True)
    def look_for_tasks_job(context: Any, timestamp: int) -> None:
        run_tasks(context.should_abort)

    @app.periodic(cron=HOURLY)
    @app.task(name="tend_tasks", queueing_lock="tend_tasks")
    def tend_tasks_job(timestamp: int) -> None:
        _call("anlan.kernel.jobs.working", "tend")
        _call("anlan.kernel.spreadsheets.expiring", "expire")

    # Its notices go to the whole database and name a job by its number alone: each city hears only its own queue.
    for task in app.tasks.values():
        task.queue = queue_name()


def queue_name() -> str:
    """The queue of this city's jobs; the first city's is the one jobs have without a name."""
    schema: str = settings.ANLAN_SCHEMA
    return "default" if schema == cities.FIRST_SCHEMA else schema


def run_tasks(is_stopping: Callable[[], bool]) -> None:
    """Run the long tasks that wait; take over those whose worker was killed."""
    _call("anlan.kernel.jobs.working", "work", is_stopping)


def sweep_uploads() -> None:
    """Remove uploads that were begun and never finished."""
    _call("anlan.kernel.evidence.uploading", "sweep_uploads")


def sweep() -> None:
    """Let the clock take what is due: fires each lateness once, however long the outage was. Alarms go before it."""
    from anlan.site.telling import give_way

    _call("anlan.kernel.loops", "sweep", None, give_way)
    _call("anlan.domains.checks.sweeping", "sweep_checks", None, give_way)


def deliver() -> None:
    """Send what notices are to leave the platform: mails and webhooks."""
    _call("anlan.kernel.notices.sending", "deliver")


def sweep_or_report() -> None:
    """A sweep whose failure is logged and left to the next one: the worker has other work too."""
    try:
        sweep()
    except Exception:
        log.exception("the sweep failed")


def roll_up_or_report() -> None:
    """Bring the figures up to the rows; a failure is logged and left to the next second."""
    try:
        while _call_again("anlan.kernel.indicators.rolling", "roll_up"):
            pass
    except Exception:
        log.exception("the roll-up failed")


def roll_up_if_behind_or_report() -> None:
    """Bring the figures up to the rows if anything was written since; a failure is logged and left to the next time."""
    try:
        if _call_again("anlan.kernel.indicators.rolling", "is_behind"):
            roll_up_or_report()
    except Exception:
        log.exception("the roll-up failed")


def colour_or_report() -> None:
    """Bring the colours up to the facts written since; a failure is logged and left to the next time."""
    try:
        if _call_again("anlan.domains.colours.painting", "is_behind"):
            _call_again("anlan.domains.colours.painting", "follow")
    except Exception:
        log.exception("the colours failed")


def colour_by_the_clock_or_report() -> None:
    """Bring the colours up to the clock: what fell overdue, who left a post, a setting that changed."""
    try:
        _call_again("anlan.domains.colours.painting", "follow")
    except Exception:
        log.exception("the colours failed")


def anchor_yesterday() -> None:
    """Anchor the heads of all chains as of yesterday (Shanghai)."""
    clock = importlib.import_module("anlan.kernel.clock")
    _call("anlan.kernel.ledger", "anchor", clock.today() - timedelta(days=1))


def _call(module: str, name: str, *arguments: object) -> object:
    close_old_connections()
    try:
        return _called(module, name, *arguments)
    finally:
        close_old_connections()


def _call_again(module: str, name: str) -> object:
    """Call what is called every second or oftener, on a connection that is kept: a new one knows no table yet, and would cost
    several times the question. One that has failed is given up before the next call.
    """
    for one in connections.all(initialized_only=True):
        one.close_at = None
        one.close_if_unusable_or_obsolete()
    return _called(module, name)


def _called(module: str, name: str, *arguments: object) -> object:
    function: Callable[..., object] = getattr(importlib.import_module(module), name)
    result = function(*arguments)
    if result not in (0, False):
        log.info("%s %s", name, result if result is not None else "done")
    return result
