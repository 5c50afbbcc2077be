"""Writing a Mapbox Vector Tile of version 2 from whole numbers: points and single rings, nothing else.

The message is the library's own; its general encoder first makes shapes of everything and looks at each of them several times,
which took more of a tile than the database did. What is drawn here is already in the tile's units, so it is only written down.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from anlan.kernel.registers.mercator import EXTENT

POINT, POLYGON = 1, 3
MOVE, LINE, CLOSE = 1, 2, 7
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Feature:
    """One point, or one ring without its closing corner, with what is said of it."""

    places: Sequence[Place]
    properties: Mapping[str, Any]


def encoded(layers: Mapping[str, Sequence[Feature]]) -> bytes:
    """Return the tile of some named layers; those without features are left out, a tile of nothing is no bytes."""
    if not any(layers.values()):
        return b""
    # Here: every start would wait for it, few processes draw tiles.
    from mapbox_vector_tile.Mapbox import vector_tile_pb2

    tile = vector_tile_pb2.tile()
    for name, features in layers.items():
        if features:
            layer = tile.layers.add()
            layer.name, layer.version, layer.extent = name, 2, EXTENT
            _fill(layer, features)
    return bytes(tile.SerializeToString())


def _fill(layer: Any, features: Iterable[Feature]) -> None:
    """Write features with their words: every key and every value stands once in a layer."""
    keys: dict[str, int] = {}
    values: dict[tuple[type, Any], int] = {}
    for feature in features:
        tags: list[int] = []
        for key, value in feature.properties.items():
            tags.append(keys.setdefault(key, len(keys)))
            tags.append(values.setdefault((type(value), value), len(values)))
        written = layer.features.add()
        written.type = POLYGON if len(feature.places) > 1 else POINT
        written.tags.extend(tags)
        written.geometry.extend(
            _ring(feature.places) if len(feature.places) > 1 else _moved(feature.places[0])
        )
    layer.keys.extend(keys)
    for _, value in values:
        _put(layer.values.add(), value)


def _put(written: Any, value: Any) -> None:
    if isinstance(value, bool):
        written.bool_value = value
    elif isinstance(value, int):
        written.int_value = value
    elif isinstance(value, float):
        written.double_value = value
    else:
        written.string_value = str(value)


def _moved(place: Place) -> tuple[int, int, int]:
    return (MOVE | 1 << 3, _zigzag(place[0]), _zigzag(place[1]))


def _ring(places: Sequence[Place]) -> list[int]:
    """Return the commands of an outer ring: clockwise as it is seen, each corner by its way from the one before."""
    if _area(places) < 0:
        places = places[::-1]
    steps = [(x - before_x, y - before_y) for (before_x, before_y), (x, y) in pairwise(places)]
    steps = [step for step in steps if step != (0, 0)]
    lines = [_zigzag(part) for step in steps for part in step]
    return [*_moved(places[0]), LINE | len(steps) << 3, *lines, CLOSE | 1 << 3]


def _area(places: Sequence[Place]) -> int:
    """Return twice the area of a ring, positive where it goes clockwise with the lines counted downwards."""
    return sum(x * other_y - other_x * y for (x, y), (other_x, other_y) in _around(places))


def _around(places: Sequence[Place]) -> Iterator[tuple[Place, Place]]:
    yield from pairwise(places)
    yield places[-1], places[0]


def _zigzag(number: int) -> int:
    return number << 1 if number >= 0 else (-number << 1) - 1
