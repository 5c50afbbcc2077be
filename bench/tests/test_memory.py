"""What a process took is told for that process alone, whatever made it."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from bench import memory

BALLAST = 300 * 1024 * 1024


def _told() -> float:
    return memory.megabytes()


def _hold(size: int) -> int:
    return len(bytearray(size))


def test_a_small_process_made_from_a_large_one_is_small() -> None:
    ballast = bytearray(BALLAST)
    assert memory.megabytes() > 300
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        assert 5 < pool.submit(_told).result() < 150
    assert len(ballast) == BALLAST


def test_the_largest_child_is_told_after_it_is_gone() -> None:
    with memory.watched_children() as children:
        child = get_context("spawn").Process(target=_slowly, args=(BALLAST,))
        child.start()
        child.join()
    assert 300 < children.megabytes < 450


def _slowly(size: int) -> None:
    import time

    held = _hold(size)
    time.sleep(0.5)
    assert held == size


def test_a_process_that_is_gone_holds_nothing() -> None:
    assert memory.megabytes(2**22 + 1) == 0.0
