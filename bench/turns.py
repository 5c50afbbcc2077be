"""Two benches that measure in turns: one works, the other waits, and after each call they change.

Two cities compared one after the other are compared on two machines: what else runs, which pages lie in memory, how fast a
shared core is changes within minutes. In turns a call of the one stands beside the same call of the other. A bench
that is started alone has the turn all the time, and nothing here costs it anything.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache

TURNS = "ANLAN_BENCH_TURNS"
GO_ON, REST = b".", b"!"


class Turns:
    """One side of two pipes: a byte that arrives is the turn, a byte written hands it over; an end: the other is gone."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading, self._writing = reading, writing
        self._other_rests = self._alone = False

    def wait(self) -> None:
        """Wait for the turn."""
        told = b"" if self._alone else os.read(self._reading, 1)
        self._alone = not told
        self._other_rests = told == REST

    def hand_over(self) -> None:
        """Let the other make its next call, and wait until it has."""
        if not self._other_rests:
            self._pass(GO_ON)

    def meet(self) -> None:
        """Go on once the other has come as far: it may have more to do before that, and does it alone."""
        self._pass(GO_ON if self._other_rests else REST)

    def _pass(self, what: bytes) -> None:
        if self._alone:
            return
        try:
            os.write(self._writing, what)
        except BrokenPipeError:
            self._alone = True
        self.wait()


@lru_cache(maxsize=1)
def _ours() -> Turns | None:
    told = os.environ.get(TURNS)
    return Turns(*map(int, told.split(","))) if told else None


def wait() -> None:
    """Wait for the first turn."""
    if (turns := _ours()) is not None:
        turns.wait()


def hand_over() -> None:
    """Say that a call has been measured."""
    if (turns := _ours()) is not None:
        turns.hand_over()


def meet() -> None:
    """Say that a bench is at its end."""
    if (turns := _ours()) is not None:
        turns.meet()


@contextmanager
def two() -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Yield the descriptors of both sides for two processes to be started with; the first has the turn.

    They are closed here afterwards: a side that ends is heard of only when nobody else holds its end of a pipe.
    """
    first, second = os.pipe(), os.pipe()
    os.write(first[1], GO_ON)
    try:
        yield (first[0], second[1]), (second[0], first[1])
    finally:
        for end in (*first, *second):
            os.close(end)


def told_to(side: tuple[int, int]) -> Mapping[str, str]:
    """Return what a process has to find in its surroundings to take part."""
    return {TURNS: ",".join(map(str, side))}
