"""Reading the files of a city pack line by line, so that an error can name its file and its line.

CSV with a header, YAML whose mappings know where they began, dated periods (both ends inclusive).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import yaml

from anlan.kernel.words import Words


class PackError(ValueError):
    """Something in a pack is wrong; the text names file and line in both languages."""

    def __init__(self, file: str, line: int, zh: str, en: str) -> None:
        """Take the file's name, the line (1 = first) and what is wrong."""
        self.file, self.line, self.words = file, line, Words(zh, en)
        super().__init__(f"{file}:{line}: {zh} / {en}")


class Dated(Protocol):
    """Anything that is in force from a day to a day."""

    @property
    def valid_from(self) -> date | None: ...
    @property
    def valid_to(self) -> date | None: ...


def rows(folder: Path, file: str, columns: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield line number and row of a CSV file; a missing file or column is an error."""
    try:
        stream = (folder / file).open(encoding="utf-8-sig", newline="")
    except OSError as why:
        raise PackError(file, 1, f"无法读取：{why.strerror}", f"cannot be read: {why.strerror}") from None
    with stream:
        reader = csv.DictReader(stream)
        missing = set(columns.split()) - set(reader.fieldnames or ())
        if missing:
            raise PackError(file, 1, f"缺少列 {sorted(missing)}", f"columns missing: {sorted(missing)}")
        for row in reader:
            if None in row or None in row.values():
                raise PackError(file, reader.line_num, "列数不对", "wrong number of columns")
            yield reader.line_num, {key: value.strip() for key, value in row.items()}


class _LinedLoader(yaml.SafeLoader):
    """A safe loader whose mappings know their line."""


def _lined(loader: _LinedLoader, node: yaml.MappingNode) -> dict[str, Any]:
    mapping: dict[str, Any] = {str(k): v for k, v in loader.construct_mapping(node, deep=True).items()}
    return {**mapping, "__line__": node.start_mark.line + 1}


_LinedLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _lined)


def mapping(folder: Path, file: str) -> dict[str, Any]:
    """Return a YAML file whose top is a mapping; every mapping in it has ``__line__``."""
    try:
        whole = yaml.load((folder / file).read_text(encoding="utf-8"), Loader=_LinedLoader)  # noqa: S506 (safe loader)
    except OSError as why:
        raise PackError(file, 1, f"无法读取：{why.strerror}", f"cannot be read: {why.strerror}") from None
    except yaml.YAMLError as why:
        mark = getattr(why, "problem_mark", None)
        raise PackError(
            file, mark.line + 1 if mark else 1, "YAML 格式错误", f"not valid YAML: {why}"
        ) from None
    if not isinstance(whole, dict):
        raise PackError(file, 1, "应为键值结构", "a mapping is expected")
    return whole


def without_lines(value: Any) -> Any:
    """Return a value read by ``mapping`` without its line marks."""
    if isinstance(value, dict):
        return {key: without_lines(part) for key, part in value.items() if key != "__line__"}
    return [without_lines(part) for part in value] if isinstance(value, list) else value


def period(file: str, line: int, row: dict[str, Any]) -> tuple[date | None, date | None]:
    """Return the first and the last day of a row (``from``, ``to``)."""
    start, end = _day(file, line, row.get("from")), _day(file, line, row.get("to"))
    if start and end and end < start:
        raise PackError(file, line, f"止日 {end} 早于起日 {start}", f"ends {end}, before it begins {start}")
    return start, end


def _day(file: str, line: int, value: object) -> date | None:
    if value in (None, ""):
        return None
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise PackError(file, line, f"日期应为 年-月-日：{value}", f"a date is YYYY-MM-DD: {value}") from None


def overlap(one: Dated, other: Dated) -> bool:
    """Say whether two dated rows are in force on a common day."""
    first, last = date.min, date.max
    return bool(
        (one.valid_from or first) <= (other.valid_to or last)
        and (other.valid_from or first) <= (one.valid_to or last)
    )
