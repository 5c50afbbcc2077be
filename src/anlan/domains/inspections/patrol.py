"""Patrol plans (巡查计划): how often a site is visited by its risk, which are due today, in which order to walk them.

Serves articles 9, 15 and 22. How often is a dated setting of the city, by level of risk: low-risk shops are visited less, and
the plan says why. Nothing is stored: a site is due when its interval has passed since the last visit, whoever made it, so a plan
cannot fall behind the facts. The route is the nearest next site, by plain distance.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Case, IntegerField, Max, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce

from anlan.domains.enterprises.models import Enterprise
from anlan.domains.risk.models import RiskObject
from anlan.domains.risk.words import LEVELS, NAMES, NUMBERS, UNGRADED
from anlan.kernel import rules
from anlan.kernel.words import Words

EVERY, A_DAY = "inspections.patrol_{level}", "inspections.patrol_a_day"
EARTH_KM = 6371.0
_NEVER = Words("还没有来过，今天该去", "Never visited; due today")
_DUE = Words("{level}，每 {n} 天一次，上次 {last}，已到期", "{level}: every {n} days; last {last}; due")
_LATER = Words(
    "{level}，每 {n} 天一次，上次 {last}，{due} 前不用再去",
    "{level}: every {n} days; last {last}; not before {due}",
)
_MARKED = Words("有重点标记、未评级，按较大风险", "Not graded, key marks: as considerable risk")
_UNGRADED = Words("未评级，按一般风险", "Not graded: as general risk")


@dataclass(frozen=True)
class PatrolSite:
    """One site in a plan; ``why`` says how often it is visited and when it is next due."""

    firm: Enterprise
    level: str
    every_days: int
    last: date | None
    due: date
    is_due: bool
    why: Words
    km: float | None = None  # from the site before it on the route


def plan(firms: Sequence[Any], day: date) -> list[PatrolSite]:
    """Return the plan of some sites for a day, those due first; each bears ``last_visit`` as ``queries.sites_for`` gives it."""
    every = {level: days_between(level, day) for level in NUMBERS}
    levels = levels_of([firm.pk for firm in firms])
    sites = [_site(firm, levels.get(firm.pk, UNGRADED), every, day) for firm in firms]
    return sorted(sites, key=lambda one: (not one.is_due, -NUMBERS[one.level], one.due, one.firm.name))


def route(sites: Sequence[PatrolSite], day: date) -> list[PatrolSite]:
    """Return today's route: the most urgent of what is due, as many as a day takes, each time the nearest next one."""
    most = int(rules.parameter(A_DAY, day).value)
    return in_walking_order([one for one in sites if one.is_due][:most])


def in_patrol_order(firms: Sequence[Any], day: date) -> list[Any]:
    """Return the sites as a phone lists them: today's route first, then what is due, then the rest by when it is due."""
    sites = plan(firms, day)
    walked = route(sites, day)
    today = {one.firm.pk for one in walked}
    return [one.firm for one in [*walked, *(one for one in sites if one.firm.pk not in today)]]


def level_to_patrol() -> Any:
    """Return, for a query of enterprises, the level each is visited by: that of its risk, else of its key marks."""
    graded = RiskObject.unscoped("how often a site is visited follows from its risk").filter(
        enterprise=OuterRef("pk"), archived_at=None, risk_level__gt=UNGRADED
    )
    highest = Subquery(graded.order_by("-risk_level").values("risk_level")[:1])
    is_marked = reduce(or_, (Q(**{name: True}) for name in Enterprise.KEY_FLAGS))
    without = Case(When(is_marked, then=NUMBERS["considerable"]), default=NUMBERS["general"])
    return Coalesce(highest, without, output_field=IntegerField())


def due_on(day: date) -> Any:
    """Return, for a query of enterprises with ``last_visit`` and ``patrol_level``, 1 where a site is due on a day, else 0."""
    since = {number: day - timedelta(days=days_between(name, day)) for name, number in NUMBERS.items()}
    due = [When(patrol_level=number, last_visit__lte=last, then=1) for number, last in since.items()]
    return Case(When(last_visit=None, then=1), *due, default=0, output_field=IntegerField())


def days_between(level: str, day: date) -> int:
    """Return how many days lie between two visits to a site of a level, as the setting of a day has it."""
    return int(rules.parameter(EVERY.format(level=level), day).value)


def levels_of(firms: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Return the highest level of risk that each site bears, of those that have one."""
    rows = RiskObject.unscoped("how often a site is visited follows from its risk").filter(
        enterprise__in=firms, archived_at=None, risk_level__gt=UNGRADED
    )
    return dict(rows.order_by().values_list("enterprise").annotate(level=Max("risk_level")))


def _site(firm: Any, number: int, every: dict[str, int], day: date) -> PatrolSite:
    level, words = _level(firm, number)
    days = every[level]
    last: date | None = getattr(firm, "last_visit", None)
    if last is None:
        return PatrolSite(firm, level, days, None, day, True, _NEVER)
    # Who came today has come: the site is done, not due again.
    due = last + timedelta(days=days)
    said = (_DUE if due <= day else _LATER).filled(level=words, n=days, last=last, due=due)
    return PatrolSite(firm, level, days, last, due, due <= day, said)


def _level(firm: Any, number: int) -> tuple[str, Words]:
    """Return the level a site is visited by, and why in words."""
    if number in NAMES:
        return NAMES[number], dict(LEVELS)[number]
    if any(getattr(firm, name) for name in Enterprise.KEY_FLAGS):
        return "considerable", _MARKED
    return "general", _UNGRADED


def in_walking_order(sites: Sequence[PatrolSite]) -> list[PatrolSite]:
    """Return sites so that each is followed by the nearest of those left, beginning with the first; without a point: last."""
    left = [one for one in sites if one.firm.longitude is not None and one.firm.latitude is not None]
    nowhere = [one for one in sites if one not in left]
    found: list[PatrolSite] = []
    while left:
        here = found[-1] if found else left[0]
        nearest = min(left, key=lambda one: kilometres(here.firm, one.firm))
        left.remove(nearest)
        km = kilometres(here.firm, nearest.firm) if found else None
        found.append(_at(nearest, km))
    return [*found, *nowhere]


def _at(site: PatrolSite, km: float | None) -> PatrolSite:
    return PatrolSite(site.firm, site.level, site.every_days, site.last, site.due, site.is_due, site.why, km)


def kilometres(a: Any, b: Any) -> float:
    """Return the distance of two places as the crow flies."""
    lat_a, lat_b = math.radians(float(a.latitude)), math.radians(float(b.latitude))
    across = math.radians(float(a.longitude) - float(b.longitude)) * math.cos((lat_a + lat_b) / 2)
    return EARTH_KM * math.hypot(across, lat_a - lat_b)
