"""The four-colour map: cells and discs bear the colour of the area rule, a past day is drawn as it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import mapbox_vector_tile
from program import Program

from anlan.domains.colours import painting
from anlan.domains.colours.models import EnterpriseColour
from anlan.domains.colours.tests.firm import Firm
from anlan.kernel import clock
from anlan.kernel.registers import Listing
from anlan.kernel.registers.mercator import Tile
from anlan.kernel.registers.tiles import MapLayer, drawn

COLOURS = "enterprise-colours"
FAR, NEAR = Tile(8, 217, 93), Tile(14, 13895, 5966)


def said(city: Any, tile: Tile, name: str, **params: str) -> list[dict[str, Any]]:
    listing = Listing(EnterpriseColour, city.city_officer, ("risk_level",), (), "-since")
    rows = listing.filtered({key: [value] for key, value in params.items()})
    body = drawn([MapLayer("enterprise-colours", rows)], tile)
    layers = mapbox_vector_tile.decode(body) if body else {}
    return [one["properties"] for one in layers.get(name, {}).get("features", ())]


def test_a_cell_bears_the_colour_of_what_lies_within_and_says_that_it_is_few(city: Any) -> None:
    firm = Firm(city, city.workshop, city.safety_officer)
    firm.graded(4)
    assert firm.colour.risk_level == 4
    (cell,) = said(city, FAR, "cells")
    assert (cell["level"], cell["few"], cell["n"], cell["n4"]) == (4, True, 2, 1)
    assert [heap["level"] for heap in said(city, FAR, "clusters")] == [4]


def test_a_past_day_is_drawn_as_it_was(city: Any) -> None:
    firm = Firm(city, city.workshop, city.safety_officer)
    firm.graded(2)
    assert firm.colour.risk_level == 2
    first = clock.today()
    city.clock.forward(timedelta(days=3))
    firm.graded(4)
    assert firm.colour.risk_level == 4
    (now,), (then,) = said(city, FAR, "cells"), said(city, FAR, "cells", on=first.isoformat())
    assert (now["level"], then["level"]) == (4, 2)


def test_a_map_is_told_where_something_changed_and_only_of_what_its_reader_sees(city: Any) -> None:
    firm = Firm(city, city.workshop, city.safety_officer)
    firm.graded(2)
    painting.follow()
    near, far = Program(city.officer), Program(city.far_officer)
    since = near.get("map/tiles.json", {"layers": COLOURS}).json()["as_of"]
    city.clock.forward(timedelta(minutes=1))
    asked = {"layers": COLOURS, "since": since}
    first = near.get("map/changed", asked).json()
    ((east, north),) = first["places"]
    assert (east, north) == (float(city.workshop.longitude), float(city.workshop.latitude))
    later = {"layers": COLOURS, "since": near.get("map/changed", asked).json()["as_of"]}
    assert near.get("map/changed", later).json()["places"] == []
    firm.graded(4)
    painting.follow()
    assert near.get("map/changed", later).json()["places"] == first["places"]
    assert far.get("map/changed", asked).json()["places"] == [], "another county hears of nothing"
    # A table that is not kept by its changes is asked for whole; so is what is too much to tell.
    assert near.get("map/changed", {**asked, "layers": "risk-objects"}).json()["places"] is None
    for odd in (
        "",
        "yesterday",
        "2026-03-01T00:00:00",
        "0001-01-01T00:00:00+00:00",
        "9999-12-31T23:59:59-23:59",
    ):
        assert near.get("map/changed", {"layers": COLOURS, "since": odd}).status_code == 422, odd
    assert Program(None).get("map/changed", asked).status_code == 401
