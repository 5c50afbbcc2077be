"""Every address of the installation, made concrete for the world of the tests: read off the URL conf and the declarations.

``near`` rows lie in the county of most roles, ``far`` rows in another one and carry marker words nobody near may ever read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.urls import URLResolver, get_resolver

from anlan.domains.accidents.models import AccidentRecord
from anlan.domains.alarms.loop import AlarmLoop
from anlan.domains.alarms.models import Alarm, DataDevice, Sensor, SensorVote, SensorWork
from anlan.domains.alarms.telling import MONITORING
from anlan.domains.checks.models import CheckArrangement, CheckTask
from anlan.domains.checks.planning import make_for
from anlan.domains.colours import models as colours
from anlan.domains.colours import painting
from anlan.domains.enterprises.models import Enterprise, EnterprisePlace
from anlan.domains.exchange.gathering import gather
from anlan.domains.exchange.models import UploadChannel, UploadItem
from anlan.domains.exchange.sending import keep_answer
from anlan.domains.hidden_dangers.models import ListedSupervision
from anlan.domains.inspections.loop import SiteVisitLoop
from anlan.domains.inspections.models import SiteVisit
from anlan.domains.installations import models as installations
from anlan.domains.installations.loop import HazardFileLoop
from anlan.domains.penalties.loop import PenaltyCaseLoop
from anlan.domains.penalties.models import PenaltyCase
from anlan.domains.risk import models as risk
from anlan.domains.risk.actions import confirm
from anlan.domains.risk.loop import RiskGradingLoop
from anlan.domains.targets.models import YearlyFigure
from anlan.domains.watch.loop import DutyCallLoop
from anlan.domains.watch.models import DutyCall, MonitoringCheck
from anlan.kernel import clock
from anlan.kernel.evidence.models import Evidence
from anlan.kernel.ids import new_id
from anlan.kernel.loops import loops, open_matter
from anlan.kernel.notices.answering import Answer
from anlan.kernel.registers import create, registers
from anlan.kernel.scope.models import Membership, Post
from anlan.kernel.sharing import Subscription
from anlan.kernel.sharing.loop import SubscriptionLoop

ROLES = (
    "city_leader", "officer", "industry_officer", "grid_inspector", "safety_officer", "worker", "administrator", "far_officer",
)  # fmt: skip
NOBODY = "nobody"
# Who may read which marker: the city reads both sides, each county its own.
READS_NEAR = set(ROLES) - {"far_officer", "administrator", "industry_officer"}
READS_FAR = {"city_leader", "far_officer"}
NEAR_MARK, FAR_MARK = "近标QNX", "远标VZJ"
FOUND_BY = "共有词"


@dataclass(frozen=True)
class Address:
    """One concrete address; ``side`` says whether it names a near row, a far one, or none."""

    name: str
    path: str
    side: str = ""


class Places:
    """The rows the addresses name: one of each kind, near and far."""

    def __init__(self, city: Any) -> None:
        self.city = city
        self.rows: dict[tuple[str, str], Any] = {}
        self._rows("near", city.workshop, city.officer, NEAR_MARK)
        self._rows("far", city.far_shop, city.far_officer, FAR_MARK)

    def _rows(self, side: str, firm: Enterprise, officer: Any, mark: str) -> None:
        words = {"description": f"{FOUND_BY} {mark}", "location": mark}
        Enterprise.unscoped("a test plants its markers").filter(pk=firm.pk).update(
            address=f"{FOUND_BY} {mark}"
        )
        firm.refresh_from_db()
        firm.save()  # what search finds is computed anew
        place = {
            "enterprise": str(firm.pk),
            "name": f"{FOUND_BY} {mark}",
            "kind": "storage",
            "territory": str(firm.territory_id),
        }
        self.rows["enterprises", side] = firm
        self.rows["enterprise-places", side] = create(EnterprisePlace, officer, place)
        happened = {"name": f"{FOUND_BY} {mark}", "occurred_on": "2026-03-01", "deaths": "1", "narrative": mark,
                    "counted_class": "industry_trade", "sector": "work_safety", "confidence": "sourced"}  # fmt: skip
        self.rows["accidents", side] = create(
            AccidentRecord,
            officer,
            {**happened, "enterprise": str(firm.pk), "territory": str(firm.territory_id)},
        )
        figure = {"figure": "gdp", "year": "2024", "value": "1", "confidence": "sourced"}
        self.rows["yearly-figures", side] = create(
            YearlyFigure,
            officer,
            {**figure, "source": f"{FOUND_BY} {mark}", "note": mark, "territory": str(firm.territory_id)},
        )
        self.rows["hidden-dangers", side] = self.city.reports(by=officer, at=firm, **words)
        major = self.city.reports(by=officer, at=firm, topic="management", **words)
        self.city.step(major, "grade_major", officer, criteria="industry_trade", criterion="3.2")
        listing = ListedSupervision.unscoped("a test reads the child").get(parent_id=major.pk)
        ListedSupervision.unscoped("a test plants its markers").filter(pk=listing.pk).update(
            requirements=mark
        )
        self.rows["listed-supervision", side] = listing
        seen = {"enterprise": str(firm.pk), "purpose": "routine", "summary": f"{FOUND_BY} {mark}"}
        visit = open_matter(SiteVisitLoop, officer, seen)
        self.rows["site-visits", side] = SiteVisit.unscoped("a test reads it").get(pk=visit.chain)
        self.rows["data-subscriptions", side] = self._subscription(firm, officer, mark)
        keeper = self.city.safety_officer if side == "near" else self.city.far_safety_officer
        self.rows |= {(kind, side): row for kind, row in self._risks(firm, keeper, mark)}
        self.rows |= {
            (kind, side): row
            for kind, row in self._colours(firm, keeper, officer, mark, self.rows["risk-objects", side])
        }
        self.rows |= {(kind, side): row for kind, row in self._uploads(firm, keeper, mark)}
        self.rows |= {(kind, side): row for kind, row in self._hazards(firm, keeper, mark)}
        self.rows |= {(kind, side): row for kind, row in self._measured(firm, keeper, mark, side)}
        self.rows |= {(kind, side): row for kind, row in self._watched(firm, officer, mark)}
        self.rows["penalty-cases", side] = self._case(firm, officer, mark, side)
        self.rows["evidence", side] = Evidence.unscoped("a test reads it").filter(
            links__chain=self.rows["hidden-dangers", side].pk
        ).first()  # fmt: skip
        post = Post.objects.get(
            pk=(self.city.safety_officer if side == "near" else self.city.far_safety_officer).post_id
        )
        Post.objects.filter(pk=post.pk).update(title=mark)
        seat = Membership.objects.get(post=post)
        self.rows |= {("party", side): firm.holder, ("post", side): post, ("seat", side): seat,
                      ("account", side): seat.person.account, ("person", side): seat.person}  # fmt: skip

    def _subscription(self, firm: Enterprise, officer: Any, mark: str) -> Subscription:
        county = firm.territory.ancestors().get(level="county")
        asked = {
            "data_set": "enterprises", "territory": str(county.pk), "receiver": mark, "purpose": f"{FOUND_BY} {mark}",
            "fields": "enterprises: name", "channel": "pull", "frequency": "daily",
            "valid_until": (clock.today() + timedelta(days=30)).isoformat(),
        }  # fmt: skip
        entry = open_matter(SubscriptionLoop, officer, asked)
        return Subscription.unscoped("a test plants its markers").get(pk=entry.chain)

    def _risks(self, firm: Enterprise, keeper: Any, mark: str) -> Iterator[tuple[str, Any]]:
        """One row of every register of the risk domain, each hanging on the one before, and a grading."""
        name, of = f"{FOUND_BY} {mark}", {"enterprise": str(firm.pk)}
        yield "divisions", create(risk.Division, keeper, {**of, "name": name})
        post = create(risk.WorkPost, keeper, {**of, "name": name, "emergency": mark})
        yield "work-posts", post
        above = create(risk.RiskObject, keeper, {**of, "name": name})
        yield "risk-objects", above
        unit = create(risk.RiskUnit, keeper, {"risk_object": str(above.pk), "name": name})
        yield "risk-units", unit
        event = create(risk.RiskEvent, keeper, {"unit": str(unit.pk), "name": name, "consequence": mark})
        yield "risk-events", event
        measure = {
            "event": str(event.pk),
            "kind": "training",
            "description": name,
            "responsible_post": str(post.pk),
        }
        cycle = {"check_cycle": "1", "check_cycle_unit": "day"}
        yield "control-measures", create(risk.ControlMeasure, keeper, {**measure, **cycle})
        yield (
            "check-arrangements",
            create(CheckArrangement, keeper, {**of, "name": name, "post": str(post.pk)}),
        )
        make_for(firm, clock.today())
        yield "check-tasks", CheckTask.unscoped("a test reads it").get(enterprise=firm)
        yield "shift-confirmations", confirm(post.card_token, mark, "day")
        scores = {"method": "lec", "lec_l": "3", "lec_e": "6", "lec_c": "15"}
        asked = {"event": str(event.pk), "stage": "initial", "grounds": name, **scores}
        entry = open_matter(RiskGradingLoop, keeper, asked)
        yield "risk-gradings", risk.RiskGrading.unscoped("a test reads it").get(pk=entry.chain)

    def _colours(
        self, firm: Enterprise, keeper: Any, officer: Any, mark: str, thing: Any
    ) -> Iterator[tuple[str, Any]]:
        """The colour of the enterprise, a plan of it, and a group in which it shares a risk."""
        name, phone = f"{FOUND_BY} {mark}", "0431-8888 0000"
        painting.follow()
        colours.EnterpriseColour.unscoped("a test keeps what stands").exclude(archived_at=None).delete()
        yield (
            "enterprise-colours",
            colours.EnterpriseColour.unscoped("a test reads it").get(enterprise=firm, archived_at=None),
        )
        yield "floor-plans", create(colours.FloorPlan, keeper, {"enterprise": str(firm.pk), "name": name})
        asked = {"name": name, "territory": str(firm.territory_id), "duty_phone": phone, "about": mark}
        group = create(colours.JointGroup, officer, {**asked, "leader": str(firm.pk)})
        yield "joint-groups", group
        member = {"group": str(group.pk), "enterprise": str(firm.pk), "duty_phone": phone}
        yield "joint-members", create(colours.JointMember, officer, member)
        shared = {"group": str(group.pk), "risk_object": str(thing.pk), "emergency_phone": phone}
        yield "shared-risks", create(colours.SharedRisk, keeper, shared)

    def _uploads(self, firm: Enterprise, keeper: Any, mark: str) -> Iterator[tuple[str, Any]]:
        """A channel to a platform above, and the receipt of a portion that it sent."""
        asked = {"url": "https://platform.example/upload", "company_code": "220100001", "app_id": mark}
        channel = create(
            UploadChannel, keeper, {"enterprise": str(firm.pk), "name": f"{FOUND_BY} {mark}", **asked}
        )
        yield "upload-channels", channel
        gather(channel)
        items = list(UploadItem.objects.filter(channel=channel)[:1])
        said = Answer(True, f'{{"code": 200, "receipt": "{FOUND_BY} {mark}"}}', 200)
        yield "upload-receipts", keep_answer(channel, "risk_unit", items, mark, "0" * 64, said, clock.now())

    def _hazards(self, firm: Enterprise, keeper: Any, mark: str) -> Iterator[tuple[str, Any]]:
        """One row of every register of the installations domain, each hanging on the one before, and a file."""
        name, day, of = f"{FOUND_BY} {mark}", clock.today().isoformat(), {"enterprise": str(firm.pk)}
        unit = {"kind": "storage", "boundary": "building", "exposed_people": "60", "location": mark}
        above = create(installations.Installation, keeper, {**of, "name": name, **unit})
        yield "installations", above
        held = {"installation": str(above.pk), "name": "氯", "design_max_t": "20", "vessel": name}
        yield "inventories", create(installations.Inventory, keeper, held)
        person = {
            "installation": str(above.pk),
            "layer": "operation",
            "person_name": name,
            "duty_phone": mark,
            "since": day,
        }
        named = create(installations.HazardKeeper, keeper, person)
        yield "hazard-keepers", named
        noted = {"keeper": str(named.pk), "duty": "oper_check", "done_on": day, "findings": name}
        yield "duty-records", create(installations.DutyRecord, keeper, noted)
        promised = {
            **of,
            "day": day,
            "hazards_safe": "on",
            "measures_done": "on",
            "signed_by": name,
            "risk_notes": mark,
        }
        yield "safety-commitments", create(installations.SafetyCommitment, keeper, promised)
        entry = open_matter(HazardFileLoop, keeper, {"installation": str(above.pk)})
        yield "hazard-files", installations.HazardFile.unscoped("a test reads it").get(pk=entry.chain)

    def _measured(self, firm: Enterprise, keeper: Any, mark: str, side: str) -> Iterator[tuple[str, Any]]:
        """A device with a sensor, work on it, and an alarm that it raised."""
        name = f"{FOUND_BY} {mark}"
        given = {"enterprise": str(firm.pk), "name": name, "username": f"gateway-{side}"}
        device = create(DataDevice, keeper, given)
        yield "data-devices", device
        given = {"device": str(device.pk), "name": name, "tag": "LT-1", "quantity": "level", "limit_h": "8"}
        sensor = create(Sensor, keeper, given)
        yield "sensors", sensor
        times = {
            "starts_at": clock.now().isoformat(),
            "ends_at": (clock.now() + timedelta(hours=1)).isoformat(),
        }
        beside = create(Sensor, keeper, {**given, "tag": "LT-2"})
        voting = {"sensor": str(sensor.pk), "second": str(beside.pk), "limit": "H", "least": "2"}
        yield "sensor-votes", create(SensorVote, keeper, {"name": name, **voting})
        yield "sensor-works", create(SensorWork, keeper, {"sensor": str(sensor.pk), "what": name, **times})
        crossed = {"condition": 1 if side == "near" else 2, "kind": "H", "raised_at": clock.now().isoformat()}
        entry = open_matter(AlarmLoop, MONITORING, crossed, parent=sensor)
        yield "alarms", Alarm.unscoped("a test reads it").get(pk=entry.chain)

    def _watched(self, firm: Enterprise, officer: Any, mark: str) -> Iterator[tuple[str, Any]]:
        """A call to the duty post of a firm, and a check of its monitoring."""
        of = {"enterprise": str(firm.pk)}
        entry = open_matter(DutyCallLoop, officer, {**of, "question": f"{FOUND_BY} {mark}"})
        yield "duty-calls", DutyCall.unscoped("a test reads it").get(pk=entry.chain)
        checked = {
            "checked_on": clock.today().isoformat(),
            "way": "online",
            "subject": "limits",
            "result": "mended",
        }
        yield (
            "monitoring-checks",
            create(MonitoringCheck, officer, {**of, **checked, "found": f"{FOUND_BY} {mark}"}),
        )

    def _case(self, firm: Enterprise, officer: Any, mark: str, side: str) -> PenaltyCase:
        """A case whose party was notified, so that it sees it."""
        body = Post.objects.get(pk=officer.post_id).party
        second = self.city.person("county_officer", body, f"case-{side}")
        day = clock.today().isoformat()
        handled = {
            "first_officer": str(officer.post_id), "first_certificate": "1", "second_officer": str(second.post_id),
            "second_certificate": "2", "no_conflict": "true",
        }  # fmt: skip
        asked = {
            "enterprise": str(firm.pk), "facts": f"{FOUND_BY} {mark}", "act_on": day, "respondent_kind": "unit", "basis": "P102",
        }  # fmt: skip
        entry = open_matter(PenaltyCaseLoop, officer, {**asked, **handled})
        case = PenaltyCase.unscoped("a test reads it").get(pk=entry.chain)
        case = self.city.step(case, "approve", second, filed_by="甲")
        told = {
            "findings": mark, "notified_yuan": "1", "other_penalty": "none", "notified_on": day, "hearing_right": "no",
            "hearing_grounds": "甲", "respond_by": day,
        }  # fmt: skip
        return self.city.step(case, "notify", officer, **told)

    def pk(self, kind: str, side: str) -> str:
        """The key of a row."""
        return str(self.rows[kind, side].pk)


def subjects() -> list[str]:
    """Every slug of a register or a loop."""
    return [model.kept.slug for model in registers()] + [loop.slug for loop in loops()]


def addresses(places: Places) -> Iterator[Address]:
    """Yield every concrete address once."""
    seen = set()
    for route, name in _routes(get_resolver().url_patterns, ""):
        for address in _concrete(route, name, places):
            if address.path not in seen:
                seen.add(address.path)
                yield address


def _routes(patterns: Any, before: str) -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, route)
        else:
            yield route, pattern.name or f"({route})"


_KEPT_BY_PERSON = {
    "people-of": "party",
    "people-post": "post",
    "people-seat": "seat",
    "account-of": "person",
    "telephone": "person",
    "data-token": "data-subscriptions",
}
_WORDS = {
    "key": "work_safety_law_2021",
    "size": "original",
    "place": "220102",
    "name": "accident-grade",
    "rest": "no/such/place",
    "z": "0",
    "x": "0",
    "y": "0",
    "board": "dangers",
    "indicator": "dangers-late",
    "dimension": "sector",
    "paper": "record",
    "side": "192",
    "token": "no-such-card",
}


def routes() -> Iterator[tuple[str, str]]:
    """Yield every route that names something in it, with its name; patterns written otherwise are left out."""
    for route, name in _routes(get_resolver().url_patterns, "/"):
        if "<" in route and "(?P" not in route:
            yield route, name


def _concrete(route: str, name: str, places: Places) -> Iterator[Address]:
    route = "/" + re.sub(r"\^\(\?P<(\w+)>[^)]*\)\$", r"<\1>", route)
    slugs = (
        subjects() if "<slug:slug>" in route else [next((s for s in subjects() if f"/{s}/<" in route), "")]
    )
    for slug in slugs:
        named = route.replace("<slug:slug>", slug)
        steps = (
            [step for loop in loops() if loop.slug == slug for step in loop.steps]
            if "/steps/<" in named
            else [""]
        )
        for number, step in enumerate(steps):
            stepped = re.sub(r"<slug:name>", step, named) if step else named
            sided = _sided(
                stepped, f"{name} {slug} {step}".strip(), _KEPT_BY_PERSON.get(name, slug or name), places
            )
            yield from (address for address in sided if number == 0 or address.side != "far")


def _sided(route: str, name: str, kind: str, places: Places) -> Iterator[Address]:
    if not re.search(r"<(uuid:|int:)?(pk|id|upload_id)>", route):
        yield Address(name, _filled(route))
        return
    known = [side for side in ("near", "far") if (kind, side) in places.rows]
    for side in known or ["none"]:
        pk = places.pk(kind, side) if known else str(new_id())
        yield Address(name, _filled(re.sub(r"<(uuid:|int:)?(pk|id|upload_id)>", pk, route)), side)


def _filled(route: str) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: _WORDS[found[1]], route)


def searches() -> list[str]:
    """Reading addresses with a question that both sides answer to: what must come back is only one's own side."""
    lists = [f"/{slug}/?q={FOUND_BY}" for slug in subjects()] + [
        f"/{slug}/export?q={FOUND_BY}" for slug in subjects()
    ]
    lists += [f"/{slug}/?view=map" for slug in subjects()] + [
        f"/api/v1/{slug}?q={FOUND_BY}" for slug in subjects()
    ]
    lists += [f"/api/v1/{slug}?territory=220182" for slug in subjects()] + [
        f"/{slug}/?territory=220182" for slug in subjects()
    ]
    lists += [f"/api/v1/map/points?kind={slug}" for slug in subjects()]
    lists += [
        f"/lookup?kind={kind}&q={FOUND_BY}"
        for kind in ("enterprises", "enterprise", "hidden-dangers", "party", "post")
    ]
    return [
        *lists,
        f"/search?q={FOUND_BY}",
        f"/api/v1/search?q={FOUND_BY}",
        f"/search?q={FAR_MARK[:2]}",
        "/api/v1/map/points",
        *_maps(),
    ]


# All of China as a drawn area, and what a reader might try to reach beyond the own side by.
_AREA = "73,18;135,18;135,54;73,54"


def _maps() -> list[str]:
    """Tiles, their counts and cards, whole and under every kind of filter."""
    asked = [f"&q={FOUND_BY}", f"&within={_AREA}", "&territory=220182"]
    found = []
    for slug in [*subjects(), ""]:
        for more in asked:
            found.append(f"/api/v1/map/tiles/14/13895/5965.mvt?layers={slug}{more}")
            found.append(f"/api/v1/map/tiles.json?layers={slug}{more}")
        found += [f"/map/card?layers={slug}&within={_AREA}", f"/map/sheet?layers={slug}&q={FOUND_BY}"]
        found += [f"/{slug}/?within={_AREA}", f"/{slug}/export?within={_AREA}"] if slug else []
        found += [f"/api/v1/{slug}?within={_AREA}"] if slug else []
    return found
