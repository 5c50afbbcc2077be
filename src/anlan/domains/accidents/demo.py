"""Demonstration accidents: invented, few, spread over three years; the same seed gives the same rows.

Pure: it makes values, the composition stores them. Every figure is fixed here so that the goals page has something to count.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

SOURCE = "演示数据，不是真实事故"
CLASSES_OF_INDUSTRY = {
    "25": "chemicals", "26": "chemicals", "45": "chemicals", "47": "construction", "48": "construction", "50": "construction",
    "54": "road", "06": "coal_mine", "08": "other_mine", "10": "other_mine",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Happened:
    days_ago: int
    what: str
    kind: str  # code of GB 6441-1986
    kind_now: str  # code of GB 6441-2025
    deaths: int
    serious: int
    loss_wan: int
    recorded: str = ""


HAPPENED = (
    _Happened(11, "机械伤害", "03", "04", 0, 1, 12),
    _Happened(38, "高处坠落", "09", "10", 1, 0, 96, "general"),
    _Happened(74, "触电", "05", "06", 1, 0, 88, "general"),
    _Happened(120, "中毒和窒息", "19", "23", 2, 1, 210, "general"),
    _Happened(165, "物体打击", "01", "01", 1, 0, 90, "general"),
    _Happened(240, "坍塌", "10", "12", 3, 2, 480, "larger"),
    _Happened(301, "灼烫", "07", "08", 0, 2, 35),
    _Happened(390, "高处坠落", "09", "10", 1, 0, 92, "general"),
    _Happened(452, "车辆伤害", "02", "02", 1, 0, 75, "general"),
    _Happened(520, "火灾", "08", "09", 0, 0, 160),
    _Happened(611, "起重伤害", "04", "05", 1, 1, 130, "general"),
    _Happened(702, "触电", "05", "06", 1, 0, 84, "general"),
    _Happened(800, "坍塌", "10", "12", 2, 1, 260, "general"),
    _Happened(905, "高处坠落", "09", "10", 1, 0, 90, "general"),
)
NEW_TYPES_FROM = date(2026, 7, 1)  # GB 6441-2025


def accidents(random: Random, industries: Sequence[str], today: date) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (place of the enterprise in ``industries``, answers of the form), one for each accident."""
    for happened in HAPPENED:
        index = random.randrange(len(industries))
        day = today - timedelta(days=happened.days_ago)
        kind = f"2025-{happened.kind_now}" if day >= NEW_TYPES_FROM else f"1986-{happened.kind}"
        yield (
            index,
            {
                "name": f"“{day.month}·{day.day}”{happened.what}事故",
                "occurred_on": day.isoformat(),
                "occurred_time": f"{random.randint(7, 19):02d}:{random.choice(('05', '20', '40'))}",
                "counted_class": CLASSES_OF_INDUSTRY.get(industries[index][:2], "industry_trade"),
                "accident_type": kind,
                "deaths": happened.deaths,
                "missing": 0,
                "serious_injuries": happened.serious,
                "direct_loss_yuan": str(happened.loss_wan * 10_000),
                "recorded_grade": happened.recorded,
                "narrative": f"{SOURCE}。",
                "source": SOURCE,
                "confidence": "sourced",
            },
        )
