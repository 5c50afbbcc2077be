"""Finding: one search box for everything, and the look-up of references in forms. Both start from ``seen_by``."""

from __future__ import annotations

from collections import Counter
from typing import Any
from urllib.parse import urlencode

from django.apps import apps
from django.db.models import Case, Q, When
from django.http import Http404, HttpRequest, HttpResponseBase, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from anlan.faces.office.access import signed_in
from anlan.faces.office.assets import at
from anlan.faces.office.shapes import Facet, FacetOption
from anlan.faces.office.shell import page, tree_of
from anlan.faces.office.subjects import (
    Subject,
    level_of,
    row_clock,
    row_title,
    state_badge,
    subject_named,
)
from anlan.faces.office.wording import named
from anlan.kernel import finding
from anlan.kernel.finding.named import GOVERNMENT
from anlan.kernel.finding.question import LONGEST
from anlan.kernel.finding.rows import COUNTED
from anlan.kernel.loops import Matter, loops
from anlan.kernel.people.authority import seen_parties
from anlan.kernel.registers import registers
from anlan.kernel.registers.declaration import Register
from anlan.kernel.registers.fields import spec_of
from anlan.kernel.registers.pages import own_pages
from anlan.kernel.registers.showing import may_see_field
from anlan.kernel.scope import Actor
from anlan.kernel.scope.models import Party, Post, Territory
from anlan.kernel.scope.sectors import SECTORS
from anlan.kernel.scope.tree import Tree

EACH = 10
OF_ONE_KIND = 20
CHOICES = 12
SNIPPET = 90
NAMED_FACETS = ("kind", "county", "sector", "state", "year", "open")


@signed_in
def search(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """Search everything in scope: rows by kind, narrowed by facets; then places, bodies, people, rules and help."""
    question = finding.understood(request.GET.get("q", ""))
    narrowed = _narrowed(request.GET, tree_of(request))
    found = _groups(actor, question, narrowed, request.GET) if question else []
    is_narrowed = any(request.GET.get(name) for name in NAMED_FACETS)
    context = {
        "query": question.text,
        "words": question.words,
        "left_out": question.left_out,
        "groups": [group for group in found if group["results"]],
        "facets": _facets(found, request.GET, tree_of(request)) if question else [],
        "is_narrowed": is_narrowed,
        "clear_url": _with(QueryDict(), q=question.text),
        "named": _named(question, actor) if question and not is_narrowed else [],
        "places": finding.places(question, actor, EACH) if question and not is_narrowed else [],
    }
    return page(request, "office/search.html", context, here="search")


def _narrowed(params: QueryDict, places: Tree) -> finding.Narrowed:
    code = str(params.get("county", ""))[:12]
    county = places.of_code(code) if code else None
    county = county if county is not None and county.level == "county" else None
    year = params.get("year", "")
    return finding.Narrowed(
        kind=params.get("kind", ""),
        county=county.path if county else "/none/" if params.get("county") else "",
        sector=params.get("sector", ""),
        state=params.get("state", ""),
        year=int(year) if year.isascii() and year.isdigit() and len(year) == 4 else 0 if year else None,
        is_open={"1": True, "0": False}.get(params.get("open", "")),
    )


def _groups(
    actor: Actor, question: finding.Question, narrowed: finding.Narrowed, params: QueryDict
) -> list[dict[str, Any]]:
    """Return what was found, kind by kind; of a kind that was not chosen only how much."""
    slugs = [*(model.kept.slug for model in registers()), *(loop.slug for loop in loops())]
    is_one = narrowed.kind in slugs
    subjects = {slug: subject_named(slug) for slug in slugs if not is_one or slug == narrowed.kind}
    each, after = (OF_ONE_KIND, params.get("after", "")[:2000]) if is_one else (EACH, "")
    listings = {slug: subject.listing(actor) for slug, subject in subjects.items()}
    every = finding.find_all(listings, question, narrowed, each, after=after)
    groups = []
    for slug, subject in subjects.items():
        found = every[slug]
        groups.append(
            {
                "subject": subject,
                "results": [_result(subject, row, actor, question) for row in found.rows],
                "found": found,
                "count": count_words(found.count, found.count_is_exact),
                "all_url": _with(params, kind=slug, after="") if found.rows and not is_one else "",
                "more_url": _with(params, kind=slug, after=found.more) if is_one and found.more else "",
                "has_more": bool(found.more),
            }
        )
    return groups


def count_words(count: int, is_exact: bool) -> str:
    """Return a count as it may honestly be said."""
    return str(count) if is_exact else _("超过 %(n)s") % {"n": COUNTED}


def _result(subject: Subject, row: Any, actor: Actor, question: finding.Question) -> dict[str, Any]:
    parts = (
        getattr(row, "number", ""),
        row.holder and named(row.holder),
        row.territory and named(row.territory),
        row.address,
    )
    title = row_title(subject, row)
    text = " · ".join(dict.fromkeys(str(part) for part in parts if part and str(part) != title))
    return {
        "title": finding.marked(title, question.terms),
        "url": subject.url(row),
        "level": level_of(row),
        "state": state_badge(row) if subject.is_loop else None,
        "clock": row_clock(row) if subject.is_loop else None,
        "text": finding.marked(text, question.terms),
        "snippet": _snippet(subject, row, actor, question),
        "is_demo": row.is_demo,
    }


def _snippet(subject: Subject, row: Any, actor: Actor, question: finding.Question) -> list[tuple[str, bool]]:
    """Return the field in which the hit stands, around the hit, unless the title or the line below shows it already."""
    title = row_title(subject, row)
    for name in row.searched:
        if name in {"number", "address", "holder", "enterprise"}:
            continue
        value = str(getattr(row, name) or "")
        if not value or value in title:
            continue
        spec = spec_of(subject.model, name)
        pieces = finding.marked(value, question.terms, SNIPPET)
        if may_see_field(actor, row, spec) and any(is_hit for _text, is_hit in pieces):
            return pieces
    return []


def _facets(groups: list[dict[str, Any]], params: QueryDict, places: Tree) -> list[Facet]:
    """Return the facets with honest counts: of up to a thousand rows a kind, "+" where there are more."""
    are_exact = all(group["found"].count_is_exact for group in groups)
    sums: dict[str, Counter[Any]] = {}
    for group in groups:
        for name, counter in group["found"].facets.items():
            sums.setdefault(name, Counter()).update(counter)
    counties = {row.path: row for row in places if row.level == "county"}
    by_county: Counter[str] = Counter()
    for path, count in sums.get("path", Counter()).items():
        county = next((p for p in counties if path.startswith(p)), "")
        by_county[county] += count
    kinds = [
        (group["subject"].slug, group["subject"].words, group["count"])
        for group in groups
        if group["found"].count
    ]
    said = {
        "county": [
            (row.code, named(row), by_county[path]) for path, row in counties.items() if by_county[path]
        ],
        "sector": [
            (key, SECTORS[key], n) for key, n in sums.get("sector", Counter()).most_common() if key in SECTORS
        ],
        "state": _states(groups, sums.get("state", Counter())),
        "year": [(str(y), str(y), n) for y, n in sorted(sums.get("year", Counter()).items(), reverse=True)],
        "open": [
            (value, words, n)
            for value, words, is_open in (("1", _("未办结"), True), ("0", _("已办结"), False))
            if (n := sums.get("is_open", Counter())[is_open])
        ],
    }
    labels = {
        "kind": _("类别"), "county": _("县（市、区）"), "open": _("是否办结"), "state": _("状态"), "year": _("年份"),
        "sector": _("行业领域"),
    }  # fmt: skip
    found = [_facet("kind", labels["kind"], kinds, params, are_exact=True)]
    found += [
        _facet(name, labels[name], said[name], params, are_exact=are_exact)
        for name in labels
        if name != "kind"
    ]
    return [facet for facet in found if facet.options]


def _states(groups: list[dict[str, Any]], counts: Counter[Any]) -> list[tuple[str, Any, int]]:
    """Return the states of the one kind that was chosen; across kinds they would not mean the same."""
    if len(groups) != 1 or not groups[0]["subject"].is_loop:
        return []
    states = groups[0]["subject"].loop.states
    return [(key, states[key].words, counts[key]) for key in states if counts[key]]


def _facet(
    name: str, label: str, options: list[tuple[str, Any, Any]], params: QueryDict, *, are_exact: bool
) -> Facet:
    chosen = params.get(name, "")
    made = [
        FacetOption(
            value, words, value == chosen, count=str(n) if are_exact or not isinstance(n, int) else f"{n}+"
        )
        for value, words, n in options
    ]
    return Facet(name, label, options=made)


def _named(question: finding.Question, actor: Actor) -> list[dict[str, Any]]:
    """Return what has a name and is no record, group by group."""
    mine = set(Party.objects.filter(seen_parties(actor), kind__in=GOVERNMENT).values_list("pk", flat=True))

    def line(words: Any, note: Any, url: str = "") -> dict[str, Any]:
        return {"words": finding.marked(str(words), question.terms), "note": note, "url": url}

    def of_party(pk: Any) -> str:
        return reverse("office:people-of", args=[pk]) if pk in mine else ""

    helps = [loop for loop in loops() if question.is_met_by(f"{loop.words.zh} {loop.words.en}")]
    groups = [
        (
            _("部门和单位"),
            [
                line(p.name, p.territory and named(p.territory), of_party(p.pk))
                for p in finding.bodies(question, EACH)
            ],
        ),
        (
            _("人员与岗位"),
            [
                line(f"{m.person.name} · {m.post.title}", m.post.party.name, of_party(m.post.party_id))
                for m in finding.people(question, actor, EACH)
            ],
        ),
        (
            _("规定"),
            [
                line(r.words, r.law_words if r.key != r.law else "", reverse("public:law", args=[r.law]))
                for r in finding.rules_of(question, EACH)
            ],
        ),
        (
            _("办事说明"),
            [line(loop.words, "", reverse("office:help-subject", args=[loop.slug])) for loop in helps],
        ),
    ]
    groups += [
        (own.words, [line(words, note, url) for words, note, url in own.finds(question.text)])
        for own in own_pages()
        if own.finds is not None and own.is_for(actor)
    ]
    return [{"words": words, "lines": lines} for words, lines in groups if lines]


def _with(params: QueryDict, **more: str) -> str:
    kept = dict(params.lists())
    for name, value in more.items():
        if value:
            kept[name] = [value]
        else:
            kept.pop(name, None)
    return f"{at('search')}?{urlencode(kept, doseq=True)}"


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
    if not issubclass(model, Register | Matter):
        raise Http404
    rows = model.seen_by(actor).filter(search__finds=words).defer("search").select_related("territory")
    if issubclass(model, Register):
        rows = rows.filter(archived_at=None)
    return [
        {"id": row.pk, "words": str(row), "note": str(row.territory)} for row in rows.order_by("pk")[:CHOICES]
    ]


def _posts(actor: Actor, words: str) -> list[Post]:
    """Return posts of the actor's own parties and of government bodies; who works where elsewhere is not told."""
    rows = Post.objects.filter(closed_on=None, title__icontains=words).select_related("party")
    own = Q(party__in=actor.party_ids)
    near = rows.filter(own | Q(party__kind__in=["government", "department"]))
    own_first = Case(When(own, then=0), default=1)
    return list(near.order_by(own_first, "party__path", "title")[:CHOICES])
