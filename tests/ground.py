"""What many tests begin with, made once and kept in an open transaction: each test changes a savepoint of it and a copy.

A city of people and departments takes longer to make than most tests take to run. Layers lie upon each other
(the world, then the rows that addresses name); a test that wants fewer of them, or none, has the others taken away.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from anlan.kernel import clock

Maker = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Layer:
    """One thing made, with the transaction that holds it and the moment it was finished."""

    maker: Maker
    made: Any
    held: transaction.Atomic
    finished: datetime


class Ground:
    """The layers that lie now; one for each process."""

    def __init__(self) -> None:
        self._layers: list[Layer] = []
        self._clock: clock.travel | None = None

    def lay(self, beginning: datetime, *makers: Maker) -> Any:
        """Return a copy of what the last maker makes, each given what the one before made; the clock goes on from there."""
        if len(connection.atomic_blocks) > len(self._layers):
            raise RuntimeError("the ground is laid before a test's own transaction begins, not in it")
        lying = 0
        while lying < min(len(makers), len(self._layers)) and self._layers[lying].maker is makers[lying]:
            lying += 1
        self.clear(lying)
        if self._clock is None:
            self._clock = clock.travel(beginning)
            self._clock.__enter__()
        self._clock.to(self._layers[-1].finished if self._layers else beginning)
        for maker in makers[lying:]:
            self._add(maker)
        return copy.deepcopy(self._layers[-1].made)

    def clear(self, leave: int = 0) -> None:
        """Undo all layers but the lowest few."""
        while len(self._layers) > leave:
            layer = self._layers.pop()
            transaction.set_rollback(True)
            layer.held.__exit__(None, None, None)
        if not leave and self._clock is not None:
            self._clock.__exit__(None, None, None)
            self._clock = None

    def _add(self, maker: Maker) -> None:
        held = transaction.atomic()
        held._from_testcase = True  # type: ignore[attr-defined]  # as Django's own tests: a durable block may begin in it
        held.__enter__()
        try:
            made = maker(*([self._layers[-1].made] if self._layers else []))
        except BaseException:
            transaction.set_rollback(True)
            held.__exit__(None, None, None)
            raise
        self._layers.append(Layer(maker, made, held, clock.now()))
