"""One form for web and API alike, read off the model's fields; the only place where input becomes values."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, cast

from django import forms
from django.db import models

from anlan.kernel.registers.cleaning import cleaner_of
from anlan.kernel.registers.errors import Invalid
from anlan.kernel.registers.fields import FieldSpec, spec_of
from anlan.kernel.registers.record import Record
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.kept_reading import KeptReading
from anlan.kernel.scope.models import Post, ScopedModel, Territory
from anlan.kernel.scope.territory import territory_of_code
from anlan.kernel.words import Words

LONGEST_TEXT = 20_000
_LARGEST = 10**30  # beyond what any column holds; longer ones are not even turned into text
_UNSTORABLE = Words("含有无法保存的字符。", "Contains characters that cannot be stored.")
_NOT_STORED = re.compile("[\x00\ud800-\udfff]")
_NEITHER = Words("应为“是”或“否”。", "Say yes or no.")
_FLAGS = dict.fromkeys(("true", "1", "on", "yes", "是"), True) | dict.fromkeys(
    ("", "false", "0", "off", "no", "否"), False
)
_EARLIEST, _LATEST = date(1900, 1, 1), date(2200, 1, 1)


class ReferenceField(forms.Field):
    """A reference to a row the actor may see, given by id (a territory also by its division code)."""

    def __init__(self, target: type[models.Model], actor: Actor, **options: Any) -> None:
        """Take the target model and for whom the reference is resolved."""
        super().__init__(**options)
        self.target, self.actor = target, actor

    def to_python(self, value: Any) -> Any:
        """Return the row; one that is out of scope is as good as absent."""
        if value in self.empty_values:
            return None
        if isinstance(value, self.target):
            return value
        text = str(value)
        if self.target is Territory and text.isascii() and text.isdigit():
            found: Any = territory_of_code(text)
        else:
            try:
                found = self._found(uuid.UUID(text))
            except ValueError:
                found = None
        if found is None:
            raise forms.ValidationError(
                str(Words("没有找到，或不在您的管辖范围内。", "Not found, or outside your scope."))
            )
        return found

    def _found(self, pk: uuid.UUID) -> Any:
        if issubclass(self.target, ScopedModel):
            return next(iter(self.target.seen_one(self.actor, pk, _REFERRED)), None)
        if self.target is Post:
            return Post.objects.filter(closed_on=None, pk=pk).select_related("party").first()
        return self.target._default_manager.filter(pk=pk).first()


def _as_referred(rows: Any) -> Any:
    """Return rows as an answer refers to them: those that are kept, with the names of place and holder."""
    if issubclass(rows.model, Record):
        rows = rows.defer("search").select_related("territory", "holder")
    return rows.filter(archived_at=None) if hasattr(rows.model, "archived_at") else rows


_REFERRED = KeptReading(_as_referred)


class DayField(forms.DateField):
    """A day between 1900 and 2200, so that no date can overflow later arithmetic."""

    def to_python(self, value: Any) -> date | None:
        """Return the day."""
        day = super().to_python(value if isinstance(value, date) else str(value or ""))
        if day is not None and not _EARLIEST <= day <= _LATEST:
            raise forms.ValidationError(str(Words("日期超出范围。", "The date is out of range.")))
        return day


class FlagInput(forms.CheckboxInput):
    """A box to tick that hands on what was given: Django's own takes any text for a tick."""

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        """Return what was given; an absent box is one that was not ticked."""
        return data.get(name, False)


class FlagField(forms.BooleanField):
    """Yes or no. What says neither (也许, a stray column of a table) is refused: Django would take it for a yes."""

    widget = FlagInput

    def to_python(self, value: Any) -> bool:
        """Return whether it is so."""
        said = _FLAGS.get("" if value is None else str(value).strip().casefold())
        if said is None:
            raise forms.ValidationError(str(_NEITHER))
        return said


def field_for(
    spec: FieldSpec, actor: Actor, model: type[models.Model], *, required: bool | None = None
) -> forms.Field:
    """Return the form field of a spec; validation is the model field's own."""
    needed = spec.required if required is None else required
    options: dict[str, Any] = {
        "label": spec.label,
        "required": needed and spec.kind != "flag",
        "help_text": spec.help,
    }
    if spec.kind in {"territory", "party", "post", "reference"} and spec.target is not None:
        return ReferenceField(spec.target, actor, **options)
    if spec.kind == "choice":
        return _choice_field(spec, model, options, needed=needed)
    if spec.kind == "date":
        return DayField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **options)
    if spec.kind == "long_text":
        return forms.CharField(widget=forms.Textarea, max_length=spec.max_length or LONGEST_TEXT, **options)
    column: Any = model._meta.get_field(spec.name)
    if spec.kind == "flag" and not column.null:
        options["form_class"] = FlagField
    if isinstance(column, models.TextField):
        options["widget"] = forms.TextInput
    field: Any = column.formfield(**options)
    if field is None:
        raise TypeError(f"{spec.name} cannot be asked in a form")
    # A form leaves out what the column itself demands: the range of degrees, of a database integer.
    field.validators += [rule for rule in column.validators if rule not in field.validators]
    field.suggestions = spec.suggestions
    return cast("forms.Field", field)


def _choice_field(
    spec: FieldSpec, model: type[models.Model], options: dict[str, Any], *, needed: bool
) -> forms.Field:
    """Return a choice; where the column has a default and may not be empty, that is what no answer means."""
    column: Any = model._meta.get_field(spec.name)
    falls_back = column.has_default() and not column.blank
    empty = column.get_default() if falls_back else _empty(spec)
    return forms.TypedChoiceField(
        choices=[*([] if needed or falls_back else [("", "—")]), *spec.choices],
        coerce=_coercion(spec),
        empty_value=empty,
        initial=empty if falls_back else None,
        **options,
    )


def _coercion(spec: FieldSpec) -> Any:
    known = {str(value): value for value, _ in spec.choices}
    return lambda value: known[str(value)]


def _empty(spec: FieldSpec) -> Any:
    return "" if all(isinstance(value, str) for value, _ in spec.choices) else None


def form_for(
    model: type[models.Model], names: Iterable[str], actor: Actor, data: Mapping[str, Any] | None = None,
    *, initial: Mapping[str, Any] | None = None, required: Mapping[str, bool] | None = None,
) -> forms.Form:  # fmt: skip
    """Return the form for some fields of a model, bound if data is given. ``required`` overrides the model's word."""
    fields: dict[str, forms.Field] = {}
    for name in names:
        spec = spec_of(model, name)
        fields[name] = field_for(spec, actor, model, required=(required or {}).get(name))
        fields[name].unit = spec.unit  # type: ignore[attr-defined]
    # The fields are made for this form: a class of its own would only copy every one of them again.
    form = forms.Form(data=_clean_input(data), initial=dict(initial or {}))
    form.fields = fields
    return form


def cleaned(form: forms.Form) -> dict[str, Any]:
    """Return the values of a bound form; raises Invalid with every reason."""
    if not form.is_valid():
        raise Invalid(
            {
                ("" if name == "__all__" else name): [str(e) for e in errors]
                for name, errors in form.errors.items()
            },
            form.cleaned_data,
        )
    return dict(form.cleaned_data)


NOT_PLAIN: Any = object()  # in the place of a value: the row is to be looked at by itself
_AS_GIVEN = forms.Widget.value_from_datadict  # what most widgets do: give what was given


class RowForm:
    """The form of ``form_for`` made once for many rows: the same fields clean each row, without being made anew."""

    def __init__(
        self, model: type[models.Model], names: Iterable[str], actor: Actor, *,
        required: Mapping[str, bool] | None = None,
    ) -> None:  # fmt: skip
        """Take what ``form_for`` takes."""
        self._form = form_for(model, names, actor, {}, required=required)
        self._steps = [
            (
                name,
                field.widget.value_from_datadict,
                _clean_of(field),
            )
            for name, field in self._form.fields.items()
        ]
        is_bare = {
            name: getattr(field.widget.value_from_datadict, "__func__", None) is _AS_GIVEN
            for name, field in self._form.fields.items()
        }
        self._by_name = {name: (None if is_bare[name] else read, clean) for name, read, clean in self._steps}

    def plainly(self, name: str) -> Callable[[Any], Any]:
        """Return what gives the value of a field for its input where it passes, else ``NOT_PLAIN``: ``cleaned`` says why.

        A row of which every field is plain is one whose ``cleaned`` gives these very values.
        """
        (read, clean), target = self._by_name[name], getattr(self._form.fields[name], "target", None)

        def of(value: Any) -> Any:
            is_text = type(value) is str and is_storable(value)
            if not is_text and (target is None or not isinstance(value, target)):
                return NOT_PLAIN
            try:
                return clean(value if read is None else read({name: value}, {}, name))
            except forms.ValidationError:
                return NOT_PLAIN

        return of

    def left_out(self, name: str) -> Any:
        """Return the value of a field that is not given, or ``NOT_PLAIN``."""
        read, clean = self._by_name[name]
        try:
            return clean(None if read is None else read({}, {}, name))
        except forms.ValidationError:
            return NOT_PLAIN

    @property
    def fields(self) -> Mapping[str, forms.Field]:
        """Return the fields by name."""
        return self._form.fields

    def cleaned(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of one row; raises Invalid with every reason.

        The steps are those of ``Form.full_clean`` for a form without prefix, files and a ``clean`` of its own, which is what
        ``form_for`` makes; the objects that draw the form are left out.
        """
        given = _clean_input(data) or {}
        values: dict[str, Any] = {}
        faults: dict[str, list[Words | str]] = {}
        for name, read, clean in self._steps:
            try:
                values[name] = clean(read(given, {}, name))
            except forms.ValidationError as fault:
                faults[name] = list(fault.messages)
        if faults:
            raise Invalid(faults, values)
        return values


_MOST_REMEMBERED = 2000


def _clean_of(field: forms.Field) -> Any:
    """Return what gives the answers of a field's ``clean``, sooner where many rows answer plainly."""
    if isinstance(field, ReferenceField) and not field.validators:
        return lambda value: value if isinstance(value, field.target) else field.clean(value)
    return _Remembered(field).clean if _is_pure(field) else cleaner_of(field)


def _is_pure(field: forms.Field) -> bool:
    """Say whether a field answers the same to the same input, and to few inputs: choices and yes-or-no."""
    return isinstance(field, forms.TypedChoiceField | forms.BooleanField)


class _Remembered:
    """What a field made of a text before; a fault is not remembered, so that its message is made anew."""

    def __init__(self, field: forms.Field) -> None:
        self._clean = field.clean
        self._known: dict[tuple[type, Any], Any] = {}

    def clean(self, value: Any) -> Any:
        if not isinstance(value, str | bool | int | None):
            return self._clean(value)
        key = (type(value), value)
        try:
            return self._known[key]
        except KeyError:
            pass
        answer = self._clean(value)
        if len(self._known) < _MOST_REMEMBERED:
            self._known[key] = answer
        return answer


_SEVERAL = (dict, list, tuple, set)


def _clean_input(data: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Take scalars only: nested JSON, lone surrogates and NUL never reach a field."""
    if data is None:
        return None
    clean: dict[str, Any] = {}
    faults: dict[str, list[Words | str]] = {}
    for name in data:
        value = data[name]
        if type(value) is str and type(name) is str and is_storable(value):  # by far the most
            clean[name] = value
        elif isinstance(value, _SEVERAL):
            faults[str(name)] = [Words("格式不对：应为单个值。", "Wrong type: a single value is expected.")]
        elif isinstance(value, str) and not is_storable(value):
            faults[str(name)] = [_UNSTORABLE]
        elif isinstance(value, int) and abs(value) > _LARGEST:
            faults[str(name)] = [Words("数字太大。", "The number is too large.")]
        else:
            clean[str(name)] = value
    if faults:
        raise Invalid(faults)
    return clean


def is_storable(text: str) -> bool:
    """Say whether the database can keep the text: no NUL, no lone surrogates."""
    return (text.isascii() and "\x00" not in text) or _NOT_STORED.search(text) is None


def reason_of(text: Any, *, longest: int = 300) -> str:
    """Return the reason given for an act, fit to be kept; raises Invalid where there is none."""
    reason = text.strip() if isinstance(text, str) else ""
    if not is_storable(reason):
        raise Invalid({"reason": [_UNSTORABLE]})
    if not reason:
        raise Invalid({"reason": [Words("写明原因。", "Give the reason.")]})
    return reason[:longest]
