"""Lists of every register and loop: facets, search, sort, keyset pages, the map and the Excel file of the same filter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from anlan.faces.office.access import signed_in
from anlan.faces.office.cities import kept_by_cities
from anlan.faces.office.mapping import spot_of
from anlan.faces.office.saved_views import kept_part
from anlan.faces.office.shapes import Cell, Column, Facet, FacetOption, Line, Pager
from anlan.faces.office.shell import looked_at, narrowed, page, places_below, tree_of
from anlan.faces.office.subjects import (
    Subject,
    level_of,
    row_clock,
    row_title,
    state_badge,
    subject_named,
)
from anlan.faces.office.wording import named
from anlan.kernel.registers import Page
from anlan.kernel.registers.fields import FieldSpec
from anlan.kernel.registers.saved_views import views_of
from anlan.kernel.registers.showing import may_see_field
from anlan.kernel.registers.within import WITHIN
from anlan.kernel.scope import Actor
from anlan.kernel.scope.models import Territory
from anlan.kernel.scope.tree import Tree
from anlan.kernel.spreadsheets import table_named
from anlan.kernel.spreadsheets.exporting import FORMS

SHORT = 8
NOT_FILTERS = {"after", "before", "sort", "size", "dense", "view", "archived"}
NOT_EXPORTED = NOT_FILTERS - {"sort"}


def _is_of_the_cities(subject: Any, actor: Actor) -> bool:
    """Say whether the rows are kept by the cities of a province: it has none, and whoever asks is not to make any."""
    return bool(settings.ANLAN_PROVINCE) and not (
        subject.may_create(actor) or subject.model.seen_by(actor).exists()
    )


@signed_in
def index(request: HttpRequest, actor: Actor, slug: str) -> HttpResponseBase:
    """Show a list, or the map of the same rows (``view=map``); of a province that keeps none of them, the cities that do."""
    subject = subject_named(slug)
    if _is_of_the_cities(subject, actor):
        return kept_by_cities(request, subject.words, request.path, slug)
    params = dict(request.GET.lists())
    listing = subject.listing(actor, narrowed(request, actor), with_archived=_archived(request))
    found = listing.page(params)
    names, places = _cell_names(subject, found.rows, request.GET), Places(tree_of(request))
    lines = [line_of(subject, row, actor, names, places) for row in found.rows]
    facets = list(facets_of(subject, params, looked_at(request, actor)))
    context = {
        "subject": subject,
        "lines": lines,
        "columns": columns_of(subject, request.GET, found, names),
        "facets": facets,
        "used": used_filters(subject, request.GET, tree_of(request)),
        "pager": pager_of(request.GET, found),
        "query": request.GET.get("q", ""),
        "kept": _kept_inputs(subject, request.GET, facets),
        "may_create": subject.may_create(actor),
        "may_import": _may_import(actor, slug),
        "is_dense": request.GET.get("dense") == "1",
        "view": "map" if request.GET.get("view") == "map" else "list",
        "urls": _urls(request.GET),
        "spot": spot_of(request, actor, [subject]),
        "saved_views": views_of(actor, slug),
        "view_query": kept_part(request.GET),
    }
    is_part = request.headers.get("HX-Request") == "true"
    names = ["office/list_part.html"] if is_part else [subject.templates("list")[0], "office/list.html"]
    return page(request, names, context, here=slug)


def _may_import(actor: Actor, slug: str) -> bool:
    table = table_named(slug)
    return table is not None and table.may_enter(actor)


def line_of(subject: Subject, row: Any, actor: Actor, names: Sequence[str], places: Places) -> Line:
    """Return a row as a line of the list."""
    title = row_title(subject, row)
    sub = row.number if subject.is_loop else ""
    return Line(
        id=str(row.pk),
        url=subject.url(row),
        title=title,
        sub=sub if sub != title else "",
        level=level_of(row),
        cells=[cell_of(subject, row, name, actor, places) for name in names],
        is_demo=row.is_demo,
    )


def cell_of(subject: Subject, row: Any, name: str, actor: Actor, places: Places) -> Cell:
    """Return one cell."""
    spec = subject.spec(name)
    if subject.is_loop and name == "state":
        return Cell(spec.label, state_badge(row), "badge")
    if subject.is_loop and name == "due_at":
        return Cell(spec.label, row_clock(row), "clock") if row.is_open else Cell(spec.label, "")
    if not may_see_field(actor, row, spec):
        return Cell(spec.label, "…")
    if spec.kind == "territory":
        return Cell(spec.label, places.words(getattr(row, name)))
    if name == "severity":
        return Cell(spec.label, level_of(row), "level")
    value = spec.shown(row)
    if spec.kind == "instant" and value:
        return Cell(spec.label, timezone.localtime(value).date(), "short")
    if spec.target is not None and value:
        value = named(value)
    kind = "number" if spec.kind in {"number", "whole_number"} else "text"
    is_short = kind == "text" and len(str(value)) <= SHORT
    return Cell(spec.label, value, "short" if is_short else kind)


class Places:
    """Names places as "county · village" in lists."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._said: dict[str, str] = {}

    def words(self, territory: Any) -> str:
        """Return the county and the place itself."""
        if territory is None:
            return ""
        if territory.path not in self._said:
            county = named(self._tree.county_of(territory.path))
            own = named(territory)
            self._said[territory.path] = f"{county} · {own}" if county and county != own else own
        return self._said[territory.path]


def _cell_names(subject: Subject, rows: Sequence[Any], params: QueryDict) -> list[str]:
    """Return the columns beside the title, and those a filter in use shows; one that only repeats the titles is left out."""
    names = [name for name in subject.columns if name not in {subject.heading, "title", "number"}]
    filters = subject.model.filters()
    names = [name for one in filters if params.get(one.name) == "1" for name in one.shows] + names
    if not rows:
        return names
    return [n for n in names if any(str(getattr(row, n, "")) != row_title(subject, row) for row in rows)]


def columns_of(subject: Subject, params: QueryDict, found: Page, names: Sequence[str]) -> list[Column]:
    """Return the headings, those that sort with their address."""
    first = Column(subject.words, _sort_url(params, subject.heading, found.sort) if subject.heading in subject.sorts else "",
                   _direction(found.sort, subject.heading))  # fmt: skip
    rest = []
    for name in names:
        spec = subject.spec(name)
        url = _sort_url(params, name, found.sort) if name in subject.sorts else ""
        number = spec.kind in {"number", "whole_number"}
        rest.append(Column(spec.label, url, _direction(found.sort, name), number))
    return [first, *rest]


def _sort_url(params: QueryDict, name: str, now: str) -> str:
    return _with(params, sort=f"-{name}" if now == name else name)


def _direction(sort: str, name: str) -> str:
    if sort.lstrip("-") != name:
        return ""
    return "descending" if sort.startswith("-") else "ascending"


def facets_of(
    subject: Subject, params: Mapping[str, Sequence[str]], place: Territory | None
) -> Iterator[Facet]:
    """Return the filters: choices, places under the present one, ranges of dates and numbers, flags in one box."""
    flags: list[FacetOption] = []
    label_of_flags = _("标记")
    for name in subject.facets:
        spec = subject.spec(name)
        chosen = set(params.get(name, ()))
        if spec.kind == "flag":
            flags.append(FacetOption("1", spec.label, "1" in chosen, name=name))
        elif spec.kind in {"date", "instant", "number", "whole_number"}:
            kind = "date" if spec.kind in {"date", "instant"} else "number"
            yield Facet(name, spec.label, "range", low=_last(params, f"{name}_from"), high=_last(params, f"{name}_to"),
                        input_type=kind)  # fmt: skip
        else:
            options = list(_options(subject, spec, chosen, place))
            if options:
                yield Facet(name, spec.label, options=options)
    for found in subject.model.filters():
        if found.takes is None:
            flags.append(FacetOption("1", found.words, "1" in params.get(found.name, ()), name=found.name))
    if flags:
        yield Facet("flags", label_of_flags, options=flags)


def _options(
    subject: Subject, spec: FieldSpec, chosen: set[str], place: Territory | None
) -> Iterator[FacetOption]:
    if spec.kind == "territory" and place is not None:
        for child in places_below(place):
            yield FacetOption(child.code, named(child), child.code in chosen)
        return
    choices: Any = spec.choices
    if subject.is_loop and spec.name == "state":
        choices = [(state.name, state.words) for state in subject.loop.states.values()]
    for value, words in choices:
        yield FacetOption(str(value), words, str(value) in chosen)


def used_filters(subject: Subject, params: QueryDict, tree: Tree) -> list[tuple[str, str]]:
    """Return the filters in use as (words, address without it)."""
    found = []
    for name, values in params.lists():
        if name == WITHIN and values[-1]:
            found.append((_("地图上圈选的范围"), "?" + _without(params, "after", "before", WITHIN)))
        found += [
            (words, _minus(params, name, value))
            for value in values
            if value and (words := filter_words(subject, name, [value], tree))
        ]
    return found


def filter_words(subject: Subject, name: str, values: Sequence[str], tree: Tree) -> str:
    """Return a filter in words; an empty text for a parameter that is none."""
    named_filter = {one.name: one for one in subject.model.filters()}.get(name)
    if named_filter is not None:
        if named_filter.takes is not None:
            return f"{named_filter.words}{_('：')}{named_filter.said(values[0])}"
        return str(named_filter.words) if values[0] == "1" else _("非%(what)s") % {"what": named_filter.words}
    base = name.removesuffix("_from").removesuffix("_to")
    if base not in subject.facets and base not in subject.model.dates():
        return ""
    spec = subject.spec(base)
    said = _("、").join(_value_words(subject, spec, value, tree) for value in values)
    edge = {"_from": _("自 "), "_to": _("至 ")}.get(name[len(base) :], "")
    return f"{spec.label}{_('：')}{edge}{said}"


def _value_words(subject: Subject, spec: FieldSpec, value: str, tree: Tree) -> str:
    if spec.kind == "territory":
        place = tree.of_code(value) if value.isascii() and value.isdigit() else None
        return named(place) if place else value
    if spec.kind == "flag":
        return _("是") if value in {"1", "true"} else _("否")
    choices: Any = spec.choices
    if subject.is_loop and spec.name == "state":
        choices = [(state.name, state.words) for state in subject.loop.states.values()]
    return str({str(key): words for key, words in choices}.get(value, value))


def pager_of(params: QueryDict, found: Page) -> Pager:
    """Return the pager with its addresses."""
    return Pager(
        before=_with(params, before=found.before, after="") if found.before else "",
        after=_with(params, after=found.after, before="") if found.after else "",
        first=_with(params, after="", before=""),
        count=found.count,
        exact=found.count_is_exact,
        shown=len(found.rows),
    )


def _urls(params: QueryDict) -> dict[str, Any]:
    asked = _without(params, *NOT_EXPORTED)
    return {
        "clear": _with(QueryDict(), view=params.get("view", "")),
        "dense": _with(params, dense="1"),
        "airy": _with(params, dense=""),
        "list": _with(params, view=""),
        "map": _with(params, view="map", after="", before=""),
        "exports": [
            (words, "export?" + "&".join(filter(None, [asked, urlencode({"form": form})])))
            for form, words in FORMS.items()
        ],
    }


def _kept_inputs(subject: Subject, params: QueryDict, facets: Sequence[Facet]) -> list[tuple[str, str]]:
    """Return what the filter form must carry along: how the list is shown, and filters that have no input in it."""
    offered = {(option.name or facet.name, option.value) for facet in facets for option in facet.options}
    flags = [one.name for one in subject.model.filters() if one.takes is None]
    unseen = [
        (name, value)
        for name in (*subject.facets, *flags)
        for value in params.getlist(name)
        if value and (name, value) not in offered
    ]
    taken = [one.name for one in subject.model.filters() if one.takes is not None]
    dates = [
        name + edge
        for name in subject.model.dates()
        if name not in subject.facets
        for edge in ("_from", "_to")
    ]
    names = ("sort", "size", "dense", "view", WITHIN, *taken, *dates)
    return [*((name, params[name]) for name in names if params.get(name)), *unseen]


def _with(params: QueryDict, **changes: str) -> str:
    kept = dict(params.lists())
    if "sort" in changes:
        kept.pop("after", None)
        kept.pop("before", None)
    for name, value in changes.items():
        if value:
            kept[name] = [value]
        else:
            kept.pop(name, None)
    return "?" + urlencode(kept, doseq=True)


def _without(params: QueryDict, *names: str) -> str:
    return urlencode({name: values for name, values in params.lists() if name not in names}, doseq=True)


def _minus(params: QueryDict, name: str, value: str) -> str:
    kept = {one: values for one, values in params.lists() if one not in {"after", "before"}}
    kept[name] = [v for v in kept.get(name, []) if v != value]
    return "?" + urlencode(kept, doseq=True)


def _last(params: Mapping[str, Sequence[str]], name: str) -> str:
    values = params.get(name) or [""]
    return values[-1]


def _archived(request: HttpRequest) -> bool:
    return request.GET.get("archived") == "1"
