"""Open figures (公开数据): what anyone may read of the whole city, without an account. Serves article 29.

Which indicators are open is said where they are declared. They are read as by whoever has a grant for open and internal rows and
none for anything about persons; only sums leave. Their rows are opened by whoever may see them, at the page of the indicator.
Everybody is told the same, so what was read is kept for a minute (the page says as of when), and one network address opens the
page only so often (``limiting.py``): a crowd costs the city no more than one reader.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from anlan.faces.office.measuring import chosen, figure_of, formula_words, last_months
from anlan.faces.office.shapes import Figure
from anlan.faces.office.shell import page, tree_of
from anlan.faces.office.wording import named
from anlan.kernel import clock
from anlan.kernel.indicators import Indicator, Measured, indicators
from anlan.kernel.indicators.reading import table
from anlan.kernel.indicators.rolling import rolled_at
from anlan.kernel.scope import Actor
from anlan.kernel.scope.actor import INTERNAL, Grant
from anlan.kernel.scope.models import Territory

KEPT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Line:
    """One open figure: this year's value, how it is reckoned, and what it was in each of the last months."""

    indicator: Indicator
    figure: Figure
    formula: str
    months: Sequence[str]


@dataclass(frozen=True, slots=True)
class Reading:
    """All open figures as they were read together."""

    lines: Sequence[Line]
    months: Sequence[str]
    rolled_at: datetime | None
    read_at: datetime

    def is_fresh(self, now: datetime) -> bool:
        """Say whether it may be shown still."""
        return 0 <= (now - self.read_at).total_seconds() < KEPT_SECONDS


class Kept:
    """The last reading of a city in each language, for so short a time that the page says so; one request reads it anew."""

    def __init__(self) -> None:
        self._readings: dict[tuple[uuid.UUID, str], Reading] = {}
        self._lock = threading.Lock()

    def of(self, city: Territory) -> Reading:
        """Return what was read within the last minute, or read it."""
        key = (city.pk, get_language() or "")
        with self._lock:  # whoever comes at the same moment waits for the one that reads
            found = self._readings.get(key)
            if found is None or not found.is_fresh(clock.now()):
                found = self._readings[key] = _read(city)
        return found

    def forget(self) -> None:
        """Forget everything that was read."""
        self._readings.clear()


kept = Kept()


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Show every open figure of the city for this year, and by month."""
    city = None if settings.ANLAN_PROVINCE else tree_of(request).first_of("city")
    context = {
        "reading": kept.of(city) if city is not None else None,
        "where": named(city) if city is not None else "",
        "kept_seconds": KEPT_SECONDS,
    }
    return page(request, "public/figures.html", context, here="figures")


def _read(city: Territory) -> Reading:
    months, now = last_months(), clock.now()
    heads = [f"{one.first:%Y-%m}" for one in months]
    return Reading(_lines(city, months), heads, rolled_at(), now)


def _lines(city: Territory, months: Sequence[Any]) -> list[Line]:
    reader = Actor(
        name="公众 public", kind="nobody", home_path=city.path, grants=(Grant(city.path, ceiling=INTERNAL),)
    )
    year, wanted = chosen("year"), [one for one in indicators() if one.is_open]
    found = table(wanted, reader, [year.period, year.before, *months], [city])
    lines = []
    for one in wanted:
        now, before = found[one.slug, 0, 0], found[one.slug, 0, 1]
        drawn = figure_of(now, before, _("较去年同期 %(change)s"))
        drawn = replace(drawn, url=f"{reverse('office:indicator', args=[one.slug])}?period={year.name}")
        past = [] if one.is_yearly else [_marked(found[one.slug, 0, n]) for n in range(2, len(months) + 2)]
        lines.append(Line(one, drawn, formula_words(one), past))
    return lines


def _marked(found: Measured) -> str:
    """Return a value as it is read in the table, with a star where a single case moves it."""
    return f"{found.text}{'*' if found.is_small else ''}"
