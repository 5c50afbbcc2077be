"""Finding: one search box for everything, and the look-up of references in forms. Both start from ``seen_by``."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.http import Http404, HttpRequest, HttpResponseBase

from anlan.faces.office.access import signed_in
from anlan.faces.office.shell import page
from anlan.faces.office.subjects import Subject, level_of, row_clock, row_title, state_badge, subject_named
from anlan.kernel.loops import loops
from anlan.kernel.registers import registers
from anlan.kernel.scope import Actor
from anlan.kernel.scope.models import Party, Person, Post, ScopedModel, Territory

EACH = 10
CHOICES = 12
LONGEST = 100


@signed_in
def search(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """Search every register and loop, and places."""
    words = request.GET.get("q", "").strip()[:LONGEST]
    groups = (
        [group for group in (_found(subject, actor, words) for subject in _subjects()) if group]
        if words
        else []
    )
    context = {"query": words, "groups": groups, "places": _places(words, actor) if words else []}
    return page(request, "office/search.html", context, here="search")


def _subjects() -> list[Subject]:
    slugs = [*(model.kept.slug for model in registers()), *(loop.slug for loop in loops())]
    return [subject_named(slug) for slug in slugs]


def _found(subject: Subject, actor: Actor, words: str) -> dict[str, Any] | None:
    rows = subject.listing(actor).filtered({"q": [words]})
    if subject.is_loop:
        numbered = subject.model.seen_by(actor).filter(number__iexact=words)
        rows = numbered if numbered.exists() else rows
    found = list(
        rows.defer("search").select_related("territory", "holder").order_by(subject.order, "pk")[: EACH + 1]
    )
    if not found:
        return None
    return {
        "subject": subject,
        "results": [_result(subject, row) for row in found[:EACH]],
        "more": len(found) > EACH,
    }


def _result(subject: Subject, row: Any) -> dict[str, Any]:
    return {
        "title": row_title(subject, row),
        "url": subject.url(row),
        "level": level_of(row),
        "state": state_badge(row) if subject.is_loop else None,
        "clock": row_clock(row) if subject.is_loop else None,
        "text": " · ".join(
            str(part) for part in (getattr(row, "number", ""), row.holder, row.territory, row.address) if part
        ),
        "is_demo": row.is_demo,
    }


def _places(words: str, actor: Actor) -> list[Territory]:
    rows = Territory.objects.filter(name__icontains=words)
    if actor.home_path:
        rows = rows.filter(path__startswith=actor.home_path)
    return list(rows.select_related("parent").order_by("path")[:EACH])


@signed_in
def lookup(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """Return the rows a reference field may name, as choices."""
    name = request.GET.get("name", "")[:60]
    words = request.GET.get(f"{name}__find", request.GET.get("q", "")).strip()[:LONGEST]
    choices = _choices(request.GET.get("lookup", ""), actor, words) if words else []
    return page(request, "components/lookup_choices.html", {"name": name, "choices": choices, "words": words})


def _choices(label: str, actor: Actor, words: str) -> list[dict[str, Any]]:
    try:
        model: Any = apps.get_model(label)
    except (LookupError, ValueError):
        raise Http404 from None
    if model is Territory:
        rows = Territory.objects.filter(name__icontains=words).select_related("parent").order_by("path")
        return [
            {"id": row.pk, "words": row.name, "note": row.parent.name if row.parent else ""}
            for row in rows[:CHOICES]
        ]
    if model is Party:
        # Enterprises are reached through their register; here stand the bodies of government.
        rows = Party.objects.filter(name__icontains=words).exclude(kind="enterprise").order_by("path", "name")
        return [{"id": row.pk, "words": row.name, "note": row.get_level_display()} for row in rows[:CHOICES]]
    if model is Post:
        return [{"id": row.pk, "words": row.title, "note": row.party.name} for row in _posts(actor, words)]
    if not issubclass(model, ScopedModel) or issubclass(model, Person) or not hasattr(model, "kept"):
        raise Http404
    rows = (
        model.seen_by(actor)
        .filter(search__finds=words, archived_at=None)
        .defer("search")
        .select_related("territory")
    )
    return [
        {"id": row.pk, "words": str(row), "note": str(row.territory)} for row in rows.order_by("pk")[:CHOICES]
    ]


def _posts(actor: Actor, words: str) -> list[Post]:
    """Return posts of the actor's own parties and of government bodies; who works where elsewhere is not told."""
    rows = Post.objects.filter(closed_on=None, title__icontains=words).select_related("party")
    near = rows.filter(party__in=actor.party_ids) | rows.filter(party__kind__in=["government", "department"])
    return list(near.order_by("party__path", "title")[:CHOICES])
