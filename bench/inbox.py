"""The home page of people with much to do: 5,000 open matters in scope, or the most that the city has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bench.client import latencies, throughput
from bench.figures import Figure, Floor
from bench.pages import FLOOR, SECONDS, floor, median
from bench.place import Place, account_of, actor_of, session_of

NEEDS_CITY = True
NEEDS_PAGES = True
CALLS = 60
MATTERS = 5000
MOST_MILLISECONDS = 100


def run(place: Place) -> Iterator[Figure]:
    """Yield the home page of the officer nearest to 5,000 open matters in scope, of the city, and of the busiest desk."""
    people = _people()
    with floor(place) as bare, place.serving() as address:
        for name, (account, matters, duties) in people.items():
            cookie = session_of(account)
            for page, path in (("home", "/"), ("inbox", "/inbox/")):
                found = latencies(address, [(cookie, path)] * CALLS)
                yield Figure("inbox", f"{page} of {name}", "ms", found, judged="p95", at_most=MOST_MILLISECONDS,
                             floor=Floor(FLOOR, median(bare.milliseconds)),
                             notes={"open_matters_in_scope": matters, "awaited_from_them": duties})  # fmt: skip
            rates = throughput(address, [(cookie, "/")], SECONDS)
            yield Figure("inbox", f"throughput of the home page of {name}", "requests/s", rates,
                         floor=Floor(FLOOR, bare.a_second))  # fmt: skip


def _people() -> dict[str, tuple[Any, int, int]]:
    from anlan.kernel.loops import loops
    from anlan.kernel.loops.awaiting import duties_for
    from anlan.kernel.scope.models import Post

    def told(account: Any) -> tuple[Any, int, int]:
        actor = actor_of(account)
        matters = sum(loop.model.seen_by(actor).filter(closed_at=None).count() for loop in loops())
        return account, matters, duties_for(actor).count()

    posts = Post.objects.filter(kind="county_officer").order_by("party__path").distinct("party__path")
    counties = [told(account_of("county_officer", id=post.pk)) for post in posts]
    return {
        "the county officer nearest to 5,000 open matters": min(
            counties, key=lambda one: abs(one[1] - MATTERS)
        ),
        "the county officer with most to do": max(counties, key=lambda one: one[2]),
        "a city officer": told(account_of("city_officer")),
    }
