"""Templates of trades: a filled tree that a small enterprise starts with and corrects. Data in ``trades/*.yaml``.

They are written for this platform, marked as templates wherever they are shown, and bind nobody: the scores are a first guess
that the enterprise's own people review like any other grading.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from anlan.domains.risk.accident_types import proposed
from anlan.domains.risk.rows import PostRow, TreeRow
from anlan.domains.risk.words import DIRECT, LEC
from anlan.kernel.rules.reading import read_yaml
from anlan.kernel.words import Words

FOLDER = Path(__file__).with_name("trades")
GROUNDS = Words("按行业模板初评，由企业核对改正", "First guess of the template; the enterprise corrects it")


@dataclass(frozen=True)
class Trade:
    """One template: its name, whom it suits, what it holds."""

    key: str
    words: Words
    about: Words
    industries: tuple[str, ...]
    content: dict[str, Any]

    @property
    def objects(self) -> list[dict[str, Any]]:
        """Return the objects as they are written."""
        found: list[dict[str, Any]] = self.content["objects"]
        return found

    def names(self) -> list[Words]:
        """Return the objects in both languages."""
        return [Words(one["name"], one["en"]) for one in self.objects]

    def events(self) -> int:
        """Return how many events it holds."""
        return sum(len(unit["events"]) for one in self.objects for unit in one["units"])

    def measures(self) -> int:
        """Return how many measures it holds."""
        return sum(
            len(event["measures"])
            for one in self.objects
            for unit in one["units"]
            for event in unit["events"]
        )

    def suits(self, industry: str) -> bool:
        """Say whether it is made for an industry (GB/T 4754)."""
        return industry.startswith(self.industries)

    def posts(self) -> list[PostRow]:
        """Return its posts."""
        return [
            PostRow(
                one["name"], one["safe_operation"], one["protection"], one["emergency"].replace("|", "\n")
            )
            for one in self.content["posts"]
        ]

    def rows(self, on: date) -> Iterator[TreeRow]:
        """Yield its measures as rows of a tree, with the types of accident in force on a day."""
        for one in self.objects:
            for unit in one["units"]:
                for event in unit["events"]:
                    for measure in event["measures"]:
                        yield self._row(one, unit, event, measure, on)

    def _row(self, one: Any, unit: Any, event: Any, measure: list[str], on: date) -> TreeRow:
        kind, post, text, check, cycle = measure
        number, cycle_unit = cycle.split()
        return TreeRow(
            risk_object=one["name"], object_kind=one["kind"], unit=unit["name"], event=event["name"],
            worksheet="jsa" if event.get("step") else "scl", step=event.get("step", ""), factor=str(event["factor"]),
            accident_type=proposed(event["accident"], on), consequence=event["consequence"], **_scores(event),
            grounds=GROUNDS.zh, kind=kind, measure=text, check_content=check, check_cycle=number,
            check_cycle_unit=cycle_unit, post=post, template=self.key,
        )  # fmt: skip


def _scores(event: dict[str, Any]) -> dict[str, Any]:
    if "direct" in event:
        return {"method": DIRECT, "scores": {"direct_case": event["direct"]}}
    names = ("lec_l", "lec_e", "lec_c")
    return {"method": LEC, "scores": dict(zip(names, map(str, event["lec"]), strict=True))}


@cache
def trades() -> dict[str, Trade]:
    """Return every template by its key."""
    found = [read_yaml(file) for file in sorted(FOLDER.glob("*.yaml"))]
    return {
        one["trade"]: Trade(
            one["trade"], Words(one["zh"], one["en"]), Words(one["about_zh"], one["about_en"]),
            tuple(one["industries"]), one,
        )
        for one in found
    }  # fmt: skip


def suited(industry: str) -> list[Trade]:
    """Return every template, those made for an industry first."""
    return sorted(trades().values(), key=lambda one: not one.suits(industry))
