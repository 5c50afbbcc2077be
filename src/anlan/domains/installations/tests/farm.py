"""A tank farm of the small world, entered by the enterprise's own people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from anlan.domains.colours import painting
from anlan.domains.colours.models import EnterpriseColour
from anlan.domains.installations.loop import HazardFileLoop
from anlan.domains.installations.models import HazardFile, HazardKeeper, Installation, Inventory
from anlan.domains.installations.words import LAYERS
from anlan.kernel import clock
from anlan.kernel.loops import open_matter
from anlan.kernel.registers import create
from anlan.kernel.registers.errors import Invalid


def fresh(row: Any) -> Any:
    return type(row).unscoped("a test reads the result").get(pk=row.pk)


class Farm:
    """One storage unit with chlorine, and the acts of its people."""

    def __init__(self, city: Any) -> None:
        self.city, self.officer = city, city.safety_officer
        self.unit = create(Installation, self.officer, {
            "enterprise": str(city.workshop.pk), "name": "液氯库", "kind": "storage", "boundary": "building",
            "exposed_people": "60",
        })  # fmt: skip

    def holds(self, name: str = "氯", quantity: str = "20", **more: str) -> Inventory:
        return create(
            Inventory,
            self.officer,
            {"installation": str(self.unit.pk), "name": name, "design_max_t": quantity, **more},
        )

    def named(self) -> dict[str, HazardKeeper]:
        since = clock.today().isoformat()
        return {
            layer: create(HazardKeeper, self.officer, {
                "installation": str(self.unit.pk), "layer": layer, "person_name": f"{words.zh}甲", "duty_phone": "0431-88880000",
                "since": since,
            })
            for layer, words in LAYERS
        }  # fmt: skip

    def identified(self) -> HazardFile:
        entry = open_matter(HazardFileLoop, self.officer, {"installation": str(self.unit.pk)})
        return HazardFile.unscoped("a test reads the result").get(pk=entry.chain)

    def assessed(self, file: HazardFile | None = None) -> HazardFile:
        day = clock.today().isoformat()
        found: HazardFile = self.city.step(
            file or self.identified(),
            "assess",
            self.officer,
            assessed_on=day,
            assessed_by="own",
            assessor="张工",
        )
        return found

    def on_file(self) -> HazardFile:
        file = self.city.step(self.assessed(), "submit", self.city.main_person)
        found: HazardFile = self.city.step(file, "accept", self.city.officer, filing_number="BA-001")
        return found

    def now(self) -> Installation:
        found: Installation = fresh(self.unit)
        return found


@contextmanager
def refusing(words: str) -> Iterator[None]:
    """Demand that what follows is refused for a reason with these words."""
    with pytest.raises(Invalid) as refused:
        yield
    said = " ".join(str(reason) for reasons in refused.value.errors.values() for reason in reasons)
    assert words in said


def kinds_of_facts(farm: Farm) -> set[str]:
    """Take in what was written and what the clock did, and return the kinds of facts that move the colour."""
    painting.follow()
    colours = EnterpriseColour.unscoped("a test reads it").filter(
        enterprise=farm.city.workshop, archived_at=None
    )
    return {fact["kind"] for colour in colours for fact in colour.told.get("facts", ())}
