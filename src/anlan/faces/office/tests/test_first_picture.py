"""The picture a map begins with: whose rows it holds, that it counts as tiles and lists do, and that it needs no script."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from html import unescape
from typing import Any

import h3
import pytest
from django.test import Client
from mapbox_vector_tile import decode

from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.faces.office.tests.test_map_pages import client_of, text
from anlan.kernel.registers.hexagons import RESOLUTION
from anlan.kernel.registers.mercator import EXTENT, Tile

PHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36"
SIGN = re.compile(
    r'<a class="first-sign" href="([^"]*)" data-card="([^"]*)"><title>([^<]*)</title>'
    r".*?(?:<text[^>]*>([^<]*)</text>)?</g></a>"
)


def signs(page: str) -> list[tuple[str, str, str, str]]:
    return [tuple(map(unescape, found)) for found in SIGN.findall(page)]  # type: ignore[misc]


def moved(danger: Any, longitude: str, latitude: str) -> None:
    HiddenDanger.unscoped("a test moves its row aside").filter(pk=danger.pk).update(
        longitude=Decimal(longitude),
        latitude=Decimal(latitude),
        cell=h3.latlng_to_cell(float(latitude), float(longitude), RESOLUTION),
    )


def drawn(client: Client, path: str, **headers: str) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200
    return text(answer)


def box(page: str) -> tuple[float, ...]:
    found = re.search(r'data-first-box="([^"]*)"', page)
    assert found
    return tuple(float(side) for side in found[1].split(","))


def in_tiles(client: Client, page: str, zoom: int) -> Counter[int]:
    """Return the sizes of the heaps of all tiles around the picture, points as heaps of one."""
    west, south, east, north = box(page)
    (x1, y2), (x2, y1) = (Tile(zoom, 0, 0).place(*at) for at in ((west, south), (east, north)))
    found: Counter[int] = Counter()
    for x in range(x1 // EXTENT, x2 // EXTENT + 1):
        for y in range(y1 // EXTENT, y2 // EXTENT + 1):
            answer = client.get(f"/api/v1/map/tiles/{zoom}/{x}/{y}.mvt?layers=hidden-dangers")
            layers = decode(answer.content)
            found.update(one["properties"]["n"] for one in layers.get("clusters", {}).get("features", ()))
            found.update(1 for _ in layers.get("points", {}).get("features", ()))
    return found


@pytest.mark.parametrize("agent", [PHONE, "desk"])
@pytest.mark.parametrize("spread", [False, True])
def test_the_picture_counts_what_tiles_and_list_count(city: Any, agent: str, spread: bool) -> None:
    rows = [city.reports() for _ in range(4)]
    if spread:
        moved(rows[0], "124.9", "43.4")
        moved(rows[1], "126.6", "44.9")
    client = client_of(city.city_officer)
    page = drawn(client, "/hidden-dangers/?view=map", user_agent=agent)
    zoom = int(re.search(r'data-first-zoom="(\d+)"', page)[1])  # type: ignore[index]
    assert zoom == 14 if not spread else zoom < 8
    assert Counter(int(words) if words else 1 for *_, words in signs(page)) == in_tiles(client, page, zoom)
    for way, _card, _title, words in signs(page):
        assert drawn(client, way).count("data-row>") == int(words)
    assert "图上 4 条" in page
    shown = client.get("/api/v1/map/tiles.json?layers=hidden-dangers").json()["bounds"]
    assert all(own <= told for own, told in zip(box(page)[:2], shown[:2], strict=True))
    assert all(own >= told for own, told in zip(box(page)[2:], shown[2:], strict=True))


def test_it_holds_nothing_of_another_county(city: Any) -> None:
    city.reports()
    moved(city.reports(by=city.far_officer, at=city.far_shop), "126.6", "44.9")
    whole, own, far = (
        drawn(client_of(actor), "/hidden-dangers/?view=map")
        for actor in (city.city_officer, city.officer, city.far_officer)
    )
    assert [len(signs(page)) for page in (whole, own, far)] == [2, 1, 1]
    assert box(own) != box(far)
    assert not {way for way, *_ in signs(own)} & {way for way, *_ in signs(far)}
    # Somebody else's sign in the address brings no row either.
    (way, card, *_), mine = signs(far)[0], client_of(city.officer)
    assert mine.get(way).status_code == mine.get(f"/map/card?{card}").status_code == 404
    around = "126.5,44.8;126.7,44.8;126.7,45;126.5,45"
    assert 'class="map-first"' not in drawn(mine, f"/hidden-dangers/?view=map&within={around}")
    assert 'class="map-first"' in drawn(
        client_of(city.far_officer), f"/hidden-dangers/?view=map&within={around}"
    )


def test_it_is_dressed_by_the_stylesheet_and_answers_without_scripts(city: Any) -> None:
    city.reports()
    client = client_of(city.city_officer)
    answer = client.get("/map/?layers=hidden-dangers,enterprises")
    page = text(answer)
    svg = page[page.index('<svg class="map-first"') : page.index("</svg>", page.index('class="map-first"'))]
    assert not re.search(r"<script|<style|style=|\son\w+=|javascript:", svg)
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    places = [unescape(way) for way in re.findall(r'<a href="([^"]*)" data-place', svg)]
    assert any("territory=220102" in way for way in places)
    assert all(client.get(way).status_code == 200 for way in {places[0], *(way for way, *_ in signs(page))})
    card = client.get(f"/map/card?layers=hidden-dangers,enterprises&{signs(page)[0][1]}")
    assert 'class="map-card"' in text(card)


def test_it_follows_the_boxes_of_its_page(city: Any) -> None:
    closed = city.reports()
    HiddenDanger.unscoped("a test closes its row").filter(pk=closed.pk).update(closed_at=closed.opened_at)
    client = client_of(city.city_officer)
    assert "图上 1 条" in drawn(client, "/map/?layers=hidden-dangers")
    open_only = drawn(client, "/map/?layers=hidden-dangers&open=1")
    assert 'class="map-first"' not in open_only


def test_signs_are_told_in_both_languages(city: Any) -> None:
    for _ in range(2):
        city.reports()
    client = client_of(city.city_officer)
    assert "南关区：2条" in {title for *_, title, _n in signs(drawn(client, "/hidden-dangers/?view=map"))}
    client.cookies["django_language"] = "en"
    english = {
        title for *_, title, _n in signs(drawn(client, "/hidden-dangers/?view=map", accept_language="en"))
    }
    assert any("Nanguan" in title and "2" in title for title in english)


def test_the_four_colour_map_begins_with_the_colours_of_its_counties(city: Any) -> None:
    from anlan.domains.colours.tests.firm import Firm

    firm = Firm(city, city.workshop, city.safety_officer)
    firm.graded(4)
    assert firm.colour.risk_level == 4
    page = drawn(client_of(city.city_officer), "/four-colour-map/")
    assert '<use href="#first-a0" class="first-4"' in page
    assert 'data-first-layers="enterprise-colours"' in page
