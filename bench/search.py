"""Search across everything in scope, with its facets: pairs of characters, long questions, names and numbers, by two officers.

The questions are drawn from what the city's rows say, frequent pairs as well as rare ones; a question that finds nothing costs
nothing and is left out. Each answer is the whole page: hits of every kind, facets, people, places, rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any
from urllib.parse import urlencode

from bench.client import latencies
from bench.figures import Figure, Floor
from bench.pages import FLOOR, floor, median
from bench.place import Place, account_of, session_of

NEEDS_CITY = True
NEEDS_PAGES = True
QUESTIONS = 40  # of each sort; fewer in a city of a few hundred rows, whose rows they would repeat
ROWS_A_QUESTION = 30
MOST_MILLISECONDS = 150
LONG = 12


def run(place: Place) -> Iterator[Figure]:
    """Yield the milliseconds of a search by role and sort of question, and of all of them together."""
    people = {"township": account_of("township_officer"), "city": account_of("city_officer")}
    many = min(QUESTIONS, max(1, place.size.dangers // ROWS_A_QUESTION))
    asked = _questions(Random(f"{place.size.seed}/search"), many)
    with floor(place) as bare, place.serving() as address:
        beside = Floor(FLOOR, median(bare.milliseconds))
        for role, account in people.items():
            cookie, every = session_of(account), []
            for sort, questions in asked.items():
                found = latencies(
                    address, [(cookie, f"/search?{urlencode({'q': text})}") for text in questions]
                )
                every += found
                yield Figure("search", f"{sort} as {role} officer", "ms", found, judged="p95", floor=beside,
                             notes={"questions": questions[:5]})  # fmt: skip
            yield Figure("search", f"everything with facets as {role} officer", "ms", every, judged="p95",
                         at_most=MOST_MILLISECONDS, floor=beside)  # fmt: skip


def _questions(random: Random, many: int) -> dict[str, list[str]]:
    """Return questions of several sorts, each found in some row of the city."""
    from anlan.domains.enterprises.models import Enterprise
    from anlan.domains.hidden_dangers.models import HiddenDanger
    from anlan.kernel.finding import understood

    why = "the bench draws its questions from what the city holds"
    said = _drawn(HiddenDanger.unscoped(why), "description", random)
    named = _drawn(Enterprise.unscoped(why), "name", random)
    numbers = _drawn(HiddenDanger.unscoped(why), "number", random)
    words = sorted({word for text in said for word in understood(text).words if len(word) == 2})
    return {
        "two characters": random.sample(words, min(many, len(words))),
        "long sentences": [text[:60] for text in said if len(text) > LONG][:many],
        "words far apart": [" ".join(random.sample(understood(text).words, 2)) for text in said
                            if len(understood(text).words) > 1][:many],
        "names of enterprises": named[:many],
        "numbers": numbers[:many],
    }  # fmt: skip


def _drawn(rows: Any, column: str, random: Random) -> list[str]:
    """Return values of a column of rows spread over the whole table."""
    first, last = (rows.order_by(order).values_list("pk", flat=True).first() for order in ("pk", "-pk"))
    found = []
    for _ in range(QUESTIONS * 2):
        at = first.int + int(random.random() * (last.int - first.int))
        text = rows.filter(pk__gte=type(first)(int=at)).order_by("pk").values_list(column, flat=True).first()
        found.append(text)
    return list(dict.fromkeys(found))
