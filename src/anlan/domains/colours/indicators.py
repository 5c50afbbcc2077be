"""The figures of colours: how many enterprises bear each. Serves articles 15 and 29."""

from __future__ import annotations

from anlan.domains.colours.models.colour import SLUG
from anlan.domains.colours.words import BLUE, GREY, ORANGE, RED, YELLOW
from anlan.kernel.indicators.declaration import DOWN, PER_CENT, UP, Indicator
from anlan.kernel.indicators.formulas import Ratio, Rows, Stock
from anlan.kernel.words import Words

FIRMS = Words("家", "enterprises")

every = Stock(Rows(SLUG))


def _of(level: int) -> Stock:
    return Stock(Rows(SLUG, {"risk_level": str(level)}))


red = Indicator(
    "enterprises-red", Words("红色企业", "Red enterprises"), FIRMS, _of(RED), serves="A15.4", good=DOWN
)
orange = Indicator(
    "enterprises-orange",
    Words("橙色企业", "Orange enterprises"),
    FIRMS,
    _of(ORANGE),
    serves="A15.3",
    good=DOWN,
)
yellow = Indicator(
    "enterprises-yellow", Words("黄色企业", "Yellow enterprises"), FIRMS, _of(YELLOW), serves="A15.3"
)
blue = Indicator("enterprises-blue", Words("蓝色企业", "Blue enterprises"), FIRMS, _of(BLUE), serves="A15.3")
graded = Indicator(
    "enterprises-graded-share", Words("已评级着色企业占比", "Share of enterprises with a colour"), PER_CENT,
    Ratio(Stock(Rows(SLUG, {"risk_level": tuple(str(level) for level in (RED, ORANGE, YELLOW, BLUE))})), every),
    serves="A15.3", good=UP,
)  # fmt: skip
ungraded = Indicator(
    "enterprises-grey",
    Words("未评级企业", "Enterprises not graded"),
    FIRMS,
    _of(GREY),
    serves="A15.3",
    good=DOWN,
)
