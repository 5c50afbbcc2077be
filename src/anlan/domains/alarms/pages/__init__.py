"""Pages of the alarms domain that cannot be derived: the wall, a plant, duty on the telephone, health, a trial of limits."""

from __future__ import annotations

from anlan.domains.alarms.pages.brief import hazards
from anlan.domains.alarms.pages.devices import line, refused, secret
from anlan.domains.alarms.pages.duty import duty, is_on_duty
from anlan.domains.alarms.pages.health import health
from anlan.domains.alarms.pages.plant import is_measured, of_enterprise, of_installation
from anlan.domains.alarms.pages.trial import trial
from anlan.domains.alarms.pages.wall import wall
from anlan.kernel.registers.pages import DomainPage, OwnPage
from anlan.kernel.words import Words

SERVES = ("A14", "A18")

pages = (
    DomainPage("sensors", "line", line),
    DomainPage("sensors", "trial", trial, Words("试算限值", "Try other limits"), "test-pipe"),
    DomainPage("data-devices", "secret", secret),
    DomainPage("data-devices", "refused", refused),
    DomainPage("installations", "plant", of_installation, Words("现场", "The plant"), "activity-heartbeat"),
    DomainPage("enterprises", "plant", of_enterprise, Words("现场", "The plant"), "activity-heartbeat", is_measured),
    OwnPage(
        slug="duty", words=Words("值守", "On duty"), part="prevention", serves=SERVES, icon="bell-ringing",
        answer=duty, is_for=is_on_duty,
    ),
    OwnPage(
        slug="alarm-health", words=Words("报警健康", "Alarm health"), part="prevention", serves=("A14", "A29"),
        icon="activity-heartbeat", answer=health, is_for=lambda actor: bool(actor.grants or actor.party_ids),
    ),
    OwnPage(
        slug="hazard-brief", words=Words("重大危险源要情", "Major hazards in brief"), part="prevention", serves=SERVES,
        icon="urgent", answer=hazards, is_for=lambda actor: bool(actor.grants),
    ),
    OwnPage(
        slug="wall", words=Words("实时大屏", "Live wall"), part="prevention", serves=SERVES, icon="device-tv",
        answer=wall, is_for=lambda actor: bool(actor.grants or actor.party_ids),
    ),
)  # fmt: skip
