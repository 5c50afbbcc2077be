"""One LISTEN connection per process, and everybody in this process who waits for what it hears.

The database tells which matter changed; the hub hands that to every listener's box. A box that overflows, or a
connection that was lost, becomes the order to look at everything again: nothing is missed silently.
"""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.db import connections
from psycopg import sql

from anlan.faces.live.measures import LIVE_LINES
from anlan.kernel.loops.engine import LIVE_CHANNEL

CONNECTION_WORDS = ("host", "port", "user", "password", "dbname", "options", "sslmode", "sslrootcert")
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
LARGEST_BOX = 500
PER_ACCOUNT = 8

log = logging.getLogger("anlan.live")
Told = tuple[str, uuid.UUID]


@dataclass(eq=False)
class Box:
    """What one listener has not fetched yet: changed matters, or that everything is to be looked at again."""

    account: uuid.UUID
    told: set[Told] = field(default_factory=set)
    everything: bool = False
    bell: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, told: Told) -> None:
        """Put a changed matter in; a full box asks for everything instead."""
        if len(self.told) >= LARGEST_BOX:
            self.told.clear()
            self.everything = True
        if not self.everything:
            self.told.add(told)
        self.bell.set()

    def put_everything(self) -> None:
        """Ask for everything to be looked at again."""
        self.told.clear()
        self.everything = True
        self.bell.set()

    def is_crowded(self, many: int) -> bool:
        """Say whether that much came in that nobody reads each."""
        return self.everything or len(self.told) >= many

    def emptied(self) -> tuple[set[Told], bool]:
        """Take everything out."""
        told, everything = self.told, self.everything
        self.told, self.everything = set(), False
        self.bell.clear()
        return told, everything


class TooMany(Exception):
    """The account has as many listeners in this process as it may."""


class Hub:
    """The listeners of one event loop; it listens to the database while anybody is there."""

    def __init__(self) -> None:
        self.boxes: set[Box] = set()
        self.accounts: Counter[uuid.UUID] = Counter()
        self.task: asyncio.Task[None] | None = None
        self.is_listening = asyncio.Event()

    def join(self, account: uuid.UUID) -> Box:
        """Give a listener its box; raises TooMany."""
        if self.accounts[account] >= PER_ACCOUNT:
            raise TooMany
        box = Box(account)
        self.boxes.add(box)
        self.accounts[account] += 1
        LIVE_LINES.inc()
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self._listen(), name="anlan-live")
        return box

    def leave(self, box: Box) -> None:
        """Take a listener's box away; with the last one the connection is given back."""
        if box not in self.boxes:
            return
        self.boxes.discard(box)
        LIVE_LINES.dec()
        self.accounts[box.account] -= 1
        if self.accounts[box.account] <= 0:
            del self.accounts[box.account]
        if not self.boxes and self.task is not None:
            self.task.cancel()
            self.task = None
            self.is_listening.clear()

    async def _listen(self) -> None:
        """Listen, and after every loss listen again with growing pauses."""
        pause, was_lost = FIRST_PAUSE, False
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    **connection_words(), autocommit=True
                ) as connection:
                    told = await connection.execute("SELECT %s || current_schema()", [LIVE_CHANNEL])
                    (channel,) = await told.fetchone() or (LIVE_CHANNEL,)
                    await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
                    self.is_listening.set()
                    if was_lost:
                        for box in self.boxes:
                            box.put_everything()
                    pause, was_lost = FIRST_PAUSE, False
                    async for notice in connection.notifies():
                        self._hand_out(notice.payload)
            except (psycopg.Error, OSError) as fault:
                log.warning("the live line to the database was lost: %s", type(fault).__name__)
            self.is_listening.clear()
            was_lost = True
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 2)

    def _hand_out(self, payload: str) -> None:
        told = told_by(payload)
        if told is not None:
            for box in self.boxes:
                box.put(told)


def told_by(payload: str) -> Told | None:
    """Return the matter a notice names; None for anything malformed."""
    try:
        said: Any = json.loads(payload)
        return str(said["loop"]), uuid.UUID(str(said["id"]))
    except (ValueError, KeyError, TypeError):
        log.warning("a notice on the live line could not be read")
        return None


def connection_words() -> dict[str, Any]:
    """Return how the application itself reaches its database."""
    given = connections["default"].get_connection_params()
    return {name: given[name] for name in CONNECTION_WORDS if given.get(name)}


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


def hub() -> Hub:
    """Return the hub of the running event loop."""
    running = asyncio.get_running_loop()
    for loop in [loop for loop in _hubs if loop.is_closed()]:
        del _hubs[loop]
    return _hubs.setdefault(running, Hub())
