"""What explains: the help page of every loop, read off its declaration; sources and licences; the mark."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.views.decorators.cache import cache_control

from anlan.faces.office.access import signed_in
from anlan.faces.office.diagrams import diagram_of
from anlan.faces.office.shell import page
from anlan.faces.office.subjects import Subject, subject_named
from anlan.faces.office.wording import is_english
from anlan.kernel.loops import loops
from anlan.kernel.scope import Actor
from anlan.kernel.scope.posts import POST_KINDS


@signed_in
def help_index(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """List the loops, each with its help page."""
    return page(request, "office/help_index.html", {"loops": list(loops())}, here="help")


@signed_in
def help_page(request: HttpRequest, actor: Actor, slug: str) -> HttpResponseBase:
    """Explain one loop: its drawing, who is awaited and by when, who may do what."""
    subject = subject_named(slug)
    if not subject.is_loop:
        raise Http404
    context = {
        "subject": subject,
        "diagram": diagram_of(subject.loop),
        "states": [_state(state) for state in subject.loop.states.values()],
        "lines": [_state(line) for line in subject.loop.lines.values()],
        "table": permission_table(subject),
    }
    return page(request, [subject.templates("help")[0], "office/help.html"], context, here="help")


def _state(state: Any) -> dict[str, Any]:
    return {
        "words": state.words,
        "awaits": state.awaits.words() if state.awaits else "",
        "due": state.due.words() if state.due else "",
        "late": [level.words for level in state.late],
    }


def permission_table(subject: Subject) -> dict[str, Any]:
    """Return who may take which step, by kind of post, read off the declaration."""
    steps = [step for step in subject.loop.steps.values() if not step.any_time]
    kinds = set().union(*(step.by.kinds() for step in steps))
    if subject.loop.opening:
        kinds |= subject.loop.opening.by.kinds()
    columns = [kind for key, kind in POST_KINDS.items() if key in kinds]
    rows = []
    if subject.loop.opening:
        rows.append(_row(subject.loop.opening, columns))
    rows += [_row(step, columns) for step in steps]
    return {"columns": [kind.words for kind in columns], "rows": rows}


def _row(step: Any, columns: list[Any]) -> dict[str, Any]:
    able = step.by.kinds()
    return {"words": step.words, "by": step.by.words(), "cells": [kind.key in able for kind in columns]}


def about(request: HttpRequest) -> HttpResponseBase:
    """Show where the data of the city come from, under which licence, and how sure they are."""
    return page(request, "office/about.html", {"sources": city_sources()}, here="about")


def city_sources() -> list[dict[str, Any]]:
    """Return the provenance lines of the city pack, worded in the reader's language."""
    return [_source(line) for line in _pack().get("attribution", []) if isinstance(line, dict)]


@lru_cache(maxsize=1)
def _pack() -> dict[str, Any]:
    path = Path(settings.ANLAN_CITIES) / settings.ANLAN_CITY / "pack.yaml"
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError):
        return {}
    return found if isinstance(found, dict) else {}


def _source(line: dict[str, Any]) -> dict[str, Any]:
    def words(value: Any) -> Any:
        return value.get("en" if is_english() else "zh", "") if isinstance(value, dict) else value

    return {
        "words": words(line.get("what", "")),
        "file": ", ".join(line.get("files", [])),
        "source": words(line.get("source", "")),
        "licence": words(line.get("licence", "")),
        "note": words(line.get("note", "")),
        "version": line.get("version", ""),
    }


@cache_control(max_age=86_400, public=True)
def mark(request: HttpRequest) -> HttpResponse:
    """Give the mark as the page's icon."""
    svg = render_to_string("components/brand_mark.html").strip()
    svg = svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return HttpResponse(svg, content_type="image/svg+xml")
