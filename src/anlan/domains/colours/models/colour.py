"""The colours an enterprise has borne: one row for each stretch of time with one colour for one set of reasons.

The row without an end is the colour now; the row that stood at the end of a day is the colour of that day. Written by
``painting.py`` alone, always closed and never rewritten, so that any past day can be told with its reasons.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from anlan.domains.colours import reasons
from anlan.domains.colours.area import area_settings
from anlan.domains.colours.rules import area_of
from anlan.domains.colours.words import COLOURS
from anlan.domains.enterprises import industries
from anlan.domains.enterprises.models import Enterprise
from anlan.kernel import clock
from anlan.kernel.registers import Kept, described
from anlan.kernel.registers.declaration import Register, Section
from anlan.kernel.registers.hexagons import map_index, present_map_index
from anlan.kernel.registers.naming import NamedFilter, a_day
from anlan.kernel.registers.record import changes_index, counted_index, order_index
from anlan.kernel.scope.actor import Actor, ScopedRow
from anlan.kernel.scope.who import Who
from anlan.kernel.words import Words

SLUG = "enterprise-colours"


def end_of(day: date) -> datetime:
    """Return the moment at which a day ends in China."""
    return datetime.combine(day + timedelta(days=1), time(), clock.CHINA).astimezone(UTC)


def standing_at(moment: datetime) -> Q:
    """Return the condition for the rows that stood at a moment."""
    return Q(since__lt=moment) & (Q(archived_at=None) | Q(archived_at__gte=moment))


def sections() -> list[tuple[str, Words]]:
    """Return the sections of the classification of industries as choices."""
    return [(one.code, one.words) for one in industries.industries().values() if one.level == "section"]


class _Computed(Who):
    """Nobody: colours are computed."""

    def allows(self, actor: Actor, row: ScopedRow, domain: str) -> bool:
        return False

    def words(self) -> Words:
        return Words("由风险和事实计算得出", "Computed from risks and facts")


class EnterpriseColour(Register):
    """One enterprise in one colour for one set of reasons, from one moment to another."""

    searched = ("enterprise",)

    enterprise = models.ForeignKey(
        Enterprise,
        models.PROTECT,
        related_name="colours",
        verbose_name=Words("企业", "Enterprise"),
        editable=False,
    )
    section = described(
        models.CharField(
            Words("行业门类", "Industry section"), max_length=1, blank=True, default="", editable=False
        ),
        choices=sections(),
    )
    risk_level = models.PositiveSmallIntegerField(Words("颜色", "Colour"), choices=COLOURS, editable=False)
    former_level = models.PositiveSmallIntegerField(
        Words("此前颜色", "Colour before"), choices=COLOURS, null=True, editable=False
    )
    since = models.DateTimeField(Words("自", "Since"), editable=False)
    basis = models.TextField(default="{}", editable=False)

    kept: ClassVar[Kept] = Kept(
        slug=SLUG,
        words=Words("企业四色", "Colours of enterprises"),
        part="prevention",
        serves=("A15.3", "A14"),
        heading="enterprise",
        columns=("enterprise", "risk_level", "former_level", "since", "section", "territory"),
        facets=("risk_level", "former_level", "section", "territory", "sector", "is_demo"),
        sorts=("risk_level", "since"),
        order="-risk_level",
        asks=(),
        writers=_Computed(),
        panels=((Words("颜色", "Colour"), ("enterprise", "risk_level", "former_level", "since", "section")),),
    )

    class Meta(Register.Meta):
        verbose_name = "colour of an enterprise"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["enterprise"], condition=Q(archived_at=None), name="one_colour_now"
            )
        ]
        indexes: ClassVar[list[models.Index]] = [
            *(index for index in Register.Meta.indexes if index.name != "%(class)s_map"),
            map_index("archived_at", "since", "risk_level"),
            present_map_index("risk_level"),
            models.Index(fields=["enterprise", "-since"], name="enterprisecolour_history"),
            models.Index(fields=["-since", "id"], name="enterprisecolour_since"),
            changes_index(),
            counted_index(),
            order_index("risk_level", "former_level", "section", condition=Q(archived_at=None)),
            models.Index(fields=["path", "risk_level", "section"], condition=Q(archived_at=None), name="enterprisecolour_now"),
            # Few colours have one before them, and none of the others is asked for by it.
            models.Index(
                fields=["former_level", "-risk_level", "-id"],
                condition=Q(archived_at=None, former_level__isnull=False),
                name="enterprisecolour_former",
            ),
        ]  # fmt: skip

    @classmethod
    def filters(cls) -> tuple[NamedFilter, ...]:
        """Return the filter that shows the colours as they stood at the end of a day."""
        return (
            *super().filters(),
            NamedFilter("on", Words("当日终的颜色", "As it stood at the end of"), lambda day: standing_at(end_of(day)), a_day,
                        with_archived=True),
        )  # fmt: skip

    @classmethod
    def area_level(cls, counts: Mapping[int, int]) -> tuple[int, bool]:
        """Return the colour of a cell of the map from the enterprises within, and whether they are few."""
        area = area_of(counts, area_settings())
        return area.level, area.is_few

    @classmethod
    def area_words(cls, counts: Mapping[int, int]) -> Words:
        """Return why an area with so many enterprises of each colour bears its colour."""
        return reasons.area_words(area_of(counts, area_settings()))

    @property
    def industry(self) -> str:
        """Return the industry by which the regulators are resolved."""
        return self.enterprise.industry

    @property
    def told(self) -> dict[str, Any]:
        """Return what the colour was computed from."""
        found: dict[str, Any] = json.loads(self.basis)
        return found

    def because(self) -> list[Words]:
        """Return why it bears its colour, in sentences."""
        return reasons.sentences(self)

    def sections_for(self, actor: Actor) -> list[Section]:
        """Return why, with the rows behind it, and the history of the enterprise."""
        from anlan.domains.colours.sections import of_colour

        return of_colour(self, actor)


class ColourRun(models.Model):
    """Up to which moment colours are computed, and by which settings: one row."""

    upto = models.DateTimeField()
    settings = models.CharField(max_length=64)

    class Meta:
        db_table = "colours_run"

    def __str__(self) -> str:
        return self.upto.isoformat()
