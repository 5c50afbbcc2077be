"""The drawing of a goal: values of the years as bars, the path to the goal as a line. Numbers in, positions out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from anlan.domains.targets.goals import Point, ReductionState

HEIGHT, STEP, BAR, LABEL = 60, 30, 14, 3  # in the units of the drawing
HEADROOM = Decimal("1.15")


@dataclass(frozen=True, slots=True)
class Bar:
    """The bar of one year; ``height`` 0 where the value is unknown."""

    point: Point
    text: str
    left: int
    middle: int
    top: float
    height: float

    @property
    def label(self) -> float:
        """Return where the value is written: just above the bar."""
        return self.top - LABEL


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars of the years and the line of the path, within ``width`` × ``HEIGHT``."""

    bars: Sequence[Bar]
    path: str
    width: int
    height: int = HEIGHT


def chart_of(state: ReductionState) -> Chart | None:
    """Return the drawing of a goal, or None where nothing is known."""
    known = [v for point in state.points for v in (point.value, point.path) if v is not None]
    if not known:
        return None
    most = max(max(known) * HEADROOM, Decimal(1))
    bars = [_bar(number, point, most) for number, point in enumerate(state.points)]
    line = " ".join(
        f"{bar.middle},{_down(bar.point.path, most):.2f}" for bar in bars if bar.point.path is not None
    )
    return Chart(bars, line, STEP * len(bars))


def _bar(number: int, point: Point, most: Decimal) -> Bar:
    left = number * STEP + (STEP - BAR) // 2
    if point.value is None:
        return Bar(point, "—", left, left + BAR // 2, HEIGHT, 0)
    top = _down(point.value, most)
    return Bar(point, f"{point.value:,.1f}".removesuffix(".0"), left, left + BAR // 2, top, HEIGHT - top)


def _down(value: Decimal, most: Decimal) -> float:
    return round(HEIGHT - float(value / most) * HEIGHT, 2)
