"""The map beside the lists: everything layer by layer, the card of what is picked, and the sheet that prints on A3.

The map asks for tiles under the very query of the list, so that turning from one to the other keeps filter and scope.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import h3
from django.conf import settings
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from anlan.faces.office.access import signed_in
from anlan.faces.office.cities import kept_by_cities
from anlan.faces.office.shell import SCOPE_KEY, looked_at, narrowed, page, side_order, tree_of
from anlan.faces.office.subjects import Subject, level_of, row_clock, row_title, state_badge, subject_named
from anlan.faces.office.wording import named
from anlan.kernel.loops import loops
from anlan.kernel.registers import registers
from anlan.kernel.registers.errors import Invalid
from anlan.kernel.registers.levels import level_column
from anlan.kernel.registers.within import WITHIN, inside
from anlan.kernel.scope import Actor
from anlan.kernel.words import Words

MOST_CARDS = 8
NOT_FILTERS = {"after", "before", "sort", "size", "dense", "view", "archived", "layers", "box", "levels"}
_BOX = Words("应为 西,南,东,北 四个度数。", "West, south, east, north in degrees.")


@dataclass(frozen=True, slots=True)
class MapSpot:
    """What the map is drawn of: its layers, the query of their lists, the outline drawn on it, and where to print it.

    ``first_layers`` and ``first_query`` where boxes on the page narrow what it begins with.
    """

    layers: str
    query: str
    outline: str
    print_url: str
    lists: Sequence[tuple[str, Any, str]]
    first_layers: str | None = None
    first_query: str | None = None


@dataclass(frozen=True, slots=True)
class MapCard:
    """One row as the map shows it when it is picked."""

    title: str
    url: str
    kind: Any
    where: str
    level: int
    state: Any
    clock: Any
    is_demo: bool
    because: Sequence[Any] = ()


@signed_in
def city_map(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """Show everything on the map, layer by layer; of a province the maps of its cities."""
    if settings.ANLAN_PROVINCE:
        return kept_by_cities(request, _("地图"), request.path, "map")
    subjects = _all_subjects(actor)
    known = {subject.slug for subject in subjects}
    layers = [entry for part in side_order(actor) for entry in part.items if entry.slug in known]
    chosen = [slug for slug in _slugs(request.GET) if slug in known]
    ticked = [entry.slug for entry in layers if not chosen or entry.slug in chosen]
    spot = _begun(request, spot_of(request, actor, subjects), ticked)
    context = {"layers": layers, "chosen": chosen, "spot": spot, "back": reverse("office:today")}
    return page(request, "office/map.html", context, here="map")


def _begun(request: HttpRequest, spot: MapSpot, slugs: Sequence[str]) -> MapSpot:
    """Return the map as the boxes of its page stand at first: the layers ticked, open matters alone unless said otherwise."""
    query = QueryDict(spot.query, mutable=True)
    if not request.GET.get("layers") or request.GET.get("open"):
        query["open"] = "1"
    else:
        query.pop("open", None)
    return replace(spot, first_layers=",".join(slugs), first_query=query.urlencode())


@signed_in
def card(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """Show what was picked: one row by ``kind`` and ``id``, or the first of what lies ``within`` an area."""
    if "id" in request.GET:
        subject, pk = subject_named(request.GET.get("kind", "")), _key(request.GET["id"])
        rows = [
            (subject, row)
            for row in _read(
                subject, subject.listing(actor, with_archived=True).filtered({}).filter(pk=pk), 1
            )
        ]
        total, area = len(rows), ""
        if not rows:
            raise Http404
    else:
        rows, total = _inside(request, actor)
        area = _area_words(request, actor)
    context = {
        "cards": [_card(subject, row) for subject, row in rows],
        "more": max(0, total - len(rows)),
        "area": area,
    }
    return render(request, "office/map_card.html", context)


@signed_in
def sheet(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """Show the sheet of A3 on which the present map is printed: what, for whom, when, legend, scale and the way back."""
    subjects = [subject_named(slug) for slug in _slugs(request.GET)] or _all_subjects(actor)
    spot = spot_of(request, actor, subjects)
    single = subjects[0] if len(subjects) == 1 else None
    live = _live_address(request, single)
    context = {
        "subjects": subjects,
        "spot": spot,
        "box": _box(request.GET.get("box", "")),
        "levels": request.GET.get("levels", ""),
        "filters": _filter_words(request, single),
        "is_area": single is not None and hasattr(single.model, "area_level"),
        "title": single.words if single else _("安全生产地图"),
        "live": live,
        "back": live,
    }
    return page(request, "office/map_sheet.html", context, here="map")


def spot_of(request: HttpRequest, actor: Actor, subjects: Sequence[Subject]) -> MapSpot:
    """Return what a map of some lists is drawn of, under the filters of this request and the place looked at."""
    query = QueryDict(mutable=True)
    for name, values in request.GET.lists():
        if name not in NOT_FILTERS:
            query.setlist(name, values)
    slugs = ",".join(subject.slug for subject in subjects)
    carried = query.copy()
    if SCOPE_KEY in request.session and not query.get("territory"):
        place = looked_at(request, actor)
        if place is not None and place.path != actor.home_path:
            query["territory"] = place.code
    carried["layers"] = slugs
    lists = [
        (subject.slug, subject.words, reverse("office:list", args=[subject.slug])) for subject in subjects
    ]
    return MapSpot(
        layers=slugs,
        query=query.urlencode(),
        outline=outline_of(request.GET.get(WITHIN, "")),
        print_url=f"{reverse('office:map-sheet')}?{carried.urlencode()}",
        lists=lists,
    )


def outline_of(text: str) -> str:
    """Return the ring to draw for a ``within``: itself, or the outline of its cell; empty for what is none."""
    if not text:
        return ""
    inside(text)  # what is no area is refused as the list refuses it
    if "," in text:
        return text
    return ";".join(f"{longitude:.6f},{latitude:.6f}" for latitude, longitude in h3.cell_to_boundary(text))


def _inside(request: HttpRequest, actor: Actor) -> tuple[list[tuple[Subject, Any]], int]:
    """Return the first rows within an area and how many there are, under the filters of the map."""
    inside(request.GET.get(WITHIN, ""))
    params = {name: values for name, values in request.GET.lists() if name not in NOT_FILTERS}
    found: list[tuple[Subject, Any]] = []
    total = 0
    for slug in _slugs(request.GET):
        subject = subject_named(slug)
        rows = subject.listing(actor, narrowed(request, actor)).filtered(params)
        total += rows.order_by().count()
        found += [(subject, row) for row in _read(subject, rows, MOST_CARDS - len(found))]
    return found, total


def _area_words(request: HttpRequest, actor: Actor) -> Any:
    """Return why the area bears its level, where the one list asked for has a rule for areas."""
    slugs = _slugs(request.GET)
    subject = subject_named(slugs[0]) if len(slugs) == 1 else None
    if subject is None or not hasattr(subject.model, "area_words"):
        return ""
    params = {name: values for name, values in request.GET.lists() if name not in NOT_FILTERS}
    rows = subject.listing(actor, narrowed(request, actor)).filtered(params).order_by()
    counts = dict(rows.values_list(level_column(subject.model)).annotate(n=Count("pk")))
    return subject.model.area_words(counts)


def _read(subject: Subject, rows: Any, most: int) -> list[Any]:
    if most <= 0:
        return []
    related = ["territory", "holder", *getattr(subject.model, "titled_by", ())]
    rows = rows.order_by(subject.order, "pk")
    # Which come first is told by the index of maps; of thousands under a finger only these few are read whole.
    first = list(rows.values_list("pk", flat=True)[:most])
    return list(rows.filter(pk__in=first).defer("search").select_related(*related)) if first else []


def _card(subject: Subject, row: Any) -> MapCard:
    return MapCard(
        title=row_title(subject, row),
        url=subject.url(row),
        kind=subject.words,
        where=" · ".join(
            named(part) for part in (row.holder, row.territory) if part and str(part) != str(row)
        ),
        level=level_of(row),
        state=state_badge(row) if subject.is_loop else None,
        clock=row_clock(row) if subject.is_loop and row.is_open else None,
        is_demo=row.is_demo,
        because=row.because() if hasattr(row, "because") else (),
    )


def _all_subjects(actor: Actor) -> list[Subject]:
    """Return every list this post uses whose rows stand somewhere; a domain's own pages are no layer of the map."""
    placed = {model.kept.slug for model in registers() if "longitude" in model.kept.asks}
    declared = placed | {loop.slug for loop in loops()}
    entries = [entry for part in side_order(actor) for entry in part.items]
    return [subject_named(entry.slug) for entry in entries if entry.slug in declared]


def _slugs(params: QueryDict) -> list[str]:
    return list(dict.fromkeys(slug for slug in params.get("layers", "").split(",") if slug))


def _key(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Http404 from None


def _box(text: str) -> str:
    """Return a box of four degrees as it was given; empty for none."""
    if not text:
        return ""
    try:
        west, south, east, north = (float(side) for side in text.split(","))
    except ValueError:
        raise Invalid({"box": [_BOX]}) from None
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise Invalid({"box": [_BOX]})
    return f"{west:.5f},{south:.5f},{east:.5f},{north:.5f}"


def _live_address(request: HttpRequest, single: Subject | None) -> str:
    """Return the address of the live map that a sheet shows."""
    query = QueryDict(mutable=True)
    for name, values in request.GET.lists():
        if name not in NOT_FILTERS:
            query.setlist(name, values)
    if single is not None:
        query["view"] = "map"
        return f"{reverse('office:list', args=[single.slug])}?{query.urlencode()}"
    return f"{reverse('office:map')}?{query.urlencode()}" if query else reverse("office:map")


def _filter_words(request: HttpRequest, single: Subject | None) -> list[str]:
    from anlan.faces.office.listing import used_filters

    words = (
        [one for one, _url in used_filters(single, request.GET, tree_of(request))]
        if single is not None
        else []
    )
    return [*words, *([request.GET["q"]] if request.GET.get("q") else [])]
