"""The cities of a province and where their own platforms answer: what a province does not keep is opened there.

A province reads roll-ups and nothing else, so a figure of it opens its rows in the city that keeps them, for whoever has an
account there. Where a city answers is said in the province's pack (``address``) or by the installation that runs both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from anlan.faces.office.shell import page
from anlan.kernel.scope.models import Territory


@dataclass(frozen=True, slots=True)
class City:
    """A city of the province: its place, its schema here, the address of its own platform (both may be unknown)."""

    place: Territory
    schema: str | None
    address: str

    def at(self, path: str) -> str:
        """Return the address of a page of the city's own platform; empty where it is not known where that answers."""
        return f"{self.address}{path}" if self.address else ""


def cities_of_province() -> Iterator[City]:
    """Yield the cities that the province's pack names, in the order of the pack."""
    places = {place.segment: place for place in Territory.objects.filter(level="city").order_by("path")}
    for member in settings.ANLAN_PROVINCE:
        place = places.get(member["code"])
        if place is not None:
            pack = member["pack"]
            address = member.get("address") or settings.ANLAN_CITY_ADDRESSES.get(pack, "")
            yield City(place, settings.ANLAN_CITY_SCHEMAS.get(pack), _base(address))


def kept_by_cities(request: HttpRequest, what: Any, path: str, here: str) -> HttpResponse:
    """Say that the province keeps none of these rows, and lead to the same page of each city."""
    lines = [(city.place, city.at(path), bool(city.schema)) for city in cities_of_province()]
    return page(request, "office/of_cities.html", {"what": what, "cities": lines}, here=here)


def _base(address: str) -> str:
    """Return an address without its last stroke; nothing where it is none of the web."""
    return address.rstrip("/") if urlsplit(address).scheme in {"http", "https"} else ""
