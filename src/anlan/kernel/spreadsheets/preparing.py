"""The chunks of an import one after the other, prepared in a second process while the chunk before is written.

Reading the file and every check of the form need no more than a look at the database, and take half of the time of a large
import; writing takes the other half. What is prepared aside is written by the import itself, in order, chunk by chunk and in
the transactions it always had. The second process writes nothing, and ends with the first, however that ends. Should it end
by itself, or the person have changed, the rows are prepared anew from the first that is not entered.
"""

from __future__ import annotations

import gc
import os
import pickle
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from django.db import connection, transaction
from django.utils import translation

from anlan.kernel.scope import Actor
from anlan.kernel.scope.responsibility import remembering
from anlan.kernel.spreadsheets.aside import serve
from anlan.kernel.spreadsheets.entering import Enterer, Outcome, PreparedChunk
from anlan.kernel.spreadsheets.models import Import
from anlan.kernel.spreadsheets.reading import opened
from anlan.kernel.spreadsheets.tables import OwnTable, table_named

CHUNK, CHUNK_OF_MATTERS = 2_000, 50
WORTH_A_PROCESS = 3_000  # rows: below, starting one takes longer than it saves


@dataclass
class Raw:
    """A chunk of a table of a domain, as it was read: such a table prepares and enters in one go."""

    cells: Sequence[tuple[int, Sequence[Any]]]
    actor: Actor

    @property
    def last(self) -> int:
        """Return the number of its last row."""
        return self.cells[-1][0]


def enterer_of(found: Import, reason: str) -> Any:
    """Return what enters the rows of an import."""
    table: Any = table_named(found.slug)
    if isinstance(table, OwnTable):
        return table.enterer(found)
    return Enterer(table, found.plan, found.pk, reason)


def why_entered(found: Import) -> str:
    """Return the reason that the entries of an import bear."""
    return f"表格导入：{found.name}"[:300]


class Preparing:
    """Gives the chunks of an import, each prepared for the person as they are when it is asked for."""

    def __init__(self, found: Import, reason: str, after: int) -> None:
        """Take the import, the reason of its edits, and the last row that is entered already."""
        self._found, self._reason, self._after = found, reason, after
        self.enterer = enterer_of(found, reason)
        self._is_register = isinstance(self.enterer, Enterer) and self.enterer.table.loop is None
        self._size = CHUNK if self._is_register else CHUNK_OF_MATTERS
        self._aside: _Aside | None = None
        self._is_worth = self._is_register and found.rows - after >= WORTH_A_PROCESS and _may_go_aside()
        self._here: Iterator[list[Any]] | None = None

    def next(self, actor: Actor) -> PreparedChunk | Raw | None:
        """Return the next chunk, or None after the last."""
        chunk = self._from_aside(actor) if self._is_worth else self._from_here(actor)
        if chunk is not None:
            self._after = chunk.last
        return chunk

    def enter(self, chunk: PreparedChunk | Raw) -> list[Outcome]:
        """Enter a chunk, in one transaction of the caller's."""
        if isinstance(chunk, PreparedChunk):
            return list(self.enterer.write(chunk))
        return list(self.enterer.enter(chunk.actor, chunk.cells))

    def close(self) -> None:
        """End the second process."""
        if self._aside is not None:
            self._aside.close()
            self._aside = None

    def _from_aside(self, actor: Actor) -> PreparedChunk | Raw | None:
        if self._aside is not None and self._aside.actor != actor:
            self.close()
        if self._aside is None:
            self._aside = _Aside(self._found, self._reason, actor, self._after)
        try:
            return self._aside.next()
        except (EOFError, OSError):
            self.close()
            self._is_worth = False
            return self._from_here(actor)

    def _from_here(self, actor: Actor) -> PreparedChunk | Raw | None:
        if self._here is None:
            self._here = chunks_of(data_rows(self._found, self._after), self._size)
        cells = next(self._here, None)
        if cells is None:
            return None
        if not self._is_register:
            return Raw(cells, actor)
        prepared: PreparedChunk = self.enterer.prepare(actor, cells)
        return prepared


def _may_go_aside() -> bool:
    """Say whether a second process helps, and would see what this one sees: not what a transaction has not ended."""
    return (os.cpu_count() or 1) > 1 and not connection.in_atomic_block


class _Aside:
    """The second process, preparing for one actor from one row on, a chunk ahead."""

    def __init__(self, found: Import, reason: str, actor: Actor, after: int) -> None:
        self.actor = actor
        here, there = get_context("spawn").Pipe(duplex=False)
        self._pipe = here
        job = Job(found.pk, reason, actor, after, translation.get_language() or "zh-hans")
        self._process = get_context("spawn").Process(
            target=serve, args=(there, pickle.dumps(job)), daemon=True
        )
        self._process.start()
        there.close()  # so that its end is the end of what comes

    def next(self) -> PreparedChunk | None:
        told: PreparedChunk | BaseException | None = pickle.loads(self._pipe.recv_bytes())  # noqa: S301 (our own process)
        if isinstance(told, BaseException):
            raise told
        return told

    def close(self) -> None:
        self._pipe.close()
        self._process.kill()
        self._process.join()


@dataclass(frozen=True)
class Job:
    """What the second process is told."""

    source: uuid.UUID
    reason: str
    actor: Actor
    after: int
    language: str


def prepare_all(pipe: Connection, job: Job) -> None:
    """Prepare chunk after chunk into the pipe; what goes wrong goes there as well."""
    try:
        with translation.override(job.language), remembering() as memory:
            found = Import.objects.get(pk=job.source)
            enterer: Enterer = enterer_of(found, job.reason)
            for cells in chunks_of(data_rows(found, job.after), CHUNK):
                with uncollected(), transaction.atomic():
                    memory.renew()
                    told = pickle.dumps(enterer.prepare(job.actor, cells), pickle.HIGHEST_PROTOCOL)
                pipe.send_bytes(told)
        pipe.send_bytes(pickle.dumps(None))
    except OSError:
        pass  # nobody reads any more
    except Exception as fault:
        pipe.send_bytes(pickle.dumps(fault))
    finally:
        connection.close()


@contextmanager
def uncollected() -> Iterator[None]:
    """Leave the search for cycles until a chunk is done: all it makes lives until then, and is much to look through."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def all_rows(found: Import) -> Iterator[tuple[int, list[Any]]]:
    """Yield (number, cells) of every row of the sheet, the first row being 1."""
    yield from enumerate(opened(found.path, judged=True).rows(found.plan["sheet"]), 1)


def data_rows(found: Import, after: int = 0) -> Iterator[tuple[int, Sequence[Any]]]:
    """Yield the rows below the headings that hold anything, those after a number alone."""
    start = max(after, found.plan["header"] + 1)
    for number, cells in all_rows(found):
        if number > start and any(cell not in (None, "") for cell in cells):
            yield number, cells


def chunks_of(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Yield rows in chunks."""
    rows = iter(rows)
    while chunk := list(islice(rows, size)):
        yield chunk
