"""The page of a matter: header and clock, what I can do now, the ledger in sentences, evidence, chain, map, diagram."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from anlan.faces.office.access import signed_in
from anlan.faces.office.answers import (
    answers,
    claimed_at,
    evidence_given,
    key_of,
    new_key,
    show_faults,
    version_of,
    with_flags,
)
from anlan.faces.office.diagrams import diagram_of
from anlan.faces.office.documents import papers_of
from anlan.faces.office.opening import needs_of
from anlan.faces.office.records import panels_of, row_of
from anlan.faces.office.records import show as show_record
from anlan.faces.office.related import chain_of, doors_of
from anlan.faces.office.responsible import regulators_of
from anlan.faces.office.shell import page
from anlan.faces.office.subjects import Subject, level_of, row_clock, row_title, state_badge, subject_named
from anlan.faces.office.wording import evidence_cards, moments_of
from anlan.kernel import clock, ledger
from anlan.kernel.evidence import evidence_of
from anlan.kernel.loops import take
from anlan.kernel.loops.admitting import step_form
from anlan.kernel.loops.engine import duties_of
from anlan.kernel.loops.offering import offers
from anlan.kernel.registers.declaration import sections_about
from anlan.kernel.registers.errors import Changed, Invalid
from anlan.kernel.scope import Actor
from anlan.kernel.scope.posts import POST_KINDS
from anlan.kernel.scope.responsibility import responsibility

FEW_KINDS = 2  # more kinds of post than these are said by their party alone


@signed_in
def detail(request: HttpRequest, actor: Actor, slug: str, pk: uuid.UUID) -> HttpResponseBase:
    """Show one row of a register or one matter."""
    subject = subject_named(slug)
    if not subject.is_loop:
        return show_record(request, actor, subject, pk)
    return show_matter(request, actor, subject, pk)


def show_matter(request: HttpRequest, actor: Actor, subject: Subject, pk: uuid.UUID, *, tried: dict[str, Any] | None = None,
                since: Any = (), status: int = 200) -> HttpResponseBase:  # fmt: skip
    """Show a matter; ``tried`` is the step that was just refused, with its form and reasons."""
    row = row_of(subject, actor, pk)
    entries = ledger.history(row.pk)
    evidence = evidence_cards(evidence_of(row.pk), _need_words(subject.loop))
    offered = [_offer(offer, tried) for offer in offers(row, actor)]
    context = {
        "subject": subject,
        "row": row,
        "title": row_title(subject, row),
        "level": level_of(row),
        "state": state_badge(row),
        "clock": row_clock(row),
        "panels": [panel for panel in panels_of(subject, row, actor) if panel.says_something],
        "sections": [(part.title, part.template, dict(part.context)) for part in sections_about(row, actor)],
        "offers": [offer for offer in offered if not offer["is_minor"]],
        "minor": [offer for offer in offered if offer["is_minor"]],
        "tried": tried,
        "since": moments_of(since, subject.model, {}),
        "waiting_for": waiting_for(row),
        "moments": moments_of(entries, subject.model, evidence),
        "evidence": [card for entry in entries for card in evidence.get(entry.id, ())],
        "chain": chain_of(row, actor),
        "doors": doors_of(subject, row, actor),
        "regulators": regulators_of(
            responsibility(row.territory, row.industry(), row.opened_at.astimezone(clock.CHINA).date())
        ),
        "diagram": diagram_of(subject.loop, row.state, [entry.to_state for entry in entries]),
        "papers": papers_of(subject.slug, row),
        "topic": f"matter:{row.pk}",
        "url": subject.url(row),
    }
    names = (
        "office/matter_part.html"
        if request.headers.get("HX-Request") == "true"
        else subject.templates("detail")
    )
    return page(request, names, context, here=subject.slug, status=status)


@signed_in
def step(request: HttpRequest, actor: Actor, slug: str, pk: uuid.UUID, name: str) -> HttpResponseBase:
    """Take a step (POST); asked for by GET it leads back to the matter."""
    subject = subject_named(slug)
    if not subject.is_loop or name not in subject.loop.steps:
        raise Http404
    row = row_of(subject, actor, pk)
    if request.method != "POST":
        return redirect(reverse("office:detail", args=[slug, pk]) + "#next")
    declared = subject.loop.steps[name]
    names = [*declared.field_names(), *(ask.name for ask in declared.extra_asks())]
    data = with_flags(answers(request, names), step_form(declared, subject.model, actor).fields)
    try:
        given = evidence_given(request, declared.needs, actor)
        take(
            name,
            row,
            actor,
            data,
            at=claimed_at(request),
            key=key_of(request),
            version=version_of(request),
            evidence=given,
        )
    except Invalid as refusal:
        form = step_form(declared, subject.model, actor, data, row)
        tried = {
            "name": name,
            "form": form,
            "loose": show_faults(form, refusal),
            "key": request.POST.get("key", ""),
        }
        return show_matter(request, actor, subject, pk, tried=tried, status=422)
    except Changed as refusal:
        form = step_form(declared, subject.model, actor, data, row)
        tried = {"name": name, "form": form, "loose": {"": [str(refusal.words)]}, "key": new_key()}
        return show_matter(request, actor, subject, pk, tried=tried, since=refusal.since, status=409)
    messages.success(request, _("“%(step)s”已完成，已记入存证账本。") % {"step": declared.words})
    return redirect("office:detail", slug, pk)


def _offer(offer: Any, tried: dict[str, Any] | None) -> dict[str, Any]:
    """Return one step as the *next* block draws it."""
    step_ = offer.step
    mine = tried if tried and tried["name"] == step_.name else None
    form = mine["form"] if mine else offer.form()
    loose = mine["loose"] if mine else {}
    form.auto_id = f"{step_.name}-%s"  # several forms stand on one page
    form.about = offer.row  # its own people come first where a post is asked
    purposes = {need.purpose for need in step_.needs}
    return {
        "step": step_,
        "is_minor": offer.is_minor,
        "form": form,
        "key": mine["key"] if mine else new_key(),
        "needs": needs_of(step_, loose),
        "loose": {name: words for name, words in loose.items() if name not in purposes},
        "is_open": mine is not None,
        "url": reverse("office:step", args=[offer.row.loop.slug, offer.row.pk, step_.name]),
        "has_point": "longitude" in form.fields and "latitude" in form.fields,
    }


def _need_words(loop: Any) -> dict[str, Any]:
    """Return the words of every purpose of evidence a loop knows."""
    sources = [*loop.steps.values(), *([loop.opening] if loop.opening else [])]
    return {need.purpose: need.words for source in sources for need in source.needs}


def waiting_for(row: Any) -> list[dict[str, Any]]:
    """Return who is awaited, for what and by when."""
    found = []
    for duty in duties_of(row):
        kinds = [str(POST_KINDS[kind].words) for kind in duty.kinds if kind in POST_KINDS]
        of_party = _("、").join(kinds) if len(kinds) <= FEW_KINDS else ""
        who = str(duty.post) if duty.post else " ".join(filter(None, [str(duty.party or ""), of_party]))
        found.append(
            {"who": who, "what": duty_words(row.loop, duty), "due_at": duty.due_at, "sort": duty.sort}
        )
    return found


def duty_words(loop: Any, duty: Any) -> Any:
    """Return what a duty awaits, in words."""
    sort, _colon, name = duty.key.partition(":")
    if sort == "line" and name in loop.lines:
        return loop.lines[name].words
    if sort == "state" and name in loop.states:
        return loop.states[name].words
    return duty.get_sort_display()
