"""Cells of the H3 grid as whole numbers, so that a cell and all cells within it are one range of an index.

The database computes ``hexagon`` from ``cell`` itself: whoever writes rows, by form or by COPY, cannot leave it behind.
A parent is the number with its low digits cut off; ``ranges_of`` says which numbers lie inside some cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import h3
from django.db import models
from django.db.models import Q

RESOLUTION = 8  # cells of about 0.7 km²: one small village or a few city blocks
DIGITS = 15  # an H3 number ends in fifteen digits of three bits, one per resolution
_FINER = (
    1 << 3 * (DIGITS - RESOLUTION)
) - 1  # the digits beyond the kept resolution: all ones in every number kept
_RESOLUTION_AT = 52  # the bit at which the number tells its own resolution


UNPLACED = "unplaced"
_SCOPE = ("path", "sector", "sensitivity", "holder", "longitude", "latitude", "id")


class HexagonOf(models.Func):
    """The number of a cell given as hexadecimal text; null for none."""

    template = "('x' || lpad(nullif(%(expressions)s, ''), 16, '0'))::bit(64)::bigint"
    arity = 1


def map_index(*columns: str) -> models.Index:
    """Return the index that maps read alone: by cell, with everything scope asks of a row, and ``columns`` beside."""
    return models.Index(
        fields=["hexagon"],
        include=[*_SCOPE, *columns],
        name="%(class)s_map",
        condition=Q(hexagon__isnull=False),
    )


def present_map_index(*columns: str) -> models.Index:
    """Return the same for what is not archived: of a kind that is closed and begun anew, the past grows year by year."""
    return models.Index(
        fields=["hexagon"],
        include=[*_SCOPE, *columns],
        name="%(class)s_nowmap",
        condition=Q(hexagon__isnull=False, archived_at=None),
    )


def open_map_index(*columns: str) -> models.Index:
    """Return the same for open matters alone: of all there ever were they are few, and most maps show nothing else."""
    return models.Index(
        fields=["hexagon"],
        include=[*_SCOPE, *columns],
        name="%(class)s_openmap",
        condition=Q(hexagon__isnull=False, closed_at=None),
    )


def part_map_index(column: str, value: str, *columns: str) -> models.Index:
    """Return the same for rows of one value alone: for a value that is seldom borne and often asked for."""
    return models.Index(
        fields=["hexagon"],
        include=[*_SCOPE, *columns],
        name=f"%(class)s_{value}map",
        condition=Q(("hexagon__isnull", False), (column, value)),
    )


def unplaced_index() -> models.Index:
    """Return the index of what has no place, which no index of maps holds: of most kinds few rows, and every map counts them."""
    return models.Index(fields=["path"], name=f"%(class)s_{UNPLACED}", condition=Q(hexagon=None))


def tells_unplaced(model: type[models.Model]) -> bool:
    """Say whether a kind has such an index, so that its rows with a place are counted apart from those without."""
    return any(index.name.endswith(f"_{UNPLACED}") for index in model._meta.indexes)


def shift_to(resolution: int) -> int:
    """Return by how many bits a number is shifted so that all cells of one parent become equal."""
    return 3 * (DIGITS - resolution)


def parent_of(shifted: int, resolution: int) -> str:
    """Return the parent cell of numbers that were shifted by ``shift_to(resolution)``."""
    shift = shift_to(resolution)
    number = (shifted << shift) | ((1 << shift) - 1)
    number &= ~(0xF << _RESOLUTION_AT)
    return str(h3.int_to_str(number | (resolution << _RESOLUTION_AT)))


def ranges_of(cells: Iterable[str]) -> list[tuple[int, int]]:
    """Return the ranges of cell numbers inside some cells of any resolution up to the kept one, neighbours joined."""
    found: list[tuple[int, int]] = []
    for low, high in sorted(_range(cell) for cell in cells):
        if found and low <= found[-1][1] + 1 + _FINER:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return found


def _range(cell: str) -> tuple[int, int]:
    resolution = h3.get_resolution(cell)
    number = h3.str_to_int(cell) & ~(0xF << _RESOLUTION_AT) | (RESOLUTION << _RESOLUTION_AT)
    inner = ((1 << shift_to(resolution)) - 1) & ~_FINER
    return (number & ~inner) | _FINER, number | inner | _FINER


def within_ranges(ranges: Sequence[tuple[int, int]]) -> Q:
    """Return the condition for rows whose cell lies in one of the ranges."""
    condition = Q(pk__in=[])
    for low, high in ranges:
        condition |= Q(hexagon__range=(low, high))
    return condition


def cover(ring: Sequence[tuple[float, float]], resolution: int) -> list[str]:
    """Return the cells of a resolution that touch a ring of (longitude, latitude)."""
    shape = h3.LatLngPoly([(latitude, longitude) for longitude, latitude in ring])
    cells: Any = h3.h3shape_to_cells_experimental(shape, resolution, contain="overlap")
    return [str(cell) for cell in cells]
