"""The policy as a page: every requirement of the thirty articles, what realises it, who is responsible, what is missing.

Open to anyone; figures appear for whoever signed in, within their scope. It reads the catalogue and the declarations and
decides nothing. Serves A1.2 and AC.6.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from anlan.faces.office import excel
from anlan.faces.office.shapes import Badge, Facet, FacetOption, Figure
from anlan.faces.office.shell import current_actor, looked_at, page, tree_of
from anlan.faces.public.policy_links import address_of
from anlan.kernel.words import Words
from anlan.policy.catalogue import PARTS, TYPES, Article, articles
from anlan.policy.coverage import STATES, Coverage, Standing, coverage, standings
from anlan.policy.figures import Figures, Live
from anlan.policy.realising import KINDS, Name
from anlan.policy.responsible import Bodies, Responsible, actors

TONES = {"realised": "done", "partly": "waiting", "not_yet": "", "none": "plain"}
LONGEST = 100
BAR = 100  # the width of a coverage bar, in the units of its drawing


@dataclass(frozen=True, slots=True)
class Stretch:
    """One stretch of a coverage bar: from where, how wide, in which state."""

    state: str
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Realiser:
    """One thing that realises a requirement, as it is drawn."""

    name: Name
    kind: Words
    url: str
    live: Live | None


@dataclass(frozen=True, slots=True)
class Row:
    """One requirement as it is drawn."""

    standing: Standing
    badge: Badge
    responsible: Sequence[Responsible]
    by: Sequence[Realiser]


@dataclass(frozen=True, slots=True)
class Group:
    """One article with the requirements that passed the filter."""

    article: Article
    coverage: Coverage
    rows: Sequence[Row]


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Show the requirements that pass the filter, by article, below how far the whole is realised."""
    found = standings()
    chosen = {key: one for key, one in found.items() if _passes(one, request.GET)}
    drawn = _Drawing(request, chosen.values())
    whole = coverage(found.values())
    groups = [
        Group(
            article,
            coverage(found[c.key] for c in article.clauses),
            [drawn.row(chosen[c.key]) for c in article.clauses if c.key in chosen],
        )
        for article in articles()
    ]
    context = {
        "whole": whole,
        "bar": _bar(whole),
        "figures": [_figure(state, whole) for state in STATES],
        "cells": [(group.article, group.coverage, _bar(group.coverage)) for group in groups],
        "groups": [group for group in groups if group.rows],
        "count": len(chosen),
        "facets": _facets(request.GET),
        "query": request.GET.get("q", "")[:LONGEST],
        "is_filtered": len(chosen) != len(found),
        "has_figures": drawn.figures is not None,
        "export_url": f"{reverse('public:policy-export')}?{request.GET.urlencode()}",
        "clear_url": reverse("public:policy"),
    }
    return page(request, "public/policy.html", context, here="policy")


@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """Give the requirements that pass the filter as an Excel file."""
    chosen = [one for one in standings().values() if _passes(one, request.GET)]
    drawn = _Drawing(request, chosen)
    lines = [_line(drawn.row(one)) for one in chosen]
    headings = [
        _("条款"), _("部分"), _("条"), _("要求"), _("类型"), _("责任单位"), _("现责任机构"), _("时限"), _("状态"),
        _("由什么落实"), _("还缺什么，或为什么不需要软件"),
    ]  # fmt: skip
    content = excel.workbook(_("政策落实"), headings, lines)
    answer = HttpResponse(content, content_type=excel.MEDIA_TYPE)
    answer["Content-Disposition"] = 'attachment; filename="policy.xlsx"'
    return answer


class _Drawing:
    """Draws rows for one reader: bodies of where they look, figures of what they see."""

    def __init__(self, request: HttpRequest, chosen: Iterable[Standing]) -> None:
        actor = current_actor(request)
        place = looked_at(request, actor) if actor else None
        self.actor = actor
        self.figures = Figures(actor, place) if actor else None
        if self.figures is not None:
            self.figures.read(name for one in chosen for name in one.by)
        self._bodies = Bodies(place or tree_of(request).first_of("city"))

    def row(self, standing: Standing) -> Row:
        """Return one requirement as it is drawn."""
        by = [
            Realiser(
                name,
                KINDS[name.kind],
                address_of(name, self.actor),
                self.figures.of(name) if self.figures else None,
            )
            for name in standing.by
        ]
        badge = Badge(STATES[standing.state], TONES[standing.state])
        return Row(standing, badge, self._bodies.of(standing.clause.actors), by)


def _passes(one: Standing, params: QueryDict) -> bool:
    clause = one.clause
    said: Mapping[str, set[str]] = {
        "state": {one.state},
        "part": {_part_key(clause.part)},
        "type": set(clause.types),
        "actor": set(clause.actors),
        "kind": {name.kind for name in one.by},
    }
    for name, values in said.items():
        wanted = {value for value in params.getlist(name) if value}
        if wanted and not wanted & values:
            return False
    words = params.get("q", "")[:LONGEST].strip().casefold()
    if not words:
        return True
    text = " ".join(
        (clause.key, clause.title.zh, clause.title.en, clause.words.zh, clause.words.en,
         *(f"{name.words.zh} {name.words.en}" for name in one.by), *([one.note.zh, one.note.en] if one.note else []))
    )  # fmt: skip
    return words in text.casefold()


def _part_key(part: Words) -> str:
    return str(list(PARTS.values()).index(part))


def _facets(params: QueryDict) -> list[Facet]:
    parts = [(str(number), words) for number, words in enumerate(PARTS.values())]
    named = [(key, Words(said["zh"], said["en"])) for key, said in actors().items()]
    return [
        _facet("state", _("状态"), list(STATES.items()), params),
        _facet("part", _("部分"), parts, params),
        _facet("kind", _("由什么落实"), list(KINDS.items()), params),
        _facet("type", _("类型"), list(TYPES.items()), params),
        _facet("actor", _("责任单位"), named, params),
    ]


def _facet(name: str, label: str, choices: Sequence[tuple[str, Any]], params: QueryDict) -> Facet:
    chosen = set(params.getlist(name))
    return Facet(
        name, label, options=[FacetOption(value, words, value in chosen) for value, words in choices]
    )


def _figure(state: str, whole: Coverage) -> Figure:
    number = whole.counts[state]
    note = _("共 %(n)s 项") % {"n": whole.total}
    url = f"{reverse('public:policy')}?state={state}#rows"
    return Figure(STATES[state], number, _("项"), note, url=url)


def _bar(found: Coverage) -> list[Stretch]:
    stretches, start = [], 0.0
    for state, number in found.counts.items():
        width = BAR * number / found.total
        if number:
            stretches.append(Stretch(state, round(start, 2), round(width, 2)))
        start += width
    return stretches


def _line(row: Row) -> list[Any]:
    clause, comma = row.standing.clause, _("、")
    by = [f"{one.kind}{_('：')}{one.name.words}{_live(one.live)}" for one in row.by]
    return [
        clause.key, str(clause.part), str(clause.title), str(clause.words), comma.join(str(TYPES[t]) for t in clause.types),
        comma.join(str(one.words) for one in row.responsible),
        comma.join(str(one.body) for one in row.responsible if one.body), clause.deadline, str(row.badge.words),
        "\n".join(by), str(row.standing.note or ""),
    ]  # fmt: skip


def _live(live: Live | None) -> str:
    if live is None:
        return ""
    about = "" if live.is_exact else _("约")
    return f" {live.words} {about}{live.value}{live.unit or ''}"
