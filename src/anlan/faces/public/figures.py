"""Open figures (公开数据): what anyone may read of the whole city, without an account. Serves article 29.

Which indicators are open is said where they are declared. They are read as by whoever has a grant for open and internal rows and
none for anything about persons; only sums leave. Their rows are opened by whoever may see them, at the page of the indicator.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from anlan.faces.office.measuring import chosen, figure_of, formula_words, last_months
from anlan.faces.office.shapes import Figure
from anlan.faces.office.shell import page, tree_of
from anlan.faces.office.wording import named
from anlan.kernel.indicators import Indicator, Measured, indicators
from anlan.kernel.indicators.reading import table
from anlan.kernel.indicators.rolling import rolled_at
from anlan.kernel.scope import Actor
from anlan.kernel.scope.actor import INTERNAL, Grant


@dataclass(frozen=True, slots=True)
class Line:
    """One open figure: this year's value, how it is reckoned, and what it was in each of the last months."""

    indicator: Indicator
    figure: Figure
    formula: str
    months: Sequence[str]


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Show every open figure of the city for this year, and by month."""
    city = None if settings.ANLAN_PROVINCE else tree_of(request).first_of("city")
    months = last_months()
    context = {
        "lines": _lines(city, months) if city is not None else [],
        "months": [f"{one.first:%Y-%m}" for one in months],
        "where": named(city) if city is not None else "",
        "rolled_at": rolled_at(),
    }
    return page(request, "public/figures.html", context, here="figures")


def _lines(city: Any, months: Sequence[Any]) -> list[Line]:
    reader = Actor(
        name="公众 public", kind="nobody", home_path=city.path, grants=(Grant(city.path, ceiling=INTERNAL),)
    )
    year, wanted = chosen("year"), [one for one in indicators() if one.is_open]
    found = table(wanted, reader, [year.period, year.before, *months], [city])
    lines = []
    for one in wanted:
        now, before = found[one.slug, 0, 0], found[one.slug, 0, 1]
        drawn = figure_of(now, before, _("较去年同期 %(change)s"))
        drawn = replace(drawn, url=reverse("office:indicator", args=[one.slug]))
        past = [] if one.is_yearly else [_marked(found[one.slug, 0, n]) for n in range(2, len(months) + 2)]
        lines.append(Line(one, drawn, formula_words(one), past))
    return lines


def _marked(found: Measured) -> str:
    """Return a value as it is read in the table, with a star where a single case moves it."""
    return f"{found.text}{'*' if found.is_small else ''}"
