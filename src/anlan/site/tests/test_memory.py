"""Sizes by memory: within their bounds, growing with it, and what was asked for wins."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from anlan.site import memory

BOUNDS = {
    "shared_buffers": (128, 8192),
    "effective_cache_size": (512, 262_144),
    "work_mem": (8, 64),
    "maintenance_work_mem": (64, 1024),
    "max_wal_size": (1024, 4096),
}


def _numbers(megabytes: int) -> dict[str, int]:
    return {
        name: int(value.removesuffix("MB")) for name, value in memory.database_settings(megabytes).items()
    }


def test_every_setting_grows_within_its_bounds() -> None:
    before = _numbers(256)
    for megabytes in (512, 2048, 4096, 24_000, 128_000, 2_000_000):
        now = _numbers(megabytes)
        for name, (least, most) in BOUNDS.items():
            assert max(least, before[name]) <= now[name] <= most
        before = now
    assert _numbers(16_384) == {
        "shared_buffers": 2048, "effective_cache_size": 8192, "work_mem": 32, "maintenance_work_mem": 512,
        "max_wal_size": 2048,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("megabytes", "cores", "processes"),
    [(24_000, 2, 2), (24_000, 6, 6), (24_000, 64, 8), (4096, 8, 4), (512, 1, 2)],
)
def test_web_processes_follow_cores_as_far_as_memory_goes(megabytes: int, cores: int, processes: int) -> None:
    assert memory.web_processes(megabytes, cores) == processes


def test_what_is_given_wins_then_the_limit_of_the_container(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(memory, "LIMITS", (tmp_path / "absent", limit))
    monkeypatch.delenv("ANLAN_MEMORY_MB", raising=False)
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // memory.MEGABYTE
    for text, found in (("max", whole), (str(300 * memory.MEGABYTE), 300), (str(1 << 60), whole)):
        limit.write_text(text)
        assert memory.megabytes() == found
    monkeypatch.setenv("ANLAN_MEMORY_MB", "777")
    assert memory.megabytes() == 777
