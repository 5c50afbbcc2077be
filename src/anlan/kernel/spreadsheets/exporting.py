"""Exports: the rows of a list as a workbook or a text table, streamed, for the person as they are now.

A small list is answered at once; a large one is a task. The rows are one snapshot, read in chunks; at every chunk the
person is looked up again, and when what they may see has changed the file begins anew in the new scope, so that it never
holds a row they no longer see. Filter, scope, time, person and count are written in.
"""

from __future__ import annotations

import io
import logging
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anlan.kernel import clock, jobs
from anlan.kernel.jobs.results import reach_of
from anlan.kernel.registers.listing import Listing
from anlan.kernel.scope import Actor
from anlan.kernel.spreadsheets import csvs, xlsx
from anlan.kernel.spreadsheets.columns import Column, Reading, columns_of
from anlan.kernel.spreadsheets.fetching import Chunk, Fetch, ahead, in_turn
from anlan.kernel.spreadsheets.filters import filter_words, kept_params, place_of, place_words, within
from anlan.kernel.spreadsheets.tables import Table, table_named
from anlan.kernel.words import Words

log = logging.getLogger("anlan.exports")

AT_ONCE = 5_000  # rows answered without a task
MOST_RESTARTS = 3
FORMS: dict[str, Words] = {
    "xlsx": Words("Excel 工作簿（.xlsx）", "Excel workbook (.xlsx)"),
    "csv": Words("CSV（UTF-8）", "CSV (UTF-8)"),
    "csv-gb18030": Words("CSV（GB18030）", "CSV (GB18030)"),
}
_EXPORT = Words("导出", "Export")
_SHEET = Words("导出说明", "About this file")
_UNSTEADY = Words(
    "导出期间您的管辖范围多次变化，任务已停止，没有给出文件。",
    "Your scope changed several times during the export; it stopped and gave no file.",
)
_DONE = Words("共 {n} 行", "{n} rows")
_SHEETS = Words(
    "共 {n} 行，超过单表上限，分为 {m} 张表", "{n} rows, more than one sheet holds, in {m} sheets"
)
_OPEN_CSV = Words(
    "用电子表格打开 .csv 时，长数字可能显示为科学计数，文件中的数字是完整的；需要直接打开时请选 .xlsx",
    "A spreadsheet may show long numbers of a .csv in scientific form; the file holds every digit. To open it directly "
    "choose .xlsx",
)
LINES = {
    "table": Words("表", "Table"),
    "filter": Words("筛选", "Filter"),
    "place": Words("范围", "Scope"),
    "person": Words("导出人", "Exported by"),
    "time": Words("导出时间", "Exported at"),
    "count": Words("行数", "Rows"),
    "note": Words("说明", "Note"),
}
_HIDDEN = Words("“…”表示您的岗位不能查看该项个人信息", "“…” stands for personal data your post may not see")


@dataclass(frozen=True)
class Export:
    """What is asked: a table, the parameters of its list, the place it was narrowed to, the form of the file."""

    slug: str
    params: Mapping[str, Sequence[str]]
    place: str | None = None
    form: str = "xlsx"

    @property
    def table(self) -> Table:
        """Return the table."""
        table = table_named(self.slug)
        if table is None:
            raise LookupError(self.slug)
        return table

    def rows(self, actor: Actor) -> Any:
        """Return the rows for an actor, in the order of the list; raises Invalid for a wrong filter."""
        listing = self._listing(actor)
        return listing.in_order(listing.filtered(self.params), self.params)

    def counted(self, actor: Actor) -> tuple[int, bool]:
        """Return how many rows these are, as the list itself tells it, and whether that is exact."""
        listing = self._listing(actor)
        return listing.counted(self.params, listing.filtered(self.params))

    def _listing(self, actor: Actor) -> Listing:
        return self.table.listing(actor, within(place_of(self.place)))

    def as_params(self) -> dict[str, Any]:
        """Return it as a task keeps it."""
        params = kept_params(self.table, self.params)
        return {"slug": self.slug, "params": params, "place": self.place, "form": self.form}

    @property
    def file_name(self) -> str:
        """Return the name of the file, in the present language."""
        day = clock.today().strftime("%Y%m%d")
        ending = "xlsx" if self.form == "xlsx" else "csv"
        return f"{self.table.words}-{day}.{ending}"

    @property
    def media_type(self) -> str:
        """Return the type of the file."""
        if self.form == "xlsx":
            return xlsx.MEDIA_TYPE
        return f"{csvs.MEDIA_TYPE}; charset={'utf-8' if self.form == 'csv' else 'gb18030'}"


@dataclass
class Written:
    """What a finished file holds."""

    count: int
    sheets: int
    reach: str


class _ScopeChanged(Exception):
    """What the person may see changed while the file was written."""


Tick = Callable[[int], Actor]


def is_small(export: Export, actor: Actor) -> bool:
    """Say whether an export can be answered at once."""
    return bool(export.rows(actor).order_by()[: AT_ONCE + 1].count() <= AT_ONCE)


def ask_export(export: Export, actor: Actor) -> jobs.Task:
    """Ask for an export as a task."""
    table = export.table
    title = Words(f"导出{table.words.zh}", f"Export of {table.words.en.lower()}")
    total, exact = export.counted(actor)
    return jobs.ask(actor, "export", title, export.as_params(), total=total if exact or total else None)


@jobs.kind("export", _EXPORT)
def export_task(run: jobs.Run) -> None:
    """Write the file of an export; a killed one begins anew, for a half-written file is of no use."""
    export = Export(**{**run.params, "params": run.params["params"]})

    def tick(count: int) -> Actor:
        run.save(done=count)
        return run.actor()

    written = write_export(export, run.draft(), tick, fetch=ahead)
    words = _DONE if written.sheets <= 1 else _SHEETS
    note = words.filled(n=f"{written.count:,}", m=written.sheets)
    run.deliver(export.file_name, export.media_type, reach=written.reach, note=note)


def write_export(export: Export, path: Path, tick: Tick, fetch: Fetch = in_turn) -> Written:
    """Write a whole file; ``tick`` is told the count at every chunk and returns the person as of now.

    ``fetch`` says how the rows come: in turn for a small file, ahead for a large one.
    """
    for _ in range(MOST_RESTARTS):
        actor = tick(0)
        reach = reach_of(actor)

        def still(count: int, reach: str = reach) -> Actor:
            now = tick(count)
            if reach_of(now) != reach:
                raise _ScopeChanged
            return now

        try:
            written = _write(export, path, actor, still, fetch)
        except _ScopeChanged:
            continue
        written.reach = reach
        log.info(
            "exported %s rows of %s as %s by account %s in post %s, filter %s",
            written.count, export.slug, export.form, actor.account_id, actor.post_id, dict(export.params),
        )  # fmt: skip
        return written
    raise jobs.TaskStopped(_UNSTEADY)


def _write(export: Export, path: Path, actor: Actor, still: Tick, fetch: Fetch) -> Written:
    table = export.table
    columns = columns_of(table, table.columns)
    reading = Reading(table, columns)
    with closing(fetch(export.rows(actor).values_list(*reading.sources))) as fetched:
        chunks = _chunks(fetched, reading, actor, still)
        if export.form == "xlsx":
            return _write_workbook(export, path, actor, columns, reading, chunks)
        return _write_text(export, path, actor, columns, reading, chunks)


def _chunks(
    fetched: Iterator[Chunk], reading: Reading, actor: Actor, still: Tick
) -> Iterator[list[list[Any]]]:
    count = 0
    for rows in fetched:
        chunk = [reading.cells(row, actor) for row in rows]
        count += len(chunk)
        yield chunk
        actor = still(count)
    still(count)


def _write_workbook(
    export: Export, path: Path, actor: Actor, columns: Sequence[Column], reading: Reading,
    chunks: Iterator[list[list[Any]]],
) -> Written:  # fmt: skip
    book = xlsx.Workbook(path)
    shape = ([c.heading for c in columns], [c.width for c in columns], [c.kind for c in columns])
    title, count, sheets = str(export.table.words), 0, 1
    sheet = book.sheet(title, *shape)
    for chunk in chunks:
        for row in chunk:
            if sheet.is_full:
                sheet, sheets = book.sheet(title, *shape), sheets + 1
            sheet.row(row)
        count += len(chunk)
    lines = about(export, actor, count, sheets, hides=bool(reading.hiding))
    head = book.sheet(str(_SHEET), [str(export.table.words), ""], [16, 90], ["text", "text"])
    for line in lines:
        head.row_in_style(line, [0, xlsx.WRAPPED])
    book.close()
    return Written(count, sheets, "")


def _write_text(
    export: Export, path: Path, actor: Actor, columns: Sequence[Column], reading: Reading,
    chunks: Iterator[list[list[Any]]],
) -> Written:  # fmt: skip
    encoding, count = csvs.ENCODINGS[export.form], 0
    body = path.with_suffix(".body")
    try:
        with body.open("w", encoding=encoding.removesuffix("-sig"), errors="replace", newline="") as stream:
            table = csvs.TextTable(stream, [c.heading for c in columns], [c.kind for c in columns])
            for chunk in chunks:
                table.rows(chunk)
                count += len(chunk)
        head = io.StringIO()
        for label, value in about(export, actor, count, 1, hides=bool(reading.hiding)):
            plain = value.replace('"', "'").replace("\r", " ").replace("\n", " ")
            head.write(f'"# {label}: {plain}"\r\n')
        with path.open("wb") as whole, body.open("rb") as rest:
            whole.write(head.getvalue().encode(encoding, "replace"))
            shutil.copyfileobj(rest, whole, 1 << 20)
    finally:
        body.unlink(missing_ok=True)
    return Written(count, 1, "")


def about(export: Export, actor: Actor, count: int, sheets: int, *, hides: bool) -> list[tuple[str, str]]:
    """Return what is written into the file about itself: (label, value)."""
    local = clock.now().astimezone(clock.CHINA)
    rows = f"{count:,}" if sheets == 1 else str(_SHEETS.filled(n=f"{count:,}", m=sheets))
    lines = [
        (LINES["table"], str(export.table.words)),
        (LINES["filter"], filter_words(export.table, export.params)),
        (LINES["place"], f"{place_words(place_of(export.place))}，{actor.party_name}"),
        (LINES["person"], f"{actor.name}（{actor.party_name} {actor.post_title}）"),
        (LINES["time"], f"{local:%Y-%m-%d %H:%M} (UTC+8)"),
        (LINES["count"], rows),
    ]
    if hides:
        lines.append((LINES["note"], str(_HIDDEN)))
    if export.form != "xlsx":
        lines.append((LINES["note"], str(_OPEN_CSV)))
    return [(str(label), value) for label, value in lines]
