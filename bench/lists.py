"""Lists of every register and loop: random pairs of filters, as township and as city officer; deep pages; throughput.

"Server time" is measured from outside, one request at a time on a kept-alive connection, so it bounds the server's own
time from above. A pair of filters is drawn from what the page itself offers.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any
from urllib.parse import urlencode

from bench.client import Caller, latencies, throughput
from bench.figures import Figure, Floor
from bench.pages import FLOOR, SECONDS, floor, median
from bench.place import Place, account_of, actor_of, session_of

NEEDS_CITY = True
NEEDS_PAGES = True
PAIRS = 40
DEEP = 1000
SMALLEST = 20
MOST_MILLISECONDS, MOST_GROWTH_OF_DEEP_PAGE, LEAST_OF_FLOOR = 150, 1.2, 0.3


def run(place: Place) -> Iterator[Figure]:
    """Yield latency by role and subject, the cost of a deep page, throughput."""
    people = {"township": account_of("township_officer"), "city": account_of("city_officer")}
    calls = {role: _calls(account, Random(f"{place.size.seed}/{role}")) for role, account in people.items()}
    cookie = session_of(people["city"])
    cursors = list(_cursors(people["city"]))
    with floor(place) as bare, place.serving() as address:
        for role, by_subject in calls.items():
            for slug, paths in by_subject.items():
                found = latencies(address, [(session_of(people[role]), path) for path in paths])
                yield Figure("lists", f"{slug} as {role} officer, two filters", "ms", found, judged="p95",
                             at_most=MOST_MILLISECONDS, floor=Floor(FLOOR, median(bare.milliseconds)))  # fmt: skip
        yield from _deep(address, cookie, cursors)
        mixed = [(cookie, path) for paths in calls["city"].values() for path in paths]
        rates = throughput(address, mixed, SECONDS)
        yield Figure("lists", "throughput, city officer, two filters", "requests/s", rates,
                     floor=Floor(FLOOR, bare.a_second, ratio_at_least=LEAST_OF_FLOOR))  # fmt: skip


def _calls(account: Any, random: Random) -> dict[str, list[str]]:
    from anlan.kernel.loops import loops
    from anlan.kernel.registers import registers

    actor = actor_of(account)
    found = {}
    for slug, model, facets in [
        *((kind.kept.slug, kind, kind.kept.facets) for kind in registers()),
        *((loop.slug, loop.model, loop.facets) for loop in loops()),
    ]:
        choices = list(_choices(model, facets, actor))
        found[slug] = [f"/{slug}/?{urlencode(_pair(choices, random))}" for _ in range(PAIRS)]
    return found


def _pair(choices: list[list[tuple[str, str]]], random: Random) -> list[tuple[str, str]]:
    return [random.choice(one) for one in random.sample(choices, min(2, len(choices)))]


def _choices(model: Any, facets: Any, actor: Any) -> Iterator[list[tuple[str, str]]]:
    """Yield for each filter of a list the values that can be chosen."""
    from datetime import timedelta

    from anlan.kernel import clock
    from anlan.kernel.registers.fields import spec_of
    from anlan.kernel.scope.models import Territory

    for name in facets:
        spec = spec_of(model, name)
        if spec.kind == "territory":
            below = Territory.objects.filter(path__startswith=actor.home_path).exclude(path=actor.home_path)
            codes = list(below.exclude(level="village").values_list("code", flat=True)) or list(
                below.values_list("code", flat=True)
            )
            yield [(name, code) for code in codes]
        elif spec.kind == "flag":
            yield [(name, "1")]
        elif spec.kind in {"date", "instant"}:
            yield [
                (f"{name}_from", (clock.today() - timedelta(days=days)).isoformat())
                for days in (7, 90, 400, 900)
            ]
        elif spec.choices:
            yield [(name, str(value)) for value, _ in spec.choices]


def _cursors(account: Any) -> Iterator[tuple[str, str]]:
    """Yield for each long list and each of its orders the way to its thousandth page."""
    from anlan.kernel.loops import loops

    actor = actor_of(account)
    for loop in loops():
        for sort in dict.fromkeys((loop.order, *loop.sorts)):
            after = deep_cursor(loop, actor, sort)
            if after:
                yield (
                    f"/{loop.slug}/?{urlencode({'sort': sort})}",
                    f"/{loop.slug}/?{urlencode({'sort': sort, 'after': after})}",
                )


def deep_cursor(loop: Any, actor: Any, sort: str) -> str:
    """Return the cursor that leads to the thousandth page of a list, empty where it is shorter."""
    from django.db.models import F

    from anlan.kernel.registers import Listing

    column, falling = sort.lstrip("-"), sort.startswith("-")
    by = F(column).desc(nulls_last=True) if falling else F(column).asc(nulls_last=True)
    rows = loop.model.seen_by(actor).order_by(by, "-pk" if falling else "pk").only("pk", column)
    size = 50
    last = rows[(DEEP - 1) * size - 1 : (DEEP - 1) * size].first() if rows[SMALLEST:].exists() else None
    return Listing._cursor(last, sort) if last is not None else ""


def _deep(address: str, cookie: str, cursors: list[tuple[str, str]]) -> Iterator[Figure]:
    caller = Caller(address, cookie)
    for first, deep in cursors:
        caller.get(first)
        pairs = [latencies(address, [(cookie, first), (cookie, deep)], warm=0) for _ in range(PAIRS // 2)]
        beginning, far = [one[0] for one in pairs], [one[1] for one in pairs]
        yield Figure("lists", f"page {DEEP} of {first}", "ms", far,
                     floor=Floor("page 1", median(beginning), ratio_at_most=MOST_GROWTH_OF_DEEP_PAGE))  # fmt: skip
    caller.close()
