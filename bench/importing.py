"""A workbook of 100,000 enterprises brought in as a person brings it: every check of the form, exactly once, in the background.

The file is received, mapped and run in a process of its own in the application's role, as the background work runs it; what
is timed is the task from its first row to its end. The floor copies the very rows that the import has just written (the
enterprise, its party, its ledger entry and sealed part, its line in the import) into tables of the same shape with the same
indexes. All of it is taken out again afterwards.
"""

from __future__ import annotations

import io
import os
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any

from bench import memory
from bench.figures import Figure, Floor
from bench.place import Place

NEEDS_CITY = True
NEEDS_PAGES = False
ROWS = 100_000
LEAST_A_SECOND, MOST_MEGABYTES = 3_000, 400
NAME = "bench-enterprises.xlsx"
# What an import writes, and by which condition its rows are found: %s is the import.
TABLES = {
    "scope_party": "id IN (SELECT holder_id FROM enterprises_enterprise WHERE id IN ({made}))",
    "enterprises_enterprise": "id IN ({made})",
    "ledger_private": "entry_id IN (SELECT id FROM ledger_entry WHERE chain IN ({made}))",
    "ledger_entry": "chain IN ({made})",
    "sheet_import_row": "source_id = %(source)s",
}
MADE = "SELECT record FROM sheet_import_row WHERE source_id = %(source)s AND record IS NOT NULL"


@dataclass
class Brought:
    """What the background work did: seconds of receiving and of running, its memory, what came of the rows."""

    source: uuid.UUID
    received: float
    ran: float
    megabytes: float
    counts: dict[str, int]


def run(place: Place, rows: int = ROWS) -> Iterator[Figure]:
    """Yield rows a second, the memory of the process, and the seconds until the mapping is shown."""
    book = workbook(rows, f"{place.size.seed}/{time.time_ns()}")
    # Received by one process and run by another, as the web and the background work do.
    with ProcessPoolExecutor(1, get_context("spawn"), _begin) as pool:
        source, received = pool.submit(_receive, book).result()
    with ProcessPoolExecutor(1, get_context("spawn"), _begin) as pool:
        brought = pool.submit(_bring, source, received).result()
    try:
        if brought.counts != {"created": rows}:
            raise RuntimeError(f"the import did not enter every row: {brought.counts}")
        floor = rows / _copy_alone(place, brought.source)
    finally:
        _take_out(place, brought.source)
    notes = {"imported": rows, "file_mb": round(len(book) / 1e6, 1)}
    yield Figure("import", "rows of an Excel workbook, all checks", "rows/s", [rows / brought.ran],
                 at_least=LEAST_A_SECOND, floor=Floor("COPY of the same rows into the same tables", floor),
                 notes=notes)  # fmt: skip
    yield Figure("import", "memory of the import, both its processes", "MB", [brought.megabytes],
                 at_most=MOST_MEGABYTES, notes=notes)  # fmt: skip
    yield Figure("import", "from upload to mapping", "s", [brought.received], notes=notes)


def workbook(rows: int, seed: str) -> bytes:
    """Return a workbook of enterprises nobody has registered yet, its headings those of the template."""
    from anlan.domains.enterprises.demo import enterprises
    from anlan.domains.enterprises.rules import credit_check_character
    from anlan.kernel.scope.models import Territory
    from anlan.kernel.spreadsheets import xlsx
    from anlan.kernel.spreadsheets.tables import table_named
    from anlan.site import demo

    table = table_named("enterprises")
    if table is None:
        raise LookupError("enterprises")
    specs = [table.spec(name) for name in table.asks]
    villages = {
        place.code: place
        for place in Territory.objects.filter(level="village", valid_to=None, longitude__isnull=False)
    }
    random, out = Random(seed), io.BytesIO()
    series = random.randrange(10**5)
    book = xlsx.Workbook(out)
    labels = [str(spec.label) for spec in specs]
    sheet = book.sheet("企业", labels, [16] * len(labels), ["any"] * len(labels))
    for number, made in enumerate(enterprises(random, list(demo.places_to_stand(villages)), rows)):
        first = f"91{made.place.code[:6]}M{_serial(series, number)}"
        known: dict[str, Any] = {
            "name": f"{made.name}第{series}-{number}分厂", "credit_code": first + credit_check_character(first),
            "territory": made.place.code, "address": made.address, "longitude": f"{made.longitude:.6f}",
            "latitude": f"{made.latitude:.6f}", "industry": made.industry, "business": made.business,
            "scale": str(dict(table.spec("scale").choices)[made.scale]), "operation": "在营",
            "employees": made.employees, "legal_representative": made.main_person, "safety_phone": made.phone,
            "foreign_id": "", "foreign_issuer": "",
        }  # fmt: skip
        flags = {name: "是" if name in made.flags else "否" for name in table.asks if name not in known}
        sheet.row([(known | flags)[name] for name in table.asks])
    book.close()
    return out.getvalue()


def _serial(series: int, number: int) -> str:
    """Return eight characters of an organisation code that no other run and no other row has."""
    from anlan.domains.enterprises.rules import CREDIT_ALPHABET

    left, text = series * 10**6 + number, ""
    for _ in range(8):
        left, digit = divmod(left, len(CREDIT_ALPHABET))
        text = CREDIT_ALPHABET[digit] + text
    return text


def _begin() -> None:
    # The background work runs in the application's role, not in the owner's.
    os.environ["ANLAN_OWNER_DATABASE_URL"] = os.environ["ANLAN_DATABASE_URL"] = os.environ[
        "ANLAN_APPLICATION_DATABASE_URL"
    ]
    import django

    django.setup()


def _officer() -> Any:
    from bench.place import account_of, actor_of

    return actor_of(
        account_of("city_officer", party__key__endswith=":emergency") or account_of("city_officer")
    )


def _receive(book: bytes) -> tuple[uuid.UUID, float]:
    from anlan.kernel.spreadsheets import importing

    started = time.perf_counter()
    found = importing.receive(_officer(), "enterprises", io.BytesIO(book), NAME)
    return found.pk, time.perf_counter() - started


def _bring(source: uuid.UUID, received: float) -> Brought:
    from anlan.kernel.jobs import working
    from anlan.kernel.spreadsheets import importing

    actor = _officer()
    found = importing.import_of(actor, source)
    started = time.perf_counter()
    importing.run(actor, found.pk)
    with memory.watched_children() as children:
        working.work()
    ran = time.perf_counter() - started
    found.refresh_from_db()
    found.path.unlink(missing_ok=True)
    # The most of each of its two processes, added up, whether they were reached together or not.
    peak = memory.megabytes() + children.megabytes
    return Brought(found.pk, received, ran, peak, {name: n for name, n in found.counts.items() if n})


# --- the floor -------------------------------------------------------------------------------------------------------


def _copy_alone(place: Place, source: uuid.UUID) -> float:
    """Copy what the import wrote into tables of the same shape; returns the seconds of copying in."""
    spent = 0.0
    with _superuser(place) as to:
        for table, condition in TABLES.items():
            columns = ", ".join(
                f'"{name}"'
                for (name,) in to.execute(
                    "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped "
                    "AND attgenerated = '' ORDER BY attnum",
                    [table],
                )
            )
            where = condition.format(made=MADE)
            with to.cursor().copy(
                f"COPY (SELECT {columns} FROM {table} WHERE {where}) TO STDOUT (FORMAT binary)",
                {"source": source},
            ) as out:
                kept = b"".join(bytes(piece) for piece in out)
            to.execute(f"CREATE TABLE bench_floor (LIKE {table} INCLUDING ALL)")
            started = time.perf_counter()
            with to.cursor().copy(f"COPY bench_floor ({columns}) FROM STDIN (FORMAT binary)") as into:
                into.write(kept)
            spent += time.perf_counter() - started
            to.execute("DROP TABLE bench_floor")
    return spent


def _take_out(place: Place, source: uuid.UUID) -> None:
    """Remove what was imported, so that the next bench finds the city as it was."""
    with _superuser(place) as to:
        for table in ("ledger_private", "ledger_entry", "scope_party", "enterprises_enterprise"):
            to.execute(f"DELETE FROM {table} WHERE {TABLES[table].format(made=MADE)}", {"source": source})
        to.execute(f"DELETE FROM scope_touched WHERE row_id IN ({MADE})", {"source": source})
        to.execute("DELETE FROM sheet_import_row WHERE source_id = %s", [source])
        to.execute("DELETE FROM sheet_import WHERE id = %s", [source])
        to.execute("VACUUM ANALYZE enterprises_enterprise, ledger_entry, scope_party")


def _superuser(place: Place) -> Any:
    from anlan.site.database import Cluster
    from bench.city.copying import unhindered

    return unhindered(Cluster(Path(place.folder) / "db").url(database="anlan"))
