"""Admitting a step: state, authority, answers, evidence, check. Raises in the user's words; writes nothing."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.db import models

from anlan.kernel import evidence as evidence_store
from anlan.kernel.evidence.models import Evidence
from anlan.kernel.loops.declaration import Ask, Need, Opening, Step
from anlan.kernel.loops.taking import Taking
from anlan.kernel.registers.errors import Changed, Invalid, KeepingError, NotAllowed
from anlan.kernel.registers.forms import DayField, FlagField, ReferenceField, RowForm, cleaned, form_for
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.models import Party
from anlan.kernel.words import Words

MANY_FILES = 30


def subject_of(model: type[models.Model]) -> str:
    """Return the name under which the ledger keeps matters of a model."""
    return f"{model._meta.app_label}.{model.__name__}"


def step_form(
    step: Step | Opening,
    model: type[models.Model],
    actor: Actor,
    data: Mapping[str, Any] | None = None,
    row: Any = None,
) -> forms.Form:
    """Return the form of a step: model fields it asks, then what it asks beyond them."""
    fields = step.field_names()
    initial = {name: getattr(row, name) for name in fields} if row is not None else {}
    form = form_for(model, fields, actor, data, initial=initial, required=_required(step, model))
    for ask in step.asks:
        if isinstance(ask, Ask):
            form.fields[ask.name] = _field_of(ask, actor)
    return form


def opening_form(opening: Opening, model: type[models.Model], actor: Actor) -> RowForm:
    """Return the form of an opening, made once for many matters."""
    return RowForm(model, opening.field_names(), actor, required=_required(opening, model))


def _required(step: Step | Opening, model: type[models.Model]) -> dict[str, bool]:
    asked = {name: True for name in step.asks if isinstance(name, str)} | dict.fromkeys(step.optional, False)
    return {name: needed and not _is_flag(model, name) for name, needed in asked.items()}


def _is_flag(model: type[models.Model], name: str) -> bool:
    return isinstance(model._meta.get_field(name), models.BooleanField)


def _field_of(ask: Ask, actor: Actor) -> forms.Field:
    options: dict[str, Any] = {"label": ask.words, "required": ask.required, "help_text": ask.help}
    if ask.kind == "date":
        return DayField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **options)
    if ask.kind == "party":
        return ReferenceField(Party, actor, **options)
    if ask.kind == "flag":
        return FlagField(**{**options, "required": False})
    widget = forms.Textarea if ask.kind == "long_text" else forms.TextInput
    return forms.CharField(widget=widget, max_length=2000, **options)


def admit_opening(
    opening: Opening, taking: Taking, data: Mapping[str, Any], *, is_consequence: bool, form: RowForm | None = None
) -> None:  # fmt: skip
    """Admit the opening of a matter: answers, place, authority, evidence, check. ``form``: that of ``opening_form``."""
    row = taking.row
    if form is not None:
        taking.values = form.cleaned(data)
    else:
        taking.values = cleaned(step_form(opening, type(row), taking.actor, data))
    for name, value in taking.values.items():
        setattr(row, name, value)
    row.prepare(taking.actor, taking.at)
    row.settle()
    if not is_consequence and not opening.by.allows(taking.actor, row, taking.domain):
        raise NotAllowed(Words("您的岗位不能在这里发起。", "Your post may not open this here."))
    if not is_consequence:
        _have_evidence(opening.needs, taking)
    _check(opening, taking)


def admit(step: Step, taking: Taking, data: Mapping[str, Any]) -> None:
    """Admit a step, or raise saying exactly what stands against it."""
    fault = obstacle(step, taking.row, taking.actor)
    if fault is not None:
        raise fault
    if taking.at < taking.row.opened_at - timedelta(seconds=1):
        raise Invalid(
            {"at": [Words("时间早于事项发起时间。", "The time lies before the matter was opened.")]}
        )
    if step.asks or step.optional:
        taking.values = _answers(step, taking, data)
    _have_evidence(step.needs, taking)
    _check(step, taking)


def _answers(step: Step, taking: Taking, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the cleaned answers; what is optional only where it was given."""
    given = {
        name: value for name, value in data.items() if name not in step.optional or value not in (None, "")
    }
    form = step_form(step, type(taking.row), taking.actor, {**_present(step, taking.row, data), **given})
    return {name: v for name, v in cleaned(form).items() if name in data or name not in step.optional}


def _present(step: Step, row: Any, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return present values for optional fields that were not given, so that they stay as they are."""
    present: dict[str, Any] = {}
    for name in step.optional:
        if data.get(name) in (None, ""):
            value = getattr(row, name)
            present[name] = value.pk if isinstance(value, models.Model) else value
    return present


def obstacle(step: Step, row: Any, actor: Actor) -> KeepingError | None:
    """Return what stands against the actor taking the step now, or None. Reads; used for offers too."""
    state = row.loop.states[row.state]
    if not step.any_time:
        if step.sources is None and state.final:
            return _ended()
        if not step.is_from(row.state):
            words = Words(
                "现在是“{state}”，不能“{step}”。", "It is in the state “{state}”; “{step}” does not fit."
            )
            return Changed(words.filled(state=state.words, step=step.words))
        if (
            row.paused_at is not None
            and not step.fulfils  # its clock runs on, so it can be done
            and step.verb not in {"suspend", "transfer", "correct"}
            and step.name != "resume"
        ):
            return NotAllowed(Words("计时已中止，先恢复。", "It is suspended; resume first."))
        if step.when is not None and not step.when(row):
            return Changed(Words("现在不需要这一步。", "This step is not called for now."))
    if not step.by.allows(actor, row, row._meta.app_label):
        who = step.by.words()
        return NotAllowed(Words("这一步由{who}办理。", "This step is for: {who}.").filled(who=who))
    return _same_person(step, row, actor) or _unfinished(step, row)


def _ended() -> KeepingError:
    return Changed(Words("事项已办结。", "The matter has ended."))


def _same_person(step: Step, row: Any, actor: Actor) -> KeepingError | None:
    for name in step.unlike:
        before = row.opened_by_person if name == "opened" else row.around.last_doer(name)
        if before is not None and before == actor.person_id:
            other = row.loop.steps[name].words if name in row.loop.steps else row.loop.words
            words = Words(
                "须由“{step}”以外的人办理。", "Must be done by somebody other than who did “{step}”."
            )
            return NotAllowed(words.filled(step=other))
    return None


def _unfinished(step: Step, row: Any) -> KeepingError | None:
    for line in step.requires:
        if f"line:{line}" in row.around.open_keys:
            words = Words("先完成：{line}。", "First do: {line}.").filled(line=row.loop.lines[line].words)
            return NotAllowed(words)
    if step.after_children and row.around.has_open_children:
        return NotAllowed(Words("还有下级事项未办结。", "Matters under this one have not ended."))
    return None


def _have_evidence(needs: Sequence[Need], taking: Taking) -> None:
    """Demand the evidence the step needs: the actor's own files, each proving one thing once."""
    known = {need.purpose for need in needs}
    given = [one for ids in taking.evidence.values() for one in ids]
    faults: dict[str, list[Words | str]] = {}
    for need in needs:
        ids: Sequence[uuid.UUID] = taking.evidence.get(need.purpose, ())
        if need.required and not ids:
            faults[need.purpose] = [Words("需要：{what}。", "Needed: {what}.").filled(what=need.words)]
        elif len(ids) > MANY_FILES:
            faults[need.purpose] = [
                Words("一次最多{n}个文件。", "At most {n} files at a time.").filled(n=MANY_FILES)
            ]
        elif ids:
            offered = taking.files[need.purpose] = evidence_store.offered(list(ids), taking.actor)
            faults.update(_unfit(need, offered, given) or _seen_before(need, offered, taking))
    for purpose in set(taking.evidence) - known:
        if taking.evidence[purpose]:
            faults[purpose] = [Words("这一步不收此类材料。", "This step takes no such evidence.")]
    if faults:
        raise Invalid(faults)


def _unfit(need: Need, files: Sequence[Evidence], given: Sequence[uuid.UUID]) -> dict[str, list[Words | str]]:
    """Refuse a file that proves something already, here or in another matter, and what is no photo."""
    if any(file.bound or given.count(file.pk) > 1 for file in files):
        words = Words(
            "该文件已用作证据，须另拍或另传。", "This file proves something already; bring a new one."
        )
        return {need.purpose: [words]}
    if need.media == "image" and not all(file.is_photo for file in files):
        return {need.purpose: [Words("应为照片。", "A photo is expected.")]}
    return {}


def _seen_before(need: Need, files: Sequence[Evidence], taking: Taking) -> dict[str, list[Words | str]]:
    """Refuse a picture that the matter holds already, however it was uploaded anew: the danger is no proof of its end."""
    if need.media == "image" and taking.row.around.holds_any(file.sha256 for file in files):
        words = Words(
            "这张照片在本事项中已经用过，须重新拍摄。",
            "This picture stands in the matter already; take a new one.",
        )
        return {need.purpose: [words]}
    return {}


def _check(step: Step | Opening, taking: Taking) -> None:
    if step.check is None:
        return
    verdict = step.check(taking)
    if verdict.faults:
        raise Invalid(verdict.faults)
    taking.rules += [dict(rule) for rule in verdict.rules]
    taking.reasons += list(verdict.reasons)
