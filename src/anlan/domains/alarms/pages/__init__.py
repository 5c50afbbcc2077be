"""Pages of the alarms domain that cannot be derived: the wall, a plant, duty on the telephone, health, a trial of limits."""

from __future__ import annotations

from anlan.domains.alarms.pages.devices import line, refused, secret
from anlan.domains.alarms.pages.wall import wall
from anlan.kernel.registers.pages import DomainPage, OwnPage
from anlan.kernel.words import Words

SERVES = ("A14", "A18")

pages = (
    DomainPage("sensors", "line", line),
    DomainPage("data-devices", "secret", secret),
    DomainPage("data-devices", "refused", refused),
    OwnPage(
        slug="wall", words=Words("实时大屏", "Live wall"), part="prevention", serves=SERVES, icon="device-desktop",
        answer=wall, is_for=lambda actor: bool(actor.grants or actor.party_ids),
    ),
)  # fmt: skip
