"""From rule files to instruments and values, refusing whatever could mislead.

``instruments.yaml`` is a list of instruments; ``rules.yaml`` (and every file of ``criteria/``) a list of
rules, each with its values. A rule is declared once, with names, kind, unit and ``as_of``; another file may
add values for its own place by giving ``key`` and ``values`` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

from anlan.kernel.rules.deadlines import UNITS, DeadlineError
from anlan.kernel.rules.parameters import (
    CONFIDENCES,
    COUNTRY,
    INSTRUMENT_KINDS,
    KEY,
    KINDS,
    PLACE,
    Citation,
    Instrument,
    Parameter,
)
from anlan.kernel.rules.reading import RuleFileError, read_yaml

HEAD = {"key", "zh", "en", "kind", "unit", "as_of", "bounds", "note_zh", "note_en", "serves", "values"}
HEAD_NEEDED = HEAD - {"bounds", "note_zh", "note_en", "serves"}
VALUE = {"where", "from", "to", "value", "cite", "seen", "note_zh", "note_en", "source"}
VALUE_NEEDED = {"where", "from", "value", "cite", "seen"}
INSTRUMENT = {"key", "zh", "en", "number", "kind", "from", "to", "replaced_by", "seen", "note"}
INSTRUMENT_NEEDED = {"key", "zh", "en", "number", "kind", "from", "seen"}
Values = dict[str, tuple[Parameter, ...]]


@dataclass(frozen=True)
class _Written:
    """A mapping read from a file, with the file for messages."""

    file: Path
    entry: dict[str, Any]

    def fail(self, fault: str) -> RuleFileError:
        return RuleFileError(f"{self.file}: {self.entry.get('key', '(no key)')}: {fault}")

    def demand(self, allowed: set[str], needed: set[str]) -> None:
        if unknown := sorted(set(self.entry) - allowed):
            raise self.fail(f"unknown fields {unknown}")
        if missing := sorted(needed - set(self.entry)):
            raise self.fail(f"missing fields {missing}")

    def day_if_any(self, name: str) -> date | None:
        return None if self.entry.get(name) is None else self.day(name)

    def day(self, name: str) -> date:
        value = self.entry.get(name)
        if type(value) is not date:
            raise self.fail(f"{name!r} must be a date, not {value!r}")
        return value

    def one_of(self, name: str, choices: Sequence[str]) -> str:
        value = self.entry.get(name)
        if value not in choices:
            raise self.fail(f"{name!r} must be one of {', '.join(choices)}, not {value!r}")
        return str(value)


def read_catalogue(files: Sequence[Path]) -> tuple[dict[str, Instrument], Values]:
    """Read instruments and values from files; raises ``RuleFileError`` naming file, key and fault."""
    instrument_files = [f for f in files if f.name == "instruments.yaml"]
    rule_files = [f for f in files if f.name != "instruments.yaml"]
    instruments = _read_instruments(instrument_files)
    heads: dict[str, _Written] = {}
    values: dict[str, list[Parameter]] = {}
    for written in _entries(rule_files):
        head = _head_of(written, heads)
        for raw in written.entry["values"]:
            if not isinstance(raw, dict):
                raise written.fail(f"a value is a mapping, not {raw!r}")
            parameter = _parameter(
                head, _Written(written.file, {"key": head.entry["key"], **raw}), instruments
            )
            values.setdefault(parameter.key, []).append(parameter)
    return instruments, {key: _in_order(heads[key], found) for key, found in values.items()}


def _entries(files: Sequence[Path]) -> list[_Written]:
    found = []
    for file in files:
        raw = read_yaml(file) or []
        if not isinstance(raw, list) or not all(isinstance(entry, dict) for entry in raw):
            raise RuleFileError(f"{file}: a rule file is a list of mappings")
        found += [_Written(file, entry) for entry in raw]
    return found


def _read_instruments(files: Sequence[Path]) -> dict[str, Instrument]:
    found: dict[str, Instrument] = {}
    for written in _entries(files):
        instrument = _instrument(written)
        if instrument.key in found:
            raise written.fail("the instrument is described twice")
        found[instrument.key] = instrument
    for instrument in found.values():
        if instrument.replaced_by is not None and instrument.replaced_by not in found:
            raise RuleFileError(
                f"{instrument.key}: replaced by an unknown instrument {instrument.replaced_by!r}"
            )
    return found


def _instrument(written: _Written) -> Instrument:
    written.demand(INSTRUMENT, INSTRUMENT_NEEDED)
    entry = written.entry
    first, last = written.day("from"), written.day_if_any("to")
    if last is not None and last < first:
        raise written.fail("ends before it begins")
    return Instrument(
        key=str(entry["key"]),
        zh=str(entry["zh"]),
        en=str(entry["en"]),
        number=str(entry["number"] or ""),
        kind=written.one_of("kind", INSTRUMENT_KINDS),
        in_force_from=first,
        in_force_to=last,
        replaced_by=entry.get("replaced_by"),
        seen=written.one_of("seen", CONFIDENCES),
    )


def _head_of(written: _Written, heads: dict[str, _Written]) -> _Written:
    key = written.entry.get("key")
    if not isinstance(key, str) or not KEY.fullmatch(key):
        raise written.fail("a rule needs a key such as domain.rule_name")
    if not isinstance(written.entry.get("values"), list) or not written.entry["values"]:
        raise written.fail("a rule needs values")
    if set(written.entry) == {"key", "values"}:
        if key not in heads:
            raise written.fail("adds values to a rule that no earlier file declares")
        return heads[key]
    written.demand(HEAD, HEAD_NEEDED)
    if key in heads:
        raise written.fail(f"is declared twice (also in {heads[key].file})")
    written.one_of("kind", KINDS)
    heads[key] = written
    return written


def _parameter(head: _Written, written: _Written, instruments: dict[str, Instrument]) -> Parameter:
    written.demand(VALUE | {"key"}, VALUE_NEEDED)
    entry, about = written.entry, head.entry
    first, last = written.day("from"), written.day_if_any("to")
    instrument = _cited(written, instruments)
    if first < instrument.in_force_from:
        raise written.fail(
            f"in force from {first}, before its instrument {instrument.key} ({instrument.in_force_from})"
        )
    parameter = Parameter(
        key=str(about["key"]),
        zh=str(about["zh"]),
        en=str(about["en"]),
        kind=str(about["kind"]),
        unit=str(about["unit"]),
        as_of=str(about["as_of"]),
        where=_place(written),
        value=entry["value"],
        citation=Citation(instrument, str(entry["cite"]["article"] or ""), first),
        confidence=written.one_of("seen", CONFIDENCES),
        effective_from=first,
        effective_to=_end(written, last, instrument),
        bounds=dict(about.get("bounds") or {}),
        note_zh=str(entry.get("note_zh") or about.get("note_zh") or ""),
        note_en=str(entry.get("note_en") or about.get("note_en") or ""),
        serves=_serves(head),
    )
    if parameter.effective_to is not None and parameter.effective_to < first:
        raise written.fail("ends before it begins")
    _check_kind(written, parameter)
    return parameter


def _serves(head: _Written) -> tuple[str, ...]:
    """The requirements of the policy that a rule serves; whether they exist is not for the rules to know."""
    named = head.entry.get("serves", [])
    if not isinstance(named, list) or not all(isinstance(one, str) for one in named):
        raise head.fail("serves is a list of requirements of the policy")
    return tuple(named)


def _cited(written: _Written, instruments: dict[str, Instrument]) -> Instrument:
    cite = written.entry["cite"]
    if not isinstance(cite, dict) or set(cite) != {"law", "article"}:
        raise written.fail("cite needs law and article")
    if cite["law"] not in instruments:
        raise written.fail(f"cites an unknown instrument {cite['law']!r}")
    return instruments[cite["law"]]


def _place(written: _Written) -> str:
    where = written.entry["where"]
    if not isinstance(where, str) or not PLACE.fullmatch(where):
        raise written.fail(f"not a place: {where!r}")
    return where


def _end(written: _Written, last: date | None, instrument: Instrument) -> date | None:
    """A value without an end of its own ends with its instrument: a repeal touches the instrument's line
    alone.
    """
    if instrument.in_force_to is None or last is None:
        return instrument.in_force_to if last is None else last
    if last > instrument.in_force_to:
        raise written.fail(
            f"in force to {last}, after its instrument {instrument.key} ({instrument.in_force_to})"
        )
    return last


def _check_kind(written: _Written, parameter: Parameter) -> None:
    fits = _FITS[parameter.kind](parameter)
    if not fits:
        raise written.fail(
            f"value {parameter.value!r} and unit {parameter.unit!r} do not fit kind {parameter.kind!r}"
        )
    if not parameter.is_law and parameter.kind != "operating":
        raise written.fail(
            "a setting of the platform must be of kind 'operating': no number of law is invented"
        )
    if parameter.unit in UNITS:
        try:
            parameter.duration()
        except DeadlineError as error:
            raise written.fail(str(error)) from error


def _is_number(parameter: Parameter) -> bool:
    return isinstance(parameter.value, int | Decimal) and not isinstance(parameter.value, bool)


def _is_whole(parameter: Parameter) -> bool:
    return isinstance(parameter.value, int) and not isinstance(parameter.value, bool) and parameter.value >= 0


_FITS: dict[str, Callable[[Parameter], bool]] = {
    "duration": lambda p: p.unit in UNITS and _is_whole(p),
    "amount": _is_number,
    "threshold": _is_number,
    "count": _is_whole,
    "table": lambda p: isinstance(p.value, list | dict) and bool(p.value),
    "flag": lambda p: isinstance(p.value, bool),
    "operating": _is_whole,
}


def _in_order(head: _Written, found: list[Parameter]) -> tuple[Parameter, ...]:
    ordered = sorted(found, key=lambda p: (p.where, p.effective_from))
    for earlier, later in pairwise(ordered):
        if earlier.where != later.where:
            continue
        if earlier.effective_to is None or earlier.effective_to >= later.effective_from:
            raise head.fail(f"values overlap at {later.where} from {later.effective_from}")
        if later.where == COUNTRY and earlier.effective_to + timedelta(days=1) != later.effective_from:
            raise head.fail(f"no value between {earlier.effective_to} and {later.effective_from}")
    return tuple(ordered)
