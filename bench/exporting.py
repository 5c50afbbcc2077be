"""The hidden dangers of the city (a million at full size) written to a file, as a task of a city officer: .xlsx, .csv, GB18030.

Written in a process of its own in the application's role, as the background work does: one snapshot, the person looked up at
every chunk, personal fields hidden, filter and scope written in. The floor is COPY of the very columns of the very rows, as
text, thrown away. A city with fewer rows than asked is written several times over, so that a figure lasts some seconds.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from bench import memory
from bench.figures import Figure, Floor
from bench.place import Place

NEEDS_CITY = True
NEEDS_PAGES = False
SLUG = "hidden-dangers"
LEAST_A_SECOND, MOST_MEGABYTES = 20_000, 400
WORTH_ROWS, MOST_TIMES = 100_000, 5
FORMS = {"xlsx": "an .xlsx workbook", "csv": "a .csv in UTF-8", "csv-gb18030": "a .csv in GB18030"}


@dataclass
class Made:
    """What the background process did: rows a second of each file, rows and bytes of one, its memory."""

    rates: list[float]
    rows: int
    bytes: int
    megabytes: float


def run(place: Place, forms: tuple[str, ...] = tuple(FORMS)) -> Iterator[Figure]:
    """Yield rows a second of each form of file, and the memory of the process."""
    floor, peak = _copy_alone(), 0.0
    for form in forms:
        with ProcessPoolExecutor(1, get_context("spawn"), _begin) as pool:
            made = pool.submit(_write, form).result()
        peak = max(peak, made.megabytes)
        yield Figure("export", f"rows into {FORMS[form]}", "rows/s", made.rates,
                     at_least=LEAST_A_SECOND, floor=Floor("COPY of the same columns of the same rows", floor),
                     notes={"exported": made.rows, "file_mb": round(made.bytes / 1e6, 1)})  # fmt: skip
    yield Figure("export", "memory of the exporting process", "MB", [peak], at_most=MOST_MEGABYTES)


def _begin() -> None:
    # The background work runs in the application's role, not in the owner's.
    os.environ["ANLAN_OWNER_DATABASE_URL"] = os.environ["ANLAN_DATABASE_URL"] = os.environ[
        "ANLAN_APPLICATION_DATABASE_URL"
    ]
    import django

    django.setup()


def _officer() -> Any:
    from bench.place import account_of, actor_of

    return actor_of(account_of("city_officer"))


def _export(form: str) -> Any:
    from anlan.kernel.spreadsheets.exporting import Export

    return Export(SLUG, {}, None, form)


def _write(form: str) -> Made:
    """Write the file as the task of an officer does, the person looked up anew at every chunk."""
    from django.utils import translation

    from anlan.kernel.spreadsheets.exporting import write_export
    from anlan.kernel.spreadsheets.fetching import ahead

    tick = _as_of_now(_officer())
    rates: list[float] = []
    with tempfile.TemporaryDirectory() as folder, translation.override("zh-hans"):
        path = Path(folder) / "made"
        while True:
            started = time.perf_counter()
            written = write_export(_export(form), path, tick, fetch=ahead)
            rates.append(written.count / (time.perf_counter() - started))
            if written.count * len(rates) >= WORTH_ROWS or len(rates) >= MOST_TIMES:
                break
        size = path.stat().st_size
    return Made(rates, written.count, size, memory.megabytes())


def _as_of_now(officer: Any) -> Any:
    """Return what looks the person up anew at every chunk, as the task does."""
    from anlan.kernel.identity.models import Account
    from anlan.kernel.identity.signing_in import actor_for

    def tick(_count: int) -> Any:
        account = Account.objects.select_related("person").get(pk=officer.account_id)
        return actor_for(account, officer.post_id)

    return tick


def _copy_alone() -> float:
    """Return rows a second of COPY of the columns of the export, in its order, read and thrown away."""
    from django.db import connection
    from psycopg import ClientCursor

    from anlan.kernel.spreadsheets.columns import Reading, columns_of

    export = _export("xlsx")
    columns = columns_of(export.table, export.table.columns)
    rows = export.rows(_officer()).values_list(*Reading(export.table, columns).sources)
    query, values = rows.query.sql_with_params()
    connection.ensure_connection()
    raw: Any = connection.connection
    statement = ClientCursor(raw).mogrify(query, values)
    started = time.perf_counter()
    with raw.cursor() as cursor:
        with cursor.copy(f"COPY ({statement}) TO STDOUT") as out:
            for _ in out:
                pass
        count = cursor.rowcount
    return float(count / (time.perf_counter() - started))
