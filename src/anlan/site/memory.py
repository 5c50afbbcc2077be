"""How much memory this machine lends us, and what of it the embedded database and the web processes take.

The database shares the machine with the web, the worker and the system's own cache of files, on which it leans: it takes an
eighth for itself and plans with half. A limit set on the container counts as the machine's memory.
"""

from __future__ import annotations

import os
from pathlib import Path

MEGABYTE = 1024 * 1024
LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
WEB_PROCESS = 250  # megabytes of one web process with its caches


def megabytes() -> int:
    """Return the memory to plan with: ``ANLAN_MEMORY_MB``, else the container's limit, else the machine's."""
    given = os.environ.get("ANLAN_MEMORY_MB", "")
    if given.isdigit() and int(given):
        return int(given)
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for path in LIMITS:
        try:
            limit = path.read_text(encoding="ascii").strip()
        except OSError:
            continue
        if limit.isdigit():
            whole = min(whole, int(limit))
    return whole // MEGABYTE


def database_settings(memory: int) -> dict[str, str]:
    """Return PostgreSQL's settings of memory, and of its log, for a machine with so many megabytes."""

    def share(part: int, least: int, most: int) -> str:
        return f"{max(least, min(most, memory // part))}MB"

    return {
        "shared_buffers": share(8, 128, 8192),
        "effective_cache_size": share(2, 512, 262_144),
        "work_mem": share(512, 8, 64),
        "maintenance_work_mem": share(32, 64, 1024),
        # Space on disk between checkpoints: each checkpoint makes the next write of every page a whole page of log.
        "max_wal_size": share(8, 1024, 4096),
    }


def web_processes(memory: int, cores: int) -> int:
    """Return how many web processes serve: one a core, two at least and eight at most, as far as a quarter of memory goes."""
    return max(2, min(8, cores, memory // 4 // WEB_PROCESS))
