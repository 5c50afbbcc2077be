"""The rule book, open to anyone: what the rules say, where they come from, and every computation as a page.

Serves the openness of enforcement (article 13) and the public's understanding. A computation is a plain form whose
answers stand in the address, so that a result can be kept and shown to others; nothing is stored and no account is
needed. It works without scripts. What was not compared with its text is shown as unverified.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from anlan.faces.office.shell import page
from anlan.faces.public.rule_words import Table, notice_of_holidays, shown, subject_of, table_of, unit_of
from anlan.kernel import rules as kernel_rules
from anlan.kernel.clock import today
from anlan.kernel.rules import Finding, InputErrors, Parameter, UnknownRule
from anlan.kernel.rules.computing import Computation, Output
from anlan.kernel.rules.inputs import Choice, Codes, Field, Group, Rows, Score
from anlan.kernel.rules.inputs import Line as TextLine
from anlan.kernel.rules.reading import plain
from anlan.kernel.words import Words

BLANK_ROWS = 2  # drawn below the rows filled in; more appear once these are used
HAN = re.compile(r"[\u4e00-\u9fff]")
LONGEST_NUMBER = 6  # digits of the number of a row; Python reads no number of thousands
PLACE_CODE = "where"  # a place's code is for programs; the page uses the place of this city


@dataclass(frozen=True)
class Control:
    """One field of a form as it is drawn."""

    name: str
    kind: str
    label: str
    help: str
    unit: str
    required: bool
    value: str
    choices: tuple[tuple[str, str], ...]
    faults: tuple[str, ...]
    suggestions: tuple[tuple[str, str], ...] = ()

    @property
    def id(self) -> str:
        """Return an identifier fit for HTML."""
        return "f-" + self.name.replace(".", "-")


@dataclass(frozen=True)
class ControlGroup:
    """Fields that belong together."""

    legend: str
    help: str
    controls: tuple[Control, ...]
    is_row: bool = False


@dataclass(frozen=True)
class Line:
    """One rule, or one version of it, as a row of a table."""

    key: str
    name: str
    value: str
    table: Table | None
    where: str
    since: date
    until: date | None
    law: str
    law_key: str
    article: str
    confidence: str
    is_law: bool
    note: str
    serves: tuple[str, ...] = ()


@dataclass(frozen=True)
class Subject:
    """The rules of one subject."""

    name: str
    lines: tuple[Line, ...]


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List every computation and every rule in force today, then the laws they hang on."""
    context = {
        "computations": [
            {"name": c.name, "title": _of(c.zh, c.en), "about": _of(c.about_zh, c.about_en)}
            for c in kernel_rules.computations().values()
        ],
        "subjects": _subjects(today()),
        "laws": _laws(),
        "on": today(),
    }
    return page(request, "public/rules.html", context, here="rules")


@require_safe
def law(request: HttpRequest, key: str) -> HttpResponse:
    """Show one law, regulation or standard, and every rule that hangs on it."""
    catalogue = kernel_rules.catalogue()
    instrument = catalogue.instruments.get(key)
    if instrument is None:
        raise Http404
    after = catalogue.instruments.get(instrument.replaced_by or "")
    context = {
        "law": instrument,
        "number": _of(instrument.number, instrument.number_en),
        "title": _of(instrument.zh, instrument.en),
        "lines": [_line(value) for value in catalogue.hanging_on(key)],
        "after": after,
        "after_title": _of(after.title_zh, after.title_en) if after else "",
    }
    return page(request, "public/law.html", context, here="rules")


@require_safe
def computation(request: HttpRequest, name: str) -> HttpResponse:
    """Show a computation's form and, when it was filled in, its result with steps and clauses."""
    declared = kernel_rules.computations().get(name)
    if declared is None:
        raise Http404
    known = {field.name for field in declared.all_fields}
    given = {key: str(value) for key, value in request.GET.items()}
    answers = in_rows(
        declared.all_fields, {k: v for k, v in given.items() if v.strip() and k.split(".")[0] in known}
    )
    finding, faults = _computed(declared, answers)
    context = {
        "name": name,
        "title": _of(declared.zh, declared.en),
        "about": _of(declared.about_zh, declared.about_en),
        "groups": _groups(declared, answers, faults),
        "faults": faults,
        "loose": _loose(declared, faults),
        "result": _result(declared, finding) if finding else None,
        "example": f"{reverse('public:rule', args=[name])}?{_query(declared.example)}",
        "api": f"/api/v1/rules/{name}",
        "input": json.dumps(
            declared.from_form(answers) or dict(declared.example), ensure_ascii=False, indent=2
        ),
    }
    return page(request, "public/rule.html", context, here="rules", status=422 if faults else 200)


def _computed(
    declared: Computation, answers: Mapping[str, str]
) -> tuple[Finding | None, dict[str, list[str]]]:
    if not answers:
        return None, {}
    try:
        return declared.find(declared.from_form(answers)), {}
    except InputErrors as error:
        told: dict[str, list[str]] = {}
        for fault in error.faults:
            told.setdefault(fault.field, []).append(_of(fault.message_zh, fault.message_en))
        return None, told


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) <= LONGEST_NUMBER


def in_rows(fields: Iterable[Field], answers: Mapping[str, str]) -> dict[str, str]:
    """Return the answers with the rows of every list counted from nothing on, as faults count them; blank rows drop out."""
    found = dict(answers)
    for field in fields:
        if not isinstance(field, Rows):
            continue
        mine = {key: found.pop(key) for key in list(found) if key.startswith(f"{field.name}.")}
        numbers = sorted({int(key.split(".")[1]) for key in mine if _is_number(key.split(".")[1])})
        for at, number in enumerate(numbers):
            before = f"{field.name}.{number}."
            found |= {
                f"{field.name}.{at}.{key.removeprefix(before)}": value
                for key, value in mine.items()
                if key.startswith(before)
            }
    return found


def _groups(
    declared: Computation, answers: Mapping[str, str], faults: Mapping[str, list[str]]
) -> list[ControlGroup]:
    own = [field for field in declared.all_fields if field.name != PLACE_CODE]
    plain_fields = [field for field in own if not isinstance(field, Group)]
    groups = [ControlGroup("", "", tuple(_control(f, "", answers, faults) for f in plain_fields))]
    for field in own:
        if isinstance(field, Rows):
            groups += _row_groups(field, answers, faults)
        elif isinstance(field, Group):
            controls = tuple(_control(f, f"{field.name}.", answers, faults) for f in field.fields)
            help_text = _of(field.help_zh, field.help_en)
            groups.append(ControlGroup(_of(field.zh, field.en), help_text, controls))
    return groups


def _row_groups(
    field: Rows, answers: Mapping[str, str], faults: Mapping[str, list[str]]
) -> Iterable[ControlGroup]:
    """Yield one group for each row filled in, and a few blank ones."""
    filled = {key.split(".")[1] for key in answers if key.startswith(f"{field.name}.")}
    for number in range(min(len(filled) + BLANK_ROWS, field.most)):
        prefix = f"{field.name}.{number}."
        controls = tuple(_control(one, prefix, answers, faults) for one in field.fields)
        title = f"{_of(field.zh, field.en)} {number + 1}"
        yield ControlGroup(title, _of(field.help_zh, field.help_en), controls, is_row=True)


def _control(
    field: Field, prefix: str, answers: Mapping[str, str], faults: Mapping[str, list[str]]
) -> Control:
    name = prefix + field.name
    choices: tuple[tuple[str, str], ...] = ()
    if isinstance(field, Codes):
        help_codes = _("可填多个，用空格隔开")
        field = replace(
            field, help_zh=f"{field.help_zh}；{help_codes}", help_en=f"{field.help_en}; {help_codes}"
        )
    if isinstance(field, Choice | Score):
        options = field.options if isinstance(field, Choice) else field.suggest()
        choices = tuple((option.value, _of(option.zh, option.en)) for option in options)
    elif field.control == "yes_no":
        choices = (("yes", _("是")), ("no", _("否")))
    return Control(
        name=name,
        kind="select" if choices else field.control,
        label=_of(field.zh, field.en),
        help=_of(field.help_zh, field.help_en),
        unit=_of(field.unit_zh, field.unit_en),
        required=field.required and not prefix,
        value=answers.get(name, "")[:500],
        choices=choices,
        faults=tuple(faults.get(name, ())),
        suggestions=_suggestions(field),
    )


def _suggestions(field: Field) -> tuple[tuple[str, str], ...]:
    if not isinstance(field, TextLine):
        return ()
    return tuple((option.value, _of(option.zh, option.en)) for option in field.suggest())


def _loose(declared: Computation, faults: Mapping[str, list[str]]) -> list[str]:
    """Return faults of no field that is drawn (a group as a whole, an unknown field)."""
    drawn = {c.name for group in _groups(declared, {}, {}) for c in group.controls}
    return [f"{name}: {fault}" for name, found in faults.items() if name not in drawn for fault in found]


def _result(declared: Computation, finding: Finding) -> dict[str, Any]:
    found = finding.as_json()
    instruments = {p.citation.instrument.title_zh: p.citation.instrument for p in finding.consulted}
    outputs = [(_of(o.zh, o.en), _in_words(found, o.key)) for o in declared.gives if not o.columns]
    return {
        "main": outputs[0],
        "more": outputs[1:],
        "tables": [_table_of(o, found.get(o.key) or []) for o in declared.gives if o.columns],
        # A value in Chinese stands in the English text in English words.
        "steps": [{"text": _of(s.text_zh, s.text_en), "value": _value_of(s.value)} for s in finding.steps],
        "citations": [_cited(one, instruments.get(one["instrument"])) for one in found["citations"]],
        "confidence": finding.confidence,
        "json": json.dumps(found, ensure_ascii=False, indent=2),
    }


def _value_of(value: str) -> str:
    """Return what a step came to, where that says more than its text and is in the reader's language."""
    return "" if value in {"true", "false"} or (_is_english() and HAN.search(value)) else value


def _cited(citation: Mapping[str, str], found: Any) -> dict[str, str]:
    """Return a citation with its title in the reader's language; a notice of holidays is none of the catalogue's."""
    titles = (found.title_zh, found.title_en) if found else notice_of_holidays(citation["instrument"])
    title = _of(*titles)
    return {**citation, "title": title, "key": found.key if found else ""}


def _table_of(output: Output, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a list of rows as a table; a column that is worded in both languages is taken in the reader's."""
    return {
        "title": _of(output.zh, output.en),
        "head": [_of(column.zh, column.en) for column in output.columns],
        "rows": [[_in_words(row, column.key) for column in output.columns] for row in rows],
    }


def _in_words(found: Mapping[str, Any], key: str) -> str:
    """Return a value as a page shows it: in the reader's language where it is worded in both."""
    worded = f"{key.removesuffix('_zh')}_{'en' if _is_english() else 'zh'}"
    return shown(found.get(worded, found.get(key)))


def _subjects(on: date) -> list[Subject]:
    catalogue = kernel_rules.catalogue()
    found: dict[str, list[Line]] = {}
    for key in catalogue.names():
        value = _in_force_or_last(key, on)
        found.setdefault(str(subject_of(key)), []).append(_line(value))
    return [Subject(name, tuple(lines)) for name, lines in found.items()]


def _in_force_or_last(key: str, on: date) -> Parameter:
    """Return the value of today; of a rule that has ended, its last value (its end is shown)."""
    try:
        return kernel_rules.parameter(key, on)
    except LookupError:
        return kernel_rules.catalogue().versions(key)[-1]


def _line(value: Parameter) -> Line:
    instrument = value.citation.instrument
    return Line(
        key=value.key,
        name=_of(value.zh, value.en),
        value=_value_words(value),
        table=table_of(value.value, _is_english()),
        where=value.where,
        since=value.effective_from,
        until=value.effective_to,
        law=_of(instrument.title_zh, instrument.title_en),
        law_key=instrument.key,
        article=value.citation.article,
        confidence=value.confidence,
        is_law=value.is_law,
        note=_of(value.note_zh, value.note_en),
        serves=value.serves,
    )


def _value_words(value: Parameter) -> str:
    if isinstance(value.value, bool):
        return _("是") if value.value else _("否")
    if isinstance(value.value, list | dict):
        return ""
    try:
        duration = value.duration()
    except UnknownRule:
        return f"{plain(value.value)} {unit_of(value.unit)}".strip()
    return _of(duration.zh, duration.en)


def _laws() -> list[dict[str, Any]]:
    catalogue = kernel_rules.catalogue()
    return [
        {
            "key": key,
            "title": _of(instrument.title_zh, instrument.title_en),
            "since": instrument.in_force_from,
            "until": instrument.in_force_to,
            "confidence": instrument.seen,
            "hanging": len(catalogue.hanging_on(key)),
        }
        for key, instrument in catalogue.instruments.items()
    ]


def _query(example: Mapping[str, Any]) -> str:
    return urlencode(list(_flat(example)))


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, str]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            yield from _flat({str(at): row for at, row in enumerate(value)}, f"{prefix}{key}.")
        elif isinstance(value, list):
            yield prefix + key, " ".join(str(one) for one in value)
        elif isinstance(value, bool):
            yield prefix + key, "yes" if value else "no"
        else:
            yield prefix + key, str(value)


def _is_english() -> bool:
    return (get_language() or "zh-hans").startswith("en")


def _of(zh: str, en: str) -> str:
    """Return the one of two texts that the reader's language asks for."""
    return str(Words(zh, en)) if zh and en else zh or en
