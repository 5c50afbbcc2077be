"""The drawing of a goal: values of the years as bars, the path to the goal as a line. Numbers in, positions out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from anlan.domains.targets.goals import Point, ReductionState

HEIGHT, STEP, BAR, LABEL = 60, 30, 14, 3  # in the units of the drawing
RATE_STEP = 44  # numbers with several places behind the point need room
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


@dataclass(frozen=True, slots=True)
class YearValue:
    """One year of a rate: its value as people read it, or none; the address of the rows that make it."""

    year: int
    value: Decimal | None
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class RateBar:
    """The bar of one year of a rate; ``height`` 0 where it is unknown."""

    year: int
    text: str
    left: int
    middle: int
    top: float
    height: float
    label: float
    url: str


@dataclass(frozen=True, slots=True)
class RateChart:
    """Bars of the years of a rate, within ``width`` × ``HEIGHT``."""

    bars: Sequence[RateBar]
    width: int


def rate_chart(years: Sequence[YearValue]) -> RateChart | None:
    """Return the drawing of a rate over the years, or None where fewer than two years are known."""
    known = [one.value for one in years if one.value is not None]
    if len(known) < 2:
        return None
    most = max(known) * HEADROOM or Decimal(1)
    bars = []
    for number, one in enumerate(years):
        top = _down(one.value, most) if one.value is not None else float(HEIGHT)
        left = number * RATE_STEP + (RATE_STEP - BAR) // 2
        bars.append(
            RateBar(one.year, one.text, left, left + BAR // 2, top, HEIGHT - top, top - LABEL, one.url)
        )
    return RateChart(bars, RATE_STEP * len(bars))


def _bar(number: int, point: Point, most: Decimal) -> Bar:
    left = number * STEP + (STEP - BAR) // 2
    if point.value is None:
        return Bar(point, "—", left, left + BAR // 2, HEIGHT, 0)
    top = _down(point.value, most)
    return Bar(point, f"{point.value:,.1f}".removesuffix(".0"), left, left + BAR // 2, top, HEIGHT - top)


def _down(value: Decimal, most: Decimal) -> float:
    return round(HEIGHT - float(value / most) * HEIGHT, 2)
