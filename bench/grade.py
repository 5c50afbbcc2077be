"""Gradings of major hazards by GB 18218-2018, with every step and clause: invented units, and what 20,296 real sites hold.

One process, through the same door as the page, the API and the command. The sites are those of the Risk Management Program of the
United States (``records/README.md``): it names substances and no quantities, which are drawn from the seed. The floor is the
arithmetic alone: the same sums in fractions, without names, tables, steps and clauses.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

from bench.figures import Figure, Floor
from bench.place import Place

NEEDS_CITY = False
NEEDS_PAGES = False
AT_LEAST = 5_000
UNITS, ROUNDS = 5_000, 5
ON = "2026-03-06"
RECORDS = Path(__file__).with_name("records")
NAMES = ("氯", "氨", "液化石油气", "甲醇", "汽油", "氢", "苯", "环氧乙烷", "硫化氢", "乙炔")
PEOPLE = (0, 20, 40, 80, 300)

Unit = dict[str, Any]


def run(place: Place) -> Iterator[Figure]:
    """Yield gradings a second of invented units and of the real sites, and what those came to."""
    from anlan.kernel.rules import run as compute
    from anlan.site.rulebook import open_book

    open_book()
    random = Random(place.size.seed)
    units = list(invented(random, UNITS))
    compute("major-hazard", units[0])
    yield Figure(
        "grade", "units of one to four substances", "gradings/s",
        [_a_second(lambda: _all(units)) for _ in range(ROUNDS)], at_least=AT_LEAST,
        floor=Floor("the same sums in fractions alone", _a_second(lambda: _sums(units))),
    )  # fmt: skip
    sites = list(real(random))
    grades: dict[str, int] = {}
    started = time.perf_counter()
    for site in sites:
        grade = compute("major-hazard", site)["grade_zh"] or "不构成"
        grades[grade] = grades.get(grade, 0) + 1
    seconds = time.perf_counter() - started
    notes = {
        "sites": len(sites),
        "substances": sum(len(site["substances"]) for site in sites),
        "grades": grades,
    }
    name = "every site of a foreign register once"
    yield Figure("grade", name, "gradings/s", [len(sites) / seconds], at_least=AT_LEAST, notes=notes)


def invented(random: Random, count: int) -> Iterator[Unit]:
    """Yield units of one to four named substances around their critical quantities."""
    for _ in range(count):
        held = random.sample(NAMES, random.choice((1, 1, 2, 2, 3, 4)))
        yield _unit(random, [{"name": name} for name in held])


def real(random: Random) -> Iterator[Unit]:
    """Yield every site of the register, its substances as the standard knows them, with quantities drawn anew."""
    known = {row["rmp"]: row for row in _rows("rmp_to_gb18218.csv")}
    for row in _rows("rmp_holdings.csv"):
        held = [known[name] for name in row["substances"].split(";")]
        named = [_as_known(one) for one in held]
        for _ in range(int(row["sites"])):
            yield _unit(random, named)


def _as_known(row: dict[str, str]) -> dict[str, Any]:
    """Return a substance by its name in table 1, by its category, or by both where the standard leaves β to the category."""
    named = {"name": row["name_zh"]} if row["name_zh"] else {}
    return {**named, "categories": [row["category"]]} if row["category"] else named


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (RECORDS / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _unit(random: Random, held: Sequence[dict[str, Any]]) -> Unit:
    quantities = [f"{random.lognormvariate(1.5, 2):.3f}" for _ in held]
    return {
        "unit": random.choice(("production", "storage")), "exposed_people": random.choice(PEOPLE), "date": ON,
        "substances": [{**one, "quantity_t": quantity} for one, quantity in zip(held, quantities, strict=True)],
    }  # fmt: skip


def _all(units: Sequence[Unit]) -> int:
    from anlan.kernel.rules import run as compute

    for unit in units:
        compute("major-hazard", unit)
    return len(units)


def _sums(units: Sequence[Unit]) -> int:
    big, beta = Fraction(10), Fraction(3, 2)
    for unit in units:
        ratios = [Fraction(one["quantity_t"]) / big for one in unit["substances"]]
        if sum(ratios) >= 1:
            sum(beta * ratio for ratio in ratios)
    return len(units)


def _a_second(work: Callable[[], int]) -> float:
    started = time.perf_counter()
    done = work()
    return done / (time.perf_counter() - started)
