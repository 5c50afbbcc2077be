"""Pages of registers: one row in one scroll, create, edit, archive and restore."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from anlan.faces.office.access import signed_in
from anlan.faces.office.answers import answers, key_of, new_key, show_faults, version_of, with_flags
from anlan.faces.office.related import open_matters_about, reference_to
from anlan.faces.office.responsible import regulators_of
from anlan.faces.office.shapes import Fact, Panel
from anlan.faces.office.shell import page
from anlan.faces.office.subjects import Subject, row_title, subject_named, subject_of_model
from anlan.faces.office.wording import moments_of
from anlan.kernel import clock, ledger, registers
from anlan.kernel.loops import loops
from anlan.kernel.loops.offering import may_open
from anlan.kernel.registers.declaration import sections_about
from anlan.kernel.registers.errors import Changed, Invalid, NotAllowed, NotSeen
from anlan.kernel.registers.forms import form_for
from anlan.kernel.registers.pages import pages_about
from anlan.kernel.registers.showing import may_see_field
from anlan.kernel.scope import Actor
from anlan.kernel.scope.responsibility import responsibility

CERTAIN = 100  # the score of a likeness that leaves no doubt, such as the same credit code


def show(request: HttpRequest, actor: Actor, subject: Subject, pk: uuid.UUID) -> HttpResponseBase:
    """Show one row: identity, who regulates it and why, what is open, its facts, its history."""
    row = row_of(subject, actor, pk)
    may_write = row.kept.writers.allows(actor, row, row._meta.app_label)
    context = {
        "subject": subject,
        "row": row,
        "title": row_title(subject, row),
        "panels": panels_of(subject, row, actor),
        "regulators": regulators_of(
            responsibility(row.territory, getattr(row, "industry", ""), clock.today())
        ),
        "matters": open_matters_about(row, actor),
        "sections": [(part.title, part.template, dict(part.context)) for part in sections_about(row, actor)],
        "openings": _openings(subject, actor),
        "moments": moments_of(ledger.history(row.pk), subject.model, {})
        if row.tells_history_to(actor)
        else [],
        "may_write": may_write,
        "new_key": new_key(),
        "pages": [
            (one.words, one.icon, reverse(f"office:{one.slug}-{one.verb}", args=[row.pk]))
            for one in pages_about(subject.slug, row, actor)
        ],
    }
    return page(request, subject.templates("detail"), context, here=subject.slug)


def _openings(subject: Subject, actor: Actor) -> list[tuple[Any, str]]:
    """Return the loops this person may open about a row, with the field that names the row."""
    found = [(loop, reference_to(loop.model, subject.model)) for loop in loops() if may_open(loop, actor)]
    return [(loop, name) for loop, name in found if name and name in loop.opening.field_names()]


def row_of(subject: Subject, actor: Actor, pk: uuid.UUID) -> Any:
    """Return a row the actor may see; raises NotSeen."""
    row = (
        subject.model.seen_by(actor)
        .defer("search")
        .select_related("territory", "holder")
        .filter(pk=pk)
        .first()
    )
    if row is None:
        raise NotSeen
    return row


def panels_of(subject: Subject, row: Any, actor: Actor) -> list[Panel]:
    """Return the declared panels with their values; what is too personal for this reader is masked."""
    panels = []
    for words, names in subject.panels:
        facts = []
        for name in names:
            spec = subject.spec(name)
            value = spec.shown(row) if may_see_field(actor, row, spec) else _("已隐藏（个人信息）")
            link = _link_of(row, name, actor) if spec.kind == "reference" else ""
            wide = spec.kind == "long_text"
            is_given = bool(getattr(row, name))
            facts.append(Fact(spec.label, value, wide, spec.unit or "", link, is_given=is_given))
        panels.append(Panel(words, facts))
    return panels


def _link_of(row: Any, name: str, actor: Actor) -> str:
    """Return the page a reference leads to, if the reader may see it."""
    target = row._meta.get_field(name).related_model
    pk = getattr(row, f"{name}_id")
    if pk is None or not hasattr(target, "seen_by"):
        return ""
    try:
        subject = subject_of_model(target)
    except (AttributeError, Http404):
        return ""
    return subject.url(getattr(row, name)) if target.seen_by(actor).filter(pk=pk).exists() else ""


@signed_in
def create(request: HttpRequest, actor: Actor, slug: str) -> HttpResponseBase:
    """Create a row of a register, or open a matter of a loop."""
    subject = subject_named(slug)
    if subject.is_loop:
        from anlan.faces.office.opening import open_page

        return open_page(request, actor, subject)
    if not subject.may_create(actor):
        raise NotAllowed(registers_refusal())
    names = list(subject.model.kept.asks)
    if request.method == "POST":
        return _create(request, actor, subject, names)
    initial = {name: request.GET[name] for name in names if name in request.GET}
    form = form_for(subject.model, names, actor, initial=initial)
    return _form_page(request, subject, form, key=new_key())


def registers_refusal() -> Any:
    """Return the words for a post that does not keep this register."""
    from anlan.kernel.words import Words

    return Words("您的岗位不能登记此类记录。", "Your post may not register such records.")


def _create(request: HttpRequest, actor: Actor, subject: Subject, names: list[str]) -> HttpResponseBase:
    blank = form_for(subject.model, names, actor)
    data = with_flags(answers(request, names), blank.fields)
    alike = _alike(request, actor, subject, data)
    if alike:
        form = form_for(subject.model, names, actor, data)
        key = request.POST.get("key", "")
        return _form_page(request, subject, form, key=key, alike=alike, status=422)
    try:
        row = registers.create(subject.model, actor, data, key=key_of(request))
    except Invalid as refusal:
        form = form_for(subject.model, names, actor, data)
        loose = show_faults(form, refusal)
        return _form_page(request, subject, form, key=request.POST.get("key", ""), loose=loose, status=422)
    messages.success(request, _("已登记。"))
    return redirect(subject.url(row))


def _alike(
    request: HttpRequest, actor: Actor, subject: Subject, data: dict[str, Any]
) -> list[dict[str, Any]]:
    """Return the rows that may be the same thing, unless the person has seen them and goes on, or sends this twice."""
    if request.POST.get("anyway") == "true" or ledger.find_by_key(key_of(request)) is not None:
        return []
    return [
        {
            "title": row_title(subject, one.row) if one.row else _("已登记在您的管辖范围之外"),
            "url": subject.url(one.row) if one.row else "",
            "where": one.row.territory if one.row else "",
            "is_archived": bool(one.row and one.row.is_archived),
            "reasons": one.reasons,
            "is_certain": one.score >= CERTAIN,
        }
        for one in subject.model.likenesses(actor, data)
    ]


@signed_in
def edit(request: HttpRequest, actor: Actor, slug: str, pk: uuid.UUID) -> HttpResponseBase:
    """Edit a row."""
    subject = _register(slug)
    row = row_of(subject, actor, pk)
    if not row.kept.writers.allows(actor, row, row._meta.app_label):
        raise NotAllowed(registers_refusal())
    names = [name for name in row.kept.asks if may_see_field(actor, row, subject.spec(name))]
    if request.method == "POST":
        return _edit(request, actor, subject, row, names)
    # What a page offers to fill in (limits that were tried) stands in the form and is saved only by who sends it.
    initial = {name: request.GET.get(name, getattr(row, name)) for name in names}
    form = form_for(subject.model, names, actor, initial=initial)
    return _form_page(request, subject, form, key=new_key(), row=row, version=row.version)


def _edit(
    request: HttpRequest, actor: Actor, subject: Subject, row: Any, names: list[str]
) -> HttpResponseBase:
    blank = form_for(subject.model, names, actor)
    data = with_flags(answers(request, names), blank.fields)
    key, version = request.POST.get("key", ""), version_of(request)
    try:
        registers.edit(subject.model, row.pk, actor, data, version=version, reason=request.POST.get("reason", "")[:300],
                       key=key_of(request))  # fmt: skip
    except Invalid as refusal:
        form = form_for(subject.model, names, actor, data)
        loose = show_faults(form, refusal)
        return _form_page(request, subject, form, key=key, row=row, version=version, loose=loose, status=422)
    except Changed as refusal:
        form = form_for(subject.model, names, actor, data)
        since = moments_of(refusal.since, subject.model, {})
        return _form_page(request, subject, form, key=new_key(), row=row, version=row.version, since=since,
                          loose={"": [str(refusal.words)]}, status=409)  # fmt: skip
    messages.success(request, _("已保存。"))
    return redirect(subject.url(row))


@signed_in
def archive(request: HttpRequest, actor: Actor, slug: str, pk: uuid.UUID) -> HttpResponseBase:
    """Archive a row, or bring it back; the reason is asked."""
    subject = _register(slug)
    row = row_of(subject, actor, pk)
    if not row.kept.writers.allows(actor, row, row._meta.app_label):
        raise NotAllowed(registers_refusal())
    faults: list[str] = []
    if request.method == "POST":
        act = registers.restore if row.is_archived else registers.archive
        try:
            act(
                subject.model,
                pk,
                actor,
                request.POST.get("reason", ""),
                version=version_of(request),
                key=key_of(request),
            )
        except Invalid as refusal:
            faults = [str(reason) for found in refusal.errors.values() for reason in found]
        else:
            messages.success(request, _("已恢复。") if row.is_archived else _("已归档，可随时恢复。"))
            return redirect(subject.url(row))
    context = {
        "subject": subject,
        "row": row,
        "title": row_title(subject, row),
        "faults": faults,
        "new_key": new_key(),
    }
    return page(request, "office/archive.html", context, here=slug, status=422 if faults else 200)


def _register(slug: str) -> Subject:
    subject = subject_named(slug)
    if subject.is_loop:
        raise Http404
    return subject


def _form_page(
    request: HttpRequest, subject: Subject, form: Any, *, key: str, row: Any = None, version: int | None = None,
    loose: dict[str, list[str]] | None = None, since: Any = (), alike: Any = (), status: int = 200,
) -> HttpResponseBase:  # fmt: skip
    context = {
        "alike": alike, "may_go_on": not any(one["is_certain"] for one in alike),
        "subject": subject, "form": form, "row": row, "key": key, "version": version, "loose": loose or {}, "since": since,
        "title": row_title(subject, row) if row is not None else "",
        "has_point": "longitude" in form.fields and "latitude" in form.fields,
    }  # fmt: skip
    names = [f"{subject.slug}/form.html", "office/register_form.html"]
    return page(request, names, context, here=subject.slug, status=status)
