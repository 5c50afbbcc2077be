"""The catalogue of data sets, read off the declarations: nothing is described twice, and nothing is left out.

A data set of rows is a register or a loop; a figure is an indicator. Which fields can be shared is decided by their
sensitivity: confidential ones never are; personal ones and free text are masked unless the owner grants them in clear.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models

from anlan.kernel.indicators import indicators
from anlan.kernel.loops import loops
from anlan.kernel.registers import FieldSpec, Listing, registers
from anlan.kernel.registers.fields import spec_of
from anlan.kernel.registers.listing import counted
from anlan.kernel.scope.actor import CONFIDENTIAL, PERSONAL, Actor
from anlan.kernel.scope.models import Party, Territory
from anlan.kernel.words import Words

OF_ALL = (
    "territory",
    "address",
    "longitude",
    "latitude",
    "holder",
    "sector",
    "created_at",
    "updated_at",
    "is_demo",
)
IS_PERSONAL = Words("个人信息，脱敏给出。", "Personal data, given masked.")
IS_FREE_TEXT = Words(
    "自由文本，可能写有个人信息，不给出原文。", "Free text that may hold personal data; it is withheld."
)
OF_REGISTERS = ("archived_at",)
OF_MATTERS = ("number", "state", "regulator", "opened_at", "due_at", "closed_at")


@dataclass(frozen=True)
class DataSet:
    """One data set: its name, its model, and what of it can be shared."""

    slug: str
    words: Words
    model: Any
    loop: Any
    facets: tuple[str, ...]

    @property
    def is_matter(self) -> bool:
        """Say whether its rows are matters."""
        return self.loop is not None

    @property
    def domain(self) -> str:
        """Return the domain by which grants name it."""
        return str(self.model._meta.app_label)

    @cached_property
    def fields(self) -> tuple[FieldSpec, ...]:
        """Return the fields that can be shared, in the order of the declaration."""
        declared = self.loop if self.loop else self.model.kept
        own = OF_MATTERS if self.loop else OF_REGISTERS
        panels = [name for _, names in declared.panels for name in names]
        asked = [] if self.loop else list(self.model.kept.asks)
        names = dict.fromkeys([*declared.columns, *panels, *asked, *own, *OF_ALL])
        found = [spec for name in names if (spec := _column(self.model, name)) is not None]
        return tuple(spec for spec in found if spec.sensitivity < CONFIDENTIAL)

    def field(self, name: str) -> FieldSpec | None:
        """Return a field that can be shared by its name."""
        return next((spec for spec in self.fields if spec.name == name), None)

    def listing(self, actor: Actor) -> Listing:
        """Return its rows for an actor, the longest unchanged first."""
        return Listing(self.model, actor, self.facets, (), "updated_at", with_archived=True)

    def count(self, actor: Actor) -> tuple[int, bool]:
        """Return how many rows this reader sees in its list, and whether that is exact: archived ones are given, not counted."""
        return counted(Listing(self.model, actor, self.facets, (), "updated_at").filtered({}))

    def updated_at(self, actor: Actor) -> Any:
        """Return when a row this reader sees last changed."""
        return self.model.seen_by(actor).aggregate(at=models.Max("updated_at"))["at"]


@dataclass(frozen=True)
class FigureSet:
    """A figure as an entry of the catalogue; it is read at the figures, not subscribed to."""

    slug: str
    words: Words
    unit: Words


def data_sets() -> Iterator[DataSet]:
    """Return every data set of rows, registers first. Subscriptions themselves are not shared."""
    for model in registers():
        yield DataSet(model.kept.slug, model.kept.words, model, None, tuple(model.kept.facets))
    for loop in loops():
        if loop.model._meta.app_label != "sharing":
            yield DataSet(loop.slug, loop.words, loop.model, loop, tuple(loop.facets))


def data_set_named(slug: str) -> DataSet | None:
    """Return the data set with this slug."""
    return next((one for one in data_sets() if one.slug == slug), None)


def figure_sets() -> Iterator[FigureSet]:
    """Return every declared figure."""
    for one in indicators():
        yield FigureSet(one.slug, one.words, one.unit)


def owner_of(territory: Territory, sector: str = "") -> Party | None:
    """Return the department the data of a place belong to: that of the sector, else the one for work safety; nearest first."""
    paths = [row.path for row in territory.ancestors()]
    for wanted in dict.fromkeys([sector or "work_safety", "work_safety"]):
        rows = Party.objects.filter(kind="department", sector=wanted, path__in=paths, valid_to=None)
        found = sorted(rows, key=lambda party: (-len(party.path), party.name))
        if found:
            return found[0]
    return None


def mask_reason(spec: FieldSpec) -> Words | None:
    """Return why a field is not given as it stands unless the owner grants it; None for one that is."""
    if spec.sensitivity >= PERSONAL:
        return IS_PERSONAL
    return IS_FREE_TEXT if spec.kind == "long_text" else None


def is_masked(spec: FieldSpec) -> bool:
    """Say whether a field is given masked unless the owner grants it in clear."""
    return mask_reason(spec) is not None


def _column(model: Any, name: str) -> FieldSpec | None:
    try:
        return spec_of(model, name)
    except (FieldDoesNotExist, TypeError):
        return None
