"""`./anlan worker`: the background work alone, for installations whose processes a service manager runs."""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

NAME = "worker"
HELP_ZH = "只运行后台任务（到期巡检、指标汇总、账本锚定），由服务管理器使用"
HELP_EN = (
    "run the background work alone (sweep, roll-up of figures, the ledger's anchor), for a service manager"
)
NEEDS = "database"
STALLED_SECONDS = 120
# Two long tasks may run at once (kernel.jobs); the clock's own work must find a place beside them.
SIDE_BY_SIDE = 4
ROLL_SECONDS = 1.0
FIGURE_SECONDS = (
    0.2  # a figure follows its fact within two seconds, whenever in the turn of the roll-up it was written
)
COLOUR_SECONDS = 0.05  # a colour on an open map follows its fact within a second


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing beyond the database's options."""


def run(args: argparse.Namespace) -> int:
    """Work until told to stop; a job in hand is finished first, for at most ten seconds."""
    from procrastinate.contrib.django import app

    from anlan.site import telling, worker

    # First of all: after an outage there may be much to sweep, and no alarm is to wait for it.
    alarms = telling.Telling()
    alarms.start()
    try:
        # Nobody should wait for the next full minute either.
        worker.sweep_or_report()
        asyncio.run(_work(app))
    finally:
        alarms.end()
    return 0


async def _work(app: Any) -> None:
    from anlan.site import worker

    # Django's own connection serves to enqueue; waiting for notifications needs a connection of the worker's.
    with app.replace_connector(app.connector.get_worker_connector()) as working:
        async with working.open_async():
            await _clear_stalled(working)
            rolling = [asyncio.create_task(keep()) for keep in (_keep_rolling, _keep_colours)]
            try:
                await working.run_worker_async(
                    queues=[worker.queue_name()],
                    concurrency=SIDE_BY_SIDE,
                    shutdown_graceful_timeout=10,
                    delete_jobs="successful",
                )
            finally:
                for task in rolling:
                    task.cancel()


async def _keep_rolling() -> None:
    """Bring the figures up to what was written a few times a second, and up to places and declarations every second.

    Too often for a job of its own each time.
    """
    from anlan.site import worker

    rested = 0.0
    with _hand("figures") as hand:
        while True:
            by_the_clock, started = rested >= ROLL_SECONDS, time.monotonic()
            await hand(worker.roll_up_or_report if by_the_clock else worker.roll_up_if_behind_or_report)
            rest = rest_after(time.monotonic() - started)
            rested = rest if by_the_clock else rested + rest
            await asyncio.sleep(rest)


def rest_after(seconds: float) -> float:
    """Return how long the roll-up rests after so many seconds of work: as long, so that it never takes more than half a core."""
    return min(ROLL_SECONDS, max(FIGURE_SECONDS, seconds))


async def _keep_colours() -> None:
    """Bring the colours up to what was written many times a second, and up to the clock every second."""
    from anlan.site import worker

    turn = 0
    with _hand("colours") as hand:
        while True:
            by_the_clock = turn % round(ROLL_SECONDS / COLOUR_SECONDS) == 0
            await hand(worker.colour_by_the_clock_or_report if by_the_clock else worker.colour_or_report)
            turn += 1
            await asyncio.sleep(COLOUR_SECONDS)


@contextmanager
def _hand(name: str) -> Iterator[Callable[[Callable[[], None]], Awaitable[None]]]:
    """Lend a thread of its own, whose connection to the database lasts."""
    executor = ThreadPoolExecutor(1, thread_name_prefix=name)
    try:
        yield lambda act: asyncio.get_running_loop().run_in_executor(executor, act)
    finally:
        executor.shutdown(wait=False)


async def _clear_stalled(app: Any) -> None:
    """Take away what a killed worker was doing: every job here is asked for again by the next minute or hour."""
    from procrastinate.jobs import Status

    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
        await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
