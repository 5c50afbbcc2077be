"""Indicators for programs: their definitions, their values within the caller's scope, their past. Serves article 29."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Router
from pydantic import BaseModel, Field

from anlan.faces.api import schemas
from anlan.faces.api.declared import query, taking
from anlan.faces.api.doors import actor_of
from anlan.faces.api.operations import Adder
from anlan.faces.api.shapes import answer, instant
from anlan.kernel import clock
from anlan.kernel.clock.periods import Period, month, quarter, year
from anlan.kernel.indicators import Indicator, Measured, indicator_named, indicators, rows_behind
from anlan.kernel.indicators.counting import Reach
from anlan.kernel.indicators.dimensions import PARTY, Only, dimensions_of
from anlan.kernel.indicators.reading import by_dimension, measured, table
from anlan.kernel.indicators.rolling import rolled_at
from anlan.kernel.registers.errors import Invalid, NotSeen
from anlan.kernel.scope.models import Territory
from anlan.kernel.scope.territory import territory_of_code
from anlan.kernel.words import Words

PERIODS = {"month": month, "quarter": quarter, "year": year}
MOST_PERIODS = 36
_NO_PERIOD = Words("期间无效。", "This is no period.")
_NO_PLACE = Words("没有这个地区。", "There is no such place.")
_NO_PARTY = Words(
    "没有这家企业，或这项指标不按企业看。",
    "There is no such enterprise, or the figure is not read by enterprise.",
)
_PLACE = query(
    "territory",
    {"type": "string", "maxLength": 36},
    "地区代码，不填为本人辖区 / Code of a place",
)
_PARTY = query(
    "party",
    {"type": "string", "format": "uuid"},
    "企业的单位编号，只看这一家 / Id of the party of one enterprise",
)
_PERIOD = query("period", {"type": "string", "enum": list(PERIODS)}, "期间：月、季、年 / Period")


class DefinitionOut(BaseModel):
    """What an indicator says."""

    slug: str
    words: schemas.Bilingual
    unit: schemas.Bilingual
    serves: str = Field(description="条款 / Clause")
    good: str = Field(description="up, down or empty")
    small: int
    dimensions: list[str] = Field(description="可按什么看 / Along what it may be read")
    of: str = Field(description="台账或闭环 / Register or loop")
    about: schemas.Bilingual | None


class MeasuredOut(BaseModel):
    """A value. ``value`` is null where it is unknown, and ``unknown`` says why."""

    first: str
    last: str
    value: str | None
    rows: int
    base: str | None
    is_small: bool
    unknown: schemas.Bilingual | None
    list: str | None = Field(description="数值背后的列表 / The list behind the value")


class IndicatorOut(BaseModel):
    """A definition and its value."""

    definition: DefinitionOut
    measured: MeasuredOut


class IndicatorsOut(BaseModel):
    """Every indicator."""

    items: list[IndicatorOut]
    as_of: str | None


class MemberOut(BaseModel):
    """A member of a dimension and its value."""

    key: str
    words: schemas.Bilingual
    measured: MeasuredOut


class AlongOut(BaseModel):
    """A figure along a dimension: by sector, by scale, by the ten parties with the most rows."""

    definition: DefinitionOut
    dimension: str
    words: schemas.Bilingual
    items: list[MemberOut]
    as_of: str | None


class SeriesOut(BaseModel):
    """The past of an indicator."""

    definition: DefinitionOut
    items: list[MeasuredOut]
    as_of: str | None


def router() -> Router:
    """Return the router of indicators."""
    found = Router(tags=["indicators"])
    add = Adder(found, "indicators")
    extra = taking(None, [_PLACE, _PERIOD])
    add.get("/indicators", every, IndicatorsOut, "全部指标及数值 / Every indicator and its value", extra)
    add.get("/indicators/{indicator}", one, IndicatorOut, "一项指标 / One indicator", extra)
    count = query(
        "count", {"type": "integer", "minimum": 1, "maximum": MOST_PERIODS}, "期数 / How many periods"
    )
    add.get("/indicators/{indicator}/series", series, SeriesOut, "一项指标的过去 / The past of one",
            taking(None, [_PLACE, _PERIOD, _PARTY, count]))  # fmt: skip
    add.get(
        "/indicators/{indicator}/by/{dimension}",
        along,
        AlongOut,
        "按维度看 / One indicator along a dimension",
        extra,
    )
    return found


def along(request: HttpRequest, indicator: str, dimension: str) -> HttpResponse:
    """Answer an indicator along one of its dimensions."""
    wanted = _named(indicator)
    chosen = next((one for one in dimensions_of(wanted) if one.name == dimension), None)
    if chosen is None:
        raise NotSeen
    lines = by_dimension(wanted, actor_of(request), _period(request), _place(request), chosen)
    return answer({
        "definition": _definition(wanted), "dimension": chosen.name, "words": chosen.words.both(),
        "items": [{"key": key, "words": words.both(), "measured": _measured(found)} for key, words, found in lines],
        "as_of": instant(rolled_at()),
    })  # fmt: skip


def every(request: HttpRequest) -> HttpResponse:
    """Answer every indicator with its value."""
    actor, place, period = actor_of(request), _place(request), _period(request)
    wanted = list(indicators())
    found = table(wanted, actor, [period], [place])
    items = [_both(each, found[each.slug, 0, 0]) for each in wanted]
    return answer({"items": items, "as_of": instant(rolled_at())})


def one(request: HttpRequest, indicator: str) -> HttpResponse:
    """Answer one indicator with its value."""
    wanted = _named(indicator)
    found = table([wanted], actor_of(request), [_period(request)], [_place(request)])
    return answer(_both(wanted, found[wanted.slug, 0, 0]))


def series(request: HttpRequest, indicator: str) -> HttpResponse:
    """Answer the past of an indicator, the oldest period first."""
    wanted, periods = _named(indicator), [_period(request)]
    while len(periods) < _count(request):
        periods.insert(0, periods[0].previous())
    reach = Reach(actor_of(request), _place(request), _only(request, wanted))
    found = measured([wanted], [reach], periods)
    items = [_measured(found[wanted.slug, 0, n]) for n in range(len(periods))]
    return answer({"definition": _definition(wanted), "items": items, "as_of": instant(rolled_at())})


def _named(slug: str) -> Indicator:
    found = indicator_named(slug)
    if found is None:
        raise NotSeen
    return found


def _period(request: HttpRequest) -> Period:
    name = request.GET.get("period", "month")
    if name not in PERIODS:
        raise Invalid({"period": [_NO_PERIOD]})
    return PERIODS[name](clock.today())


def _count(request: HttpRequest) -> int:
    text = request.GET.get("count", "12")
    if not (text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= MOST_PERIODS):
        raise Invalid({"count": [_NO_PERIOD]})
    return int(text)


def _place(request: HttpRequest) -> Territory | None:
    code = request.GET.get("territory", "")
    if not code:
        return None
    found = territory_of_code(code) if code.isascii() and code.isdigit() and len(code) <= 12 else None
    if found is None:
        raise Invalid({"territory": [_NO_PLACE]})
    return found


def _only(request: HttpRequest, wanted: Indicator) -> Only | None:
    """Return what is narrowed to one enterprise; raises Invalid where the figure has no such dimension."""
    text = request.GET.get("party", "")
    if not text:
        return None
    try:
        party = uuid.UUID(text)
    except ValueError:
        raise Invalid({"party": [_NO_PARTY]}) from None
    if PARTY not in dimensions_of(wanted):
        raise Invalid({"party": [_NO_PARTY]})
    return Only(((PARTY.name, str(party)),))


def _both(one: Indicator, found: Measured) -> dict[str, Any]:
    return {"definition": _definition(one), "measured": _measured(found)}


def _definition(one: Indicator) -> dict[str, Any]:
    return {
        "slug": one.slug, "words": one.words.both(), "unit": one.unit.both(), "serves": one.serves, "good": one.good,
        "small": one.small, "dimensions": [each.name for each in dimensions_of(one)],
        "of": one.rows.of, "about": one.about.both() if one.about else None,
    }  # fmt: skip


def _measured(found: Measured) -> dict[str, Any]:
    behind = rows_behind(found) if found.value is not None else None
    return {
        "first": found.period.first.isoformat(), "last": found.period.last.isoformat(),
        "value": None if found.value is None else f"{found.value:f}", "rows": found.rows,
        "base": None if found.base is None else f"{found.base:f}", "is_small": found.is_small,
        "unknown": found.unknown.both() if found.unknown else None,
        "list": f"{reverse('api:api-root')}{behind.slug}?{behind.query}" if behind else None,
    }  # fmt: skip
