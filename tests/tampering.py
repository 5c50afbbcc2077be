"""What a reader might put into an address to break it or to see beyond the own side: which parameters each reads, and values.

Which parameters an address reads is heard while it is asked plainly, and read off the description of the API for what is
read in sets; so a new parameter is attacked without being listed here.
"""

from __future__ import annotations

import base64
import json
import re
import sys
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote

from addresses import Address, Places, subjects
from django.http import QueryDict
from django.test import Client
from django.utils.datastructures import MultiValueDict

# Read by lists of every kind, whatever they list.
OF_LISTS = (
    "q",
    "sort",
    "size",
    "after",
    "before",
    "kind",
    "state",
    "unread",
    "made_at_from",
    "made_at_to",
    "form",
)
# Read by maps beside the filters of what they draw.
OF_MAPS = (
    "layers",
    "within",
    "box",
    "bbox",
    "zoom",
    "since",
    "levels",
    "open",
    "id",
    "kind",
    "q",
    "territory",
    "party",
)
NOWHERE = "no_such_filter"
FOREIGN = "220182"


@dataclass(frozen=True)
class Attack:
    """One address with one parameter tampered with."""

    address: Address
    name: str
    value: str

    @property
    def path(self) -> str:
        """Return the whole address."""
        joint = "&" if "?" in self.address.path else "?"
        return f"{self.address.path}{joint}{self.name}={quote(self.value, safe='')}{self._again}"

    @property
    def _again(self) -> str:
        """Return the same parameter once more, in half of all cases: what is checked is the last, or all."""
        good = ("1", "00000000-0000-0000-0000-000000000000", "", "")[self.lot % 4]
        return f"&{self.name}={good}" if good else ""

    @property
    def lot(self) -> int:
        """Return a number that is the same in every run and says nothing of what the attack is."""
        return zlib.crc32(f"{self.address.name} {self.address.side} {self.name} {self.value}".encode())


def values(places: Places) -> list[str]:
    """Return what is put into a parameter."""
    far = str(places.rows["hidden-dangers", "far"].pk)
    return [
        "", "0", "-1", "1", "20", "9" * 40, "000020" + "9" * 30, "0012" + "9" * 30,
        "-" + "9" * 30, "1e999", "1.5", "NaN", "-Infinity", "0x10", "٣", "²", "x", "-", "--pk",
        "\x00", "a\x00b", "\ufffe", "%", "%00", "'\";--", "<script>", "{}", "[]", "null", "../../etc", "长" * 3000, "1," * 500,
        "2026-02-30", "0001-01-01", "9999-12-31", "2026-03-02T25:00", "2026-W01", "true", "pk", "holder__path", "-search",
        FOREIGN, "000000", "22", far, str(places.rows["party", "far"].pk), "00000000-0000-0000-0000-000000000000",
        "73,18;135,18;135,54;73,54", "181,91;0,0;1,1", "1,1;1,1", "NaN,NaN;1,2;3,4", "73,18,135,54", "9e99,0,1,1", *cursors(far),
    ]  # fmt: skip


def cursors(pk: str) -> list[str]:
    """Return cursors that no list gave."""
    held: list[Any] = [
        ["x", pk], [None, None], [None, pk], ["9999-99-99", pk], ["\x00", pk], [["a"], pk], {"a": 1}, 7, [1, 2, 3], ["NaN", "x"],
        ["0001-01-01T00:00:00+14:00", pk], ["1e400", pk],
    ]  # fmt: skip
    packed = [base64.urlsafe_b64encode(json.dumps(one).encode()).decode() for one in held]
    return [*packed, base64.urlsafe_b64encode(b"\xff\xfe").decode(), "====", "W10", "[" * 3000]


@contextmanager
def hearing() -> Iterator[set[str]]:
    """Hear the names of the parameters that are asked for meanwhile; ``*`` where a set of them is read."""
    heard: set[str] = set()
    kept = {name: MultiValueDict.__dict__.get(name) for name in ("get", "getlist", "__getitem__", "lists")}

    def told(name: str) -> Any:
        own = kept[name]
        assert own is not None

        def method(self: Any, *given: Any, **named: Any) -> Any:
            whose = sys._getframe(1).f_globals["__name__"]
            # What looks at every request for what cannot be stored reads no parameter.
            if isinstance(self, QueryDict) and whose != "anlan.site.middleware":
                heard.add(str(given[0]) if given else "*")
            return own(self, *given, **named)

        return method

    try:
        for name in kept:
            setattr(MultiValueDict, name, told(name))
        yield heard
    finally:
        for name, own in kept.items():
            setattr(MultiValueDict, name, own)


@cache
def described() -> dict[str, tuple[str, ...]]:
    """Return the parameters of every reading address of the API, as it describes itself."""
    told = Client().get("/api/v1/openapi.json").json()["paths"]
    return {
        path: tuple(one["name"] for one in acts["get"].get("parameters", ()) if one["in"] == "query")
        for path, acts in told.items()
        if "get" in acts
    }


def parameters(address: Address, heard: Iterable[str]) -> list[str]:
    """Return the names of what an address reads."""
    names = {name for name in heard if name != "*" and re.fullmatch(r"[\w.-]{1,60}", name)}
    names |= set(described().get(_shape(address.path), ()))
    if "*" in heard:
        slug = next((one for one in subjects() if f"/{one}/" in f"{address.path}/"), "")
        names |= set(described().get(f"/api/v1/{slug}", ()) if slug else OF_LISTS)
    if "/map" in address.path:
        names |= {*OF_MAPS, *described()["/api/v1/enterprises"]}
    return sorted(names)


def on_maps() -> Iterator[Address]:
    """Yield what maps ask for of a few subjects, and a choice looked up."""
    for slug in ("enterprises", "hidden-dangers", "installations", "alarms", "risk-objects"):
        yield Address("map_tiles_of", f"/api/v1/map/tiles.json?layers={slug}")
        yield Address("map_tile_of", f"/api/v1/map/tiles/14/13895/5965.mvt?layers={slug}")
        yield Address("map_points_of", f"/api/v1/map/points?layers={slug}&bbox=124,43,127,45&zoom=9")
        yield Address("map_changed_of", f"/api/v1/map/changed?layers={slug}&since=2026-01-01T00:00:00Z")
        yield Address("map-card_of", f"/map/card?layers={slug}")
        yield Address("map-sheet_of", f"/map/sheet?layers={slug}&q=x")
        yield Address("lookup_of", f"/lookup?kind={slug}&lookup={slug}&q=x")


def _shape(path: str) -> str:
    """Return an address of the API as it is described: an id is the word for one."""
    return re.sub(r"/[0-9a-f]{8}-[0-9a-f-]{27}", "/{id}", path.partition("?")[0])
