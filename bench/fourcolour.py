"""The four-colour map at 100,000 risk points: tiles by zoom, the first map on a telephone, within the figures of the map.

Points are the risk objects of the bench's city, two for each of its 50,000 enterprises; the colours of the enterprises are
measured beside them, now and replayed for a past day.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from bench.client import Caller, latencies
from bench.figures import Figure
from bench.map import MOST_MILLISECONDS, ZOOMS, Asked, _first_map, _tiles
from bench.place import Place, account_of, session_of

NEEDS_CITY = True
NEEDS_PAGES = True


def run(place: Place) -> Iterator[Figure]:
    """Yield the figures."""
    from anlan.domains.colours import painting
    from anlan.kernel import clock
    from anlan.site.database import Cluster
    from bench.city import risks

    with Cluster(place.folder / "db").in_use() as cluster:
        rows = risks.fill(cluster.url(database="anlan"), place.size.seed)
    painting.follow()
    _age()
    with Cluster(place.folder / "db").in_use() as cluster:
        _settle(cluster.url(database="anlan"))
    cookie = session_of(account_of("city_officer"))
    past = (clock.today() - timedelta(days=1)).isoformat()
    with place.serving() as address:
        for query, words in (
            ("layers=risk-objects", "risk points"), ("layers=enterprise-colours", "colours now"),
            (f"layers=enterprise-colours&on={past}", "colours of a past day"),
        ):  # fmt: skip
            asked = _asked(
                Caller(address, cookie), query
            )  # a line left idle between two questions is hung up
            if asked is None:
                continue
            notes: dict[str, Any] = {
                "points": asked.points,
                "query": query,
                "objects": rows["risk_riskobject"],
            }
            every = [
                one
                for zoom in ZOOMS
                for one in latencies(address, [(cookie, path) for path in _tiles(asked, zoom)])
            ]
            yield Figure(
                "fourcolour",
                f"tile of {words}",
                "ms",
                every,
                judged="p95",
                at_most=MOST_MILLISECONDS,
                notes=notes,
            )
            told = latencies(address, [(cookie, f"/api/v1/map/tiles.json?{query}")] * 20)
            yield Figure("fourcolour", f"count of {words}", "ms", told, judged="p95", notes=notes)
            if words == "risk points":
                for figure in _first_map(address, cookie, asked, notes):
                    yield Figure("fourcolour", figure.name, figure.unit, figure.samples, figure.judged, at_most=figure.at_most,
                                 notes=figure.notes)  # fmt: skip
        page = latencies(address, [(cookie, "/four-colour-map/")] * 20)
        yield Figure("fourcolour", "page with tables", "ms", page, judged="p95", notes={"rows": rows})


def _age() -> None:
    """Let the colours stand for a month already, so that a past day has something to replay."""
    from anlan.domains.colours.models import EnterpriseColour
    from anlan.kernel import clock

    rows = EnterpriseColour.unscoped("the bench lets its own colours be older")
    rows.filter(archived_at=None, former_level=None).update(since=clock.now() - timedelta(days=30))


def _settle(url: str) -> None:
    """Let the database tidy up after what the bench itself has just rewritten whole, as it does by itself within minutes."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as to:
        to.execute("VACUUM (ANALYZE) colours_enterprisecolour")


def _asked(caller: Caller, query: str) -> Asked | None:
    told = json.loads(caller.get(f"/api/v1/map/tiles.json?{query}"))
    return Asked(query, told["placed"], tuple(told["bounds"])) if told["bounds"] else None
