"""The base of everything listed: a scoped row with a place, a version and its words to find.

Registers and matters share it, so that lists, search, map and forms are written once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

import h3
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction

from anlan.kernel.copying import insert_new, rewrite_one
from anlan.kernel.registers.hexagons import RESOLUTION, HexagonOf
from anlan.kernel.registers.naming import NamedFilter, of_party
from anlan.kernel.registers.searching import BigramField
from anlan.kernel.scope.models import ScopedModel, Territory
from anlan.kernel.scope.touched import note
from anlan.kernel.words import Words

# What a list asks of every row before its own filters: whose scope it is in, whether it is kept, which place it stands at.
ASKED_OF_A_ROW = ("path", "sector", "sensitivity", "holder", "archived_at", "is_demo")


def changes_index() -> models.Index:
    """Return the index of a large table by its last change: what subscriptions read onwards from."""
    return models.Index(fields=["updated_at", "id"], name="%(class)s_changed")


def counted_index(day: str = "created_at") -> models.Index:
    """Return the index of a large table by the date its figures are counted by: one day is read, not the table."""
    return models.Index(fields=[day], name="%(class)s_counted")


def order_index(order: str, *facets: str, condition: models.Q | None = None) -> models.Index:
    """Return the index that a large table's list is read along.

    What scope and the filters ask of a row stands in it too: where few rows pass, thousands are passed over without fetching
    one, each of which lies on a page of its own.
    """
    beside = [name for name in dict.fromkeys((*ASKED_OF_A_ROW, *facets)) if name != order]
    return models.Index(fields=[order, "id"], include=beside, name="%(class)s_order", condition=condition)


def seldom_indexes(seldom: Mapping[str, models.Q], order: str, *facets: str) -> list[models.Index]:
    """Return the order of a large table's list once more for what few rows bear, each by a short name.

    Two such filters may meet in no row, or in a handful: then the order of the whole table would be read to its end. Rows that
    bear none of it are in none of these indexes, so that writing them costs nothing more.
    """
    whole = order_index(order, *facets)
    return [
        models.Index(
            fields=whole.fields, include=whole.include, name=f"%(class)s_few_{name}", condition=condition
        )
        for name, condition in seldom.items()
    ]


def list_indexes(order: str, *facets: str) -> list[models.Index]:
    """Return the indexes of a large table's list: its order, and each filter of few values.

    A page of many rows is read along the order. Where very few pass, each filter gives its rows as a bitmap and PostgreSQL lays
    them over each other. Equal values are stored once, so that a million rows of such a filter take about 7 MB.
    """
    named = [(facet, facet.rpartition("_")[2]) for facet in facets]
    by_facet = (models.Index(fields=[facet], name=f"%(class)s_by_{short}") for facet, short in named)
    return [order_index(order, *facets), *by_facet]


class Record(ScopedModel):
    """A scoped row that stands somewhere. ``path`` always follows ``territory``; coordinates are WGS84 degrees."""

    searched: ClassVar[tuple[str, ...]] = ()

    territory = models.ForeignKey(
        Territory, models.PROTECT, related_name="+", verbose_name=Words("所在地", "Place")
    )
    address = models.CharField(Words("详细地址", "Address"), max_length=200, blank=True)
    longitude = models.DecimalField(
        Words("经度", "Longitude"),
        max_digits=9,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(-180)), MaxValueValidator(Decimal(180))],
    )
    latitude = models.DecimalField(
        Words("纬度", "Latitude"),
        max_digits=8,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(-90)), MaxValueValidator(Decimal(90))],
    )
    cell = models.CharField(max_length=16, blank=True, editable=False)
    hexagon = models.GeneratedField(
        expression=HexagonOf("cell"), output_field=models.BigIntegerField(null=True), db_persist=True
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(Words("登记时间", "Registered"), editable=False)
    updated_at = models.DateTimeField(Words("更新时间", "Updated"), editable=False)
    search = BigramField()

    class Meta:
        abstract = True
        indexes: ClassVar[list[models.Index]] = [
            GinIndex(fields=["search"], name="%(class)s_search"),
            models.Index(fields=["path", "sector"], name="%(class)s_scope"),
            models.Index(fields=["holder"], name="%(class)s_holder"),
        ]

    def place_in(self, territory: Territory) -> None:
        """Stand the row in a territory: its path is what scope reads."""
        self.territory = territory
        self.path = territory.path

    def settle(self) -> None:
        """Compute the columns that follow from others before the row is written."""
        if self.territory_id:
            self.path = self.territory.path
        has_point = self.longitude is not None and self.latitude is not None
        self.cell = (
            h3.latlng_to_cell(float(self.latitude or 0), float(self.longitude or 0), RESOLUTION)
            if has_point
            else ""
        )

    def words_to_find(self) -> str:
        """Return the text that search finds the row by: the ``searched`` fields and the place."""
        values = [getattr(self, name) for name in self.searched]
        return " ".join(
            str(value) for value in [*values, self.territory.name if self.territory_id else ""] if value
        )

    def save(self, *args: Any, **options: Any) -> None:
        """Write the row and note, in the same transaction, that it was written, so that figures follow."""
        with transaction.atomic(savepoint=False):
            note(self)
            super().save(*args, **options)

    def write_new(self) -> None:
        """Write a row just made, as ``save`` does; for one nobody reads again what the database computes of, within a
        transaction.
        """
        note(self)
        insert_new(type(self), [self])

    def write_columns(self, names: Sequence[str]) -> None:
        """Write some columns of a row, as ``save`` does; for one whose lock the caller's transaction holds. A day is to be given
        as a day, an instant as an instant: neither is made of the other here.
        """
        note(self)
        rewrite_one(self, names)

    @classmethod
    def dates(cls) -> list[str]:
        """Return the dates and instants by which every list may be narrowed (``…_from``, ``…_to``)."""
        return [field.name for field in cls._meta.concrete_fields if isinstance(field, models.DateField)]

    @classmethod
    def filters(cls) -> tuple[NamedFilter, ...]:
        """Return the filters of the list that are no column: of one body; kinds extend them."""
        return (of_party(),)

    def changes_from(self, before: dict[str, Any]) -> dict[str, list[Any]]:
        """Return ``{field: [old, new]}`` for the fields that differ from a snapshot."""
        return {
            name: [old, getattr(self, name)] for name, old in before.items() if getattr(self, name) != old
        }
