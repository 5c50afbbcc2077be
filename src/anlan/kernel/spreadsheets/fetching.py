"""The rows of a query in chunks: one chunk after the other, or fetched ahead while the last ones are written.

A task that writes a million rows fetches ahead, on a connection of its own and in one snapshot: the database looks for the
next rows while the last ones are written. Within somebody's transaction rows are fetched in turn, for only there are they seen.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from itertools import islice
from queue import Full, Queue
from threading import Event, Thread
from typing import Any

from django.db import connection, transaction

CHUNK = 2_000
_MOST_WAITING = 3  # chunks fetched and not yet written
_LOOKED_AT = 1.0  # seconds after which a full queue asks whether anybody still reads
Chunk = list[tuple[Any, ...]]
Fetch = Callable[[Any], Generator[Chunk, None, None]]


def in_turn(rows: Any) -> Generator[Chunk, None, None]:
    """Yield the rows of a query in chunks, each asked for when it is wanted."""
    found = iter(rows.iterator(chunk_size=CHUNK))
    while chunk := list(islice(found, CHUNK)):
        yield chunk


def ahead(rows: Any) -> Generator[Chunk, None, None]:
    """Yield the rows of a query in chunks fetched ahead; closing the iterator ends the fetching."""
    if connection.in_atomic_block:
        yield from in_turn(rows)
        return
    fetching = _Ahead(rows)
    try:
        yield from fetching.chunks()
    finally:
        fetching.stop()


class _Ahead:
    """A thread that fetches, with the connection to the database that is its own."""

    def __init__(self, rows: Any) -> None:
        self._rows = rows
        self._given_up = Event()
        self._fetched: Queue[Chunk | BaseException | None] = Queue(_MOST_WAITING)
        self._thread = Thread(target=self._fetch, name="export-rows", daemon=True)
        self._thread.start()

    def chunks(self) -> Iterator[Chunk]:
        while (chunk := self._fetched.get()) is not None:
            if isinstance(chunk, BaseException):
                raise chunk
            yield chunk

    def stop(self) -> None:
        self._given_up.set()
        self._thread.join()

    def _fetch(self) -> None:
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                for chunk in in_turn(self._rows):
                    if not self._hand_over(chunk):
                        return
            self._hand_over(None)
        except BaseException as fault:  # told to whoever reads, in whose thread it belongs
            self._hand_over(fault)
        finally:
            connection.close()

    def _hand_over(self, chunk: Chunk | BaseException | None) -> bool:
        """Put a chunk before the reader; False when nobody reads any more."""
        while not self._given_up.is_set():
            try:
                self._fetched.put(chunk, timeout=_LOOKED_AT)
            except Full:
                continue
            return True
        return False
