"""The worker's thread that tells of alarms the moment the ingest has written what raised them.

It holds a connection of its own and waits on it: a job of the queue would cost a new connection and two more commits for each
alarm, which is what stood between a reading and the screen. Should a word be lost, it looks by itself, and the clock's work
once a minute tells what is left. Long work of the same process gives way to it (``give_way``).
"""

from __future__ import annotations

import logging
import threading

from django.db import connection
from psycopg import Connection, sql

CHANNEL = "anlan_raised_"  # and the schema: each city hears its own
LOOKS_ANYWAY_SECONDS = 5.0
PAUSE_SECONDS = 1.0
ENDS_WITHIN_SECONDS = 10.0
GIVES_WAY_SECONDS = 2.0  # in a flood that does not end the other work goes on, a little at a time

_at_rest = threading.Event()  # no alarm is being told of in this process
_at_rest.set()

log = logging.getLogger("anlan.worker")


def ask() -> None:
    """Ask, in the transaction of the facts, that the alarms be told of them; heard once it commits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s || current_schema(), '')", [CHANNEL])


def give_way() -> None:
    """Wait while alarms are being told of in this process: for long work, between two pieces of it."""
    _at_rest.wait(GIVES_WAY_SECONDS)


class Telling(threading.Thread):
    """Tells of alarms until it is told to end; a database that is away is waited for."""

    def __init__(self) -> None:
        """Be ready to start."""
        super().__init__(name="telling", daemon=True)
        self._ended = threading.Event()

    def end(self) -> None:
        """Finish what is in hand, and end."""
        self._ended.set()
        self.join(ENDS_WITHIN_SECONDS)

    def run(self) -> None:
        """Listen, tell, wait."""
        while not self._ended.is_set():
            try:
                line = _listening()
                while not self._ended.is_set():
                    _tell()
                    _wait(line, self._ended)
            except Exception:
                log.exception("alarms could not be told of, tried again")
            connection.close()
            self._ended.wait(PAUSE_SECONDS)


def _tell() -> None:
    from anlan.domains.alarms.telling import tell

    _at_rest.clear()
    try:
        tell()
    finally:
        _at_rest.set()


def _listening() -> Connection[tuple[str, ...]]:
    """Return the connection of this thread, which hears from now on what is asked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s || current_schema()", [CHANNEL])
        (channel,) = cursor.fetchone()
        cursor.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
    line: Connection[tuple[str, ...]] = connection.connection
    return line


def _wait(line: Connection[tuple[str, ...]], ended: threading.Event) -> None:
    """Wait until something is asked, or for some seconds; several words are one."""
    for _ in range(round(LOOKS_ANYWAY_SECONDS / PAUSE_SECONDS)):
        if ended.is_set() or any(True for _ in line.notifies(timeout=PAUSE_SECONDS, stop_after=1)):
            return
