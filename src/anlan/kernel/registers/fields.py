"""What a field is, read off the model: label, kind, unit, choices, sensitivity. Lists, forms, exports and API use it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar

from django.db import models

from anlan.kernel.scope.models import Party, Post, Territory
from anlan.kernel.words import Words

F = TypeVar("F", bound="models.Field[Any, Any]")

ONE_LINE = 120  # characters that are asked on one line

_KINDS: tuple[tuple[type[models.Field[Any, Any]], str], ...] = (
    (models.BooleanField, "flag"),
    (models.DateTimeField, "instant"),
    (models.DateField, "date"),
    (models.DecimalField, "number"),
    (models.FloatField, "number"),
    (models.IntegerField, "whole_number"),
    (models.TextField, "long_text"),
    (models.UUIDField, "identifier"),
    (models.CharField, "text"),
)


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field in the form every face reads. ``kind``: text, long_text, number, whole_number, date, instant, flag,
    choice, territory, party, post, reference, identifier."""

    name: str
    label: Words
    kind: str
    required: bool
    choices: tuple[tuple[Any, Words], ...] = ()
    unit: Words | None = None
    sensitivity: int = 1
    max_length: int | None = None
    help: str | Words = ""
    target: type[models.Model] | None = None
    editable: bool = True
    suggestions: tuple[tuple[str, Words], ...] = ()
    named: Callable[[Any], Words | None] | None = None
    is_time_of_day: bool = False

    def shown(self, row: models.Model) -> Any:
        """Return the value as people read it: words of a choice, name of a reference; never None."""
        value = getattr(row, self.name)
        if value is None or value == "":
            return ""
        if self.choices:
            return dict(self.choices).get(value, value)
        if self.named is not None:
            name = self.named(value)
            return name if name is not None else value
        if isinstance(value, bool):
            return Words("是", "Yes") if value else Words("否", "No")
        return value


def described(
    field: F,
    *,
    unit: Words | None = None,
    sensitivity: int | None = None,
    choices: Sequence[tuple[Any, Words]] = (),
    suggestions: Sequence[tuple[str, Words]] = (),
    named: Callable[[Any], Words | None] | None = None,
    is_time_of_day: bool = False,
) -> F:
    """Attach to a model field a unit, a sensitivity, or choices that are data (and so need no migration).

    ``suggestions`` are offered beside a free text such as a code; ``named`` gives the words in which its value is shown;
    ``is_time_of_day`` says of a text that it is a time like 14:20.
    """
    field.anlan_suggestions = tuple(suggestions)  # type: ignore[attr-defined]
    field.anlan_named = named  # type: ignore[attr-defined]
    field.anlan_choices = tuple(choices)  # type: ignore[attr-defined]
    field.anlan_unit = unit  # type: ignore[attr-defined]
    field.anlan_sensitivity = sensitivity  # type: ignore[attr-defined]
    field.anlan_is_time_of_day = is_time_of_day  # type: ignore[attr-defined]
    return field


def spec_of(model: type[models.Model], name: str) -> FieldSpec:
    """Return the FieldSpec of one field of a model; raises FieldDoesNotExist."""
    return _spec(model, name)


def forget_specs() -> None:
    """Read the fields anew from now on: a declaration was made."""
    _spec.cache_clear()


@cache
def _spec(model: Any, name: str) -> FieldSpec:
    field = model._meta.get_field(name)
    if not isinstance(field, models.Field):
        raise TypeError(f"{model.__name__}.{name} is not a column")
    label = (
        field.verbose_name
        if isinstance(field.verbose_name, Words)
        else Words(name, name.replace("_", " ").capitalize())
    )
    return FieldSpec(
        name=name,
        label=label,
        kind=_kind(field),
        required=not field.blank and not field.has_default(),
        choices=_choices(field),
        unit=getattr(field, "anlan_unit", None),
        sensitivity=getattr(field, "anlan_sensitivity", None) or 1,
        max_length=field.max_length,
        help=field.help_text if isinstance(field.help_text, str | Words) else "",
        target=field.related_model if isinstance(field.related_model, type) else None,
        editable=field.editable,
        suggestions=getattr(field, "anlan_suggestions", ()),
        named=getattr(field, "anlan_named", None),
        is_time_of_day=getattr(field, "anlan_is_time_of_day", False),
    )


@cache
def sensitivity_of(model: type[models.Model], name: str) -> int:
    """Return the sensitivity of one field."""
    return getattr(model._meta.get_field(name), "anlan_sensitivity", None) or 1


def specs_of(model: type[models.Model], names: Iterable[str]) -> list[FieldSpec]:
    """Return the specs of several fields in order."""
    return [spec_of(model, name) for name in names]


def _kind(field: models.Field[Any, Any]) -> str:
    if isinstance(field, models.ForeignKey):
        targets: dict[Any, str] = {Territory: "territory", Party: "party", Post: "post"}
        return targets.get(field.related_model, "reference")
    if field.choices or getattr(field, "anlan_choices", None):
        return "choice"
    if isinstance(field, models.TextField) and field.max_length and field.max_length <= ONE_LINE:
        return "text"  # a sealed column is a TextField whatever it holds: a telephone takes one line
    for cls, kind in _KINDS:
        if isinstance(field, cls):
            return kind
    return "text"


def _choices(field: models.Field[Any, Any]) -> tuple[tuple[Any, Words], ...]:
    pairs: Sequence[Any] = list(getattr(field, "anlan_choices", None) or field.choices or [])
    return tuple(
        (value, words if isinstance(words, Words) else Words(str(words), str(words)))
        for value, words in pairs
    )


_AS_IT_IS = (bool, int, str)


def plain(value: Any) -> Any:
    """Return a value as JSON keeps it: decimals and dates as strings, a reference as id and name; never a float."""
    if value is None or isinstance(value, _AS_IT_IS):
        return value
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value.is_finite() else str(value)
    if isinstance(value, datetime) and value.tzinfo:
        # One instant has one spelling, whatever time zone it was claimed in.
        return value.astimezone(UTC).isoformat()
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, models.Model):
        return {"id": str(value.pk), "name": str(value)}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Words):
        return value.both()
    return str(value)
