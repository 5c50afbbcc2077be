"""Two benches in turns: call by call, one waiting where the other has more to do, alone once the other is gone."""

from __future__ import annotations

import os
from collections.abc import Callable
from threading import Thread

from bench.turns import TURNS, Turns, told_to, two

SECONDS = 10


def run(*benches: Callable[[Turns], None]) -> None:
    """Let both sides work, each in a thread that closes its ends as a process does that is over."""

    def side(bench: Callable[[Turns], None], reading: int, writing: int) -> None:
        turns = Turns(reading, writing)
        turns.wait()
        bench(turns)
        os.close(reading)
        os.close(writing)

    with two() as sides:
        own = [(os.dup(reading), os.dup(writing)) for reading, writing in sides]
    threads = [
        Thread(target=side, args=(bench, *ends), daemon=True)
        for bench, ends in zip(benches, own, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    assert not any(thread.is_alive() for thread in threads), "one of them waits for ever"


def calling(told: list[str], name: str, *numbers: int) -> Callable[[Turns], None]:
    """Return two benches (or more) of so many calls each, which write down what they do."""

    def bench(turns: Turns) -> None:
        for bench, calls in enumerate(numbers):
            for _ in range(calls):
                told.append(f"{name}{bench}")
                turns.hand_over()
            turns.meet()

    return bench


def test_calls_of_both_alternate() -> None:
    told: list[str] = []
    run(calling(told, "a", 3), calling(told, "b", 3))
    assert told == ["a0", "b0"] * 3


def test_who_has_more_calls_makes_them_alone_and_both_begin_the_next_bench_together() -> None:
    for few, many in ((1, 4), (4, 1)):
        told: list[str] = []
        run(calling(told, "a", few, 2), calling(told, "b", many, 2))
        first = told[: few + many]
        assert first[:2] == ["a0", "b0"]
        assert all(call.endswith("0") for call in first)
        assert sorted(first) == ["a0"] * few + ["b0"] * many
        # Whoever rested longest begins.
        assert told[few + many :] in (["a1", "b1"] * 2, ["b1", "a1"] * 2)


def test_who_is_left_alone_goes_on() -> None:
    told: list[str] = []
    run(calling(told, "a", 1), calling(told, "b", 2, 3))
    assert sorted(told) == ["a0", "b0", "b0", "b1", "b1", "b1"]


def test_a_process_finds_its_ends_in_its_surroundings() -> None:
    assert told_to((3, 8)) == {TURNS: "3,8"}
