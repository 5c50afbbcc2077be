"""Writes that wait to be sent together: what a step writes into seven tables goes to the database in two messages, not nine.

Inside ``gathered`` a write may be kept back until somebody asks the database something, or the block ends. Whatever is asked
inside finds what was written before it, for that is sent first; what is in the transaction, and in which order, stays the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from weakref import WeakSet

from django.db import DatabaseError, connection, transaction

# The session knows no statement of this name; or its tables have changed since it was prepared.
_LOST = ("26000", "0A000")
forgetful: WeakSet[Any] = (
    WeakSet()
)  # connections that did not keep what was prepared, and are asked plainly from then on


def is_lost(fault: DatabaseError) -> bool:
    """Say whether a statement failed because its connection keeps nothing prepared, which is noted for the next one."""
    lost = getattr(fault.__cause__, "sqlstate", "") in _LOST
    if lost:
        forgetful.add(connection.connection)
    return lost


class _Waiting:
    """The writes of one block that were not sent yet, each with its values in it."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        raw: Any = connection.connection  # open, for a transaction has begun
        self._writer: Any = raw.cursor()

    def text(self, sql: str, values: Sequence[Any]) -> str:
        """Return a statement with its values in it, as the driver writes them."""
        with connection.wrap_database_errors:
            text: str = self._writer.mogrify(sql, values)
        return text

    def taken(self) -> list[str]:
        """Return what waits, which then waits no more."""
        texts, self.texts = self.texts, []
        return texts

    def send(self) -> None:
        texts = self.taken()
        if texts:
            try:
                with transaction.mark_for_rollback_on_error(), connection.cursor() as cursor:
                    cursor.execute("; ".join(texts))
            except DatabaseError as fault:
                is_lost(fault)
                raise

    def before(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """Send what waits before whatever else is executed; where a part of the transaction is undone, drop it: it was sent
        before the part began, or belongs to it.
        """
        if sql.startswith("ROLLBACK TO SAVEPOINT"):
            self.texts.clear()
        try:
            self.send()
        except DatabaseError:
            if sql.startswith("RELEASE SAVEPOINT"):
                # Django undoes the part that ends here, but not where it is told that the whole is lost.
                connection.needs_rollback = False
            raise
        return execute(sql, params, many, context)


_waiting: ContextVar[_Waiting | None] = ContextVar("writes_that_wait", default=None)


@contextmanager
def gathered() -> Iterator[None]:
    """Keep back the writes told inside (``write``) until something is asked or the block ends; within a transaction.

    When the block is left by an error they are dropped: its transaction is undone.
    """
    if _waiting.get() is not None or not _takes_several():
        yield
        send_waiting()
        return
    waiting = _Waiting()
    token = _waiting.set(waiting)
    try:
        with connection.execute_wrapper(waiting.before):
            yield
            waiting.send()
    finally:
        _waiting.reset(token)


def write(sql: str, values: Sequence[Any]) -> None:
    """Execute a statement nobody reads an answer of, at once or with what is gathered."""
    waiting = _waiting.get()
    with transaction.mark_for_rollback_on_error():
        if waiting is not None:
            waiting.texts.append(waiting.text(sql, values))
            return
        with connection.cursor() as cursor:
            cursor.execute(sql, values)


def send_waiting() -> None:
    """Send what waits: for those who reach the database past Django's cursors."""
    waiting = _waiting.get()
    if waiting is not None:
        waiting.send()


def ask_with_waiting(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return the rows of a question, sent in one message with what waits."""
    waiting = _waiting.get()
    with connection.cursor() as cursor:
        if waiting is None or not waiting.texts:
            cursor.execute(sql, values)
        else:
            with transaction.mark_for_rollback_on_error():
                text = waiting.text(sql, values)
                cursor.execute("; ".join([*waiting.taken(), text]))
            while cursor.nextset():
                pass
        return list(cursor.fetchall())


def _takes_several() -> bool:
    """Say whether several statements may be sent at once: not where the driver sends the values apart from them."""
    return connection.in_atomic_block and not connection.settings_dict["OPTIONS"].get("server_side_binding")
