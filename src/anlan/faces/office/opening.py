"""Opening a matter: the form of a loop's opening, photographs first."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from anlan.faces.office.access import signed_in
from anlan.faces.office.answers import (
    answers,
    claimed_at,
    evidence_field,
    evidence_given,
    key_of,
    new_key,
    show_faults,
    with_flags,
)
from anlan.faces.office.shell import page
from anlan.faces.office.subjects import Subject, subject_named
from anlan.kernel import clock
from anlan.kernel.loops import loops, open_matter
from anlan.kernel.loops.admitting import step_form
from anlan.kernel.loops.offering import may_open
from anlan.kernel.registers.errors import Invalid, NotAllowed, NotSeen
from anlan.kernel.registers.forms import ReferenceField
from anlan.kernel.scope import Actor
from anlan.kernel.words import Words


def open_page(request: HttpRequest, actor: Actor, subject: Subject) -> HttpResponseBase:
    """Show the opening form, or open the matter."""
    loop = subject.loop
    if loop.opening is None:
        raise NotSeen
    if not may_open(loop, actor):
        raise NotAllowed(Words("您的岗位不能发起此类事项。", "Your post may not open such a matter."))
    if request.method == "POST":
        return _open(request, actor, subject)
    form = step_form(loop.opening, loop.model, actor)
    form.initial.update(_likely(form, actor))
    given = {name: request.GET[name] for name in loop.opening.field_names() if name in request.GET}
    form.initial.update(loop.model.carried(_rows_of(form, given)))
    form.initial.update(given)
    return _page(request, subject, form, key=new_key())


def _rows_of(form: forms.Form, given: dict[str, str]) -> dict[str, Any]:
    """Return the rows that an address names, as far as the reader may see them: what a matter is opened about."""
    found: dict[str, Any] = {}
    for name, value in given.items():
        field = form.fields[name]
        if isinstance(field, ReferenceField):
            with suppress(forms.ValidationError):
                found[name] = field.clean(value)
    return found


def _likely(form: forms.Form, actor: Actor) -> dict[str, Any]:
    """Return what is most likely meant: today for a needed date, one's own enterprise where only one is held."""
    found: dict[str, Any] = {}
    for name, field in form.fields.items():
        target = getattr(field, "target", None)
        if isinstance(field, forms.DateField) and field.required:
            found[name] = clock.today()
        elif target is not None and hasattr(target, "kept") and actor.party_ids:
            mine = list(
                target.seen_by(actor).filter(holder__in=actor.party_ids, archived_at=None).defer("search")[:2]
            )
            if len(mine) == 1:
                found[name] = mine[0]
    return found


def _open(request: HttpRequest, actor: Actor, subject: Subject) -> HttpResponseBase:
    loop, opening = subject.loop, subject.loop.opening
    blank = step_form(opening, loop.model, actor)
    data = with_flags(answers(request, opening.field_names()), blank.fields)
    try:
        given = evidence_given(request, opening.needs, actor)
        entry = open_matter(loop, actor, data, at=claimed_at(request), key=key_of(request), evidence=given)
    except Invalid as refusal:
        form = step_form(opening, loop.model, actor, data)
        loose = show_faults(form, refusal)
        return _page(request, subject, form, key=request.POST.get("key", ""), loose=loose, status=422)
    messages.success(request, _("已提交，已记入存证账本。"))
    return redirect("office:detail", subject.slug, entry.chain)


def _page(request: HttpRequest, subject: Subject, form: Any, *, key: str, loose: dict[str, list[str]] | None = None,
          status: int = 200) -> HttpResponseBase:  # fmt: skip
    loose = loose or {}
    opening = subject.loop.opening
    context = {
        "subject": subject,
        "opening": opening,
        "form": form,
        "key": key,
        "needs": needs_of(opening, loose),
        "loose": {
            name: words for name, words in loose.items() if name not in {n.purpose for n in opening.needs}
        },
        "has_point": "longitude" in form.fields and "latitude" in form.fields,
        "has_faults": status == 422,
    }
    return page(request, subject.templates("open"), context, here="report", status=status)


def needs_of(step: Any, loose: dict[str, list[str]]) -> list[dict[str, Any]]:
    """Return the evidence a step needs, as the photograph fields of its form."""
    return [
        {
            "name": evidence_field(need.purpose),
            "label": need.words,
            "required": need.required,
            "media": need.media,
            "faults": loose.get(need.purpose, []),
        }
        for need in step.needs
    ]


@signed_in
def report(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """The phone's second tab: what this person may report on the spot; with one choice, straight to its form."""
    # What is reported on the spot comes with a photo; a grading is proposed at a desk.
    offers = [
        loop
        for loop in loops()
        if loop.part == "prevention" and loop.opening and loop.opening.needs and may_open(loop, actor)
    ]
    if len(offers) == 1:
        return redirect("office:new", offers[0].slug)
    return page(
        request,
        "office/report.html",
        {"offers": [subject_named(loop.slug) for loop in offers]},
        here="report",
    )
