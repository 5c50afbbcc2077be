"""The one small world of the tests: a city with two counties, their departments, two enterprises and people in posts.

Tests speak in the field's words: ``danger = city.reports(by=city.grid_inspector)``; ``city.clock.to(…)``. Nothing is mocked: the
engine, the ledger and the database are the real ones.
"""

from __future__ import annotations

import io
import secrets
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

from PIL import Image

from anlan.domains.enterprises.models import Enterprise
from anlan.domains.enterprises.rules import credit_check_character
from anlan.domains.hidden_dangers.loop import HiddenDangerLoop
from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.kernel import clock, evidence
from anlan.kernel.identity.models import Account
from anlan.kernel.loops import open_matter, take
from anlan.kernel.registers import create
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.actors import actor_in
from anlan.kernel.scope.models import Membership, Party, Person, Post, Remit, Territory, ZoneMember

BEGINNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # Monday 2 March 2026, 09:00 in Changchun
PASSWORD = "correct-horse-battery-staple"


class World:
    """A city to act in. Make it inside a database test; it starts at ``BEGINNING``."""

    def __init__(self) -> None:
        self.clock = clock.travel(BEGINNING)
        self.clock.__enter__()
        self._territories()
        self._departments()
        self._people()
        self.workshop = self.enterprise("长春测试机械加工有限公司", self.village, "3489", 1)
        self.far_shop = self.enterprise("榆树测试粮油有限公司", self.far_village, "1310", 2)
        self.main_person = self.person("main_person", self.workshop.holder)
        self.safety_officer = self.person("safety_officer", self.workshop.holder)
        self.second_safety_officer = self.person("safety_officer", self.workshop.holder, "safety_officer_2")
        self.worker = self.person("worker", self.workshop.holder)
        self.far_safety_officer = self.person("safety_officer", self.far_shop.holder, "far_safety_officer")

    def close(self) -> None:
        """Give the clock back."""
        self.clock.__exit__(None, None, None)

    # --- what happens in the city

    def enterprise(self, name: str, place: Territory, industry: str, serial: int) -> Enterprise:
        """Register an enterprise as the city's officer."""
        return create(Enterprise, self.city_officer, {
            "name": name, "credit_code": credit_code(serial), "territory": str(place.pk), "industry": industry,
            "longitude": "125.32", "latitude": "43.88", "scale": "small", "operation": "operating",
        })  # fmt: skip

    def reports(self, by: Actor | None = None, at: Enterprise | None = None, **data: Any) -> HiddenDanger:
        """Report a hidden danger; returns the matter."""
        by = by or self.grid_inspector
        answers = {"enterprise": str((at or self.workshop).pk), "topic": "fire", "description": "安全出口被货物堵塞",
                   "found_on": clock.today().isoformat(), **data}  # fmt: skip
        entry = open_matter(HiddenDangerLoop, by, answers, evidence={"before": [self.photo(by)]})
        return self.fresh(entry.chain)

    def step(self, matter: Any, name: str, by: Actor, photo: str = "", **data: Any) -> Any:
        """Take a step and return the fresh matter; ``photo`` is the purpose of a photo to bring along."""
        bring = {photo: [self.photo(by)]} if photo else {}
        take(name, matter, by, data, evidence=bring)
        return type(matter).unscoped("a test reads the result").get(pk=matter.pk)

    def fresh(self, pk: uuid.UUID) -> HiddenDanger:
        """Read a danger again."""
        return HiddenDanger.unscoped("a test reads the result").get(pk=pk)

    def photo(self, by: Actor) -> uuid.UUID:
        """Bring a photo as evidence of an actor."""
        # No two photos are the same picture: one that a matter holds already proves nothing new.
        picture = Image.frombytes("RGB", (8, 6), secrets.token_bytes(8 * 6 * 3)).resize((64, 48))
        stream = io.BytesIO()
        picture.save(stream, "JPEG")
        stream.seek(0)
        return evidence.receive(stream, "photo.jpg", account_id=by.account_id).pk

    def in_days(self, count: int) -> str:
        """Return a day from today."""
        return (clock.today() + timedelta(days=count)).isoformat()

    # --- how the city is made

    def place(self, code: str, name: str, level: str, parent: Territory | None) -> Territory:
        """Make a territory."""
        path = f"{parent.path if parent else '/'}{code}/"
        return Territory.objects.create(
            segment=code, code=code, path=path, name=name, level=level, parent=parent
        )

    def _territories(self) -> None:
        self.province = self.place("22", "吉林省", "province", None)
        self.city = self.place("2201", "长春市", "city", self.province)
        self.county = self.place("220102", "南关区", "county", self.city)
        self.far_county = self.place("220182", "榆树市", "county", self.city)
        self.township = self.place("220102001", "南岭街道", "township", self.county)
        self.village = self.place("220102001001", "测试社区", "village", self.township)
        self.other_village = self.place("220102001002", "邻近社区", "village", self.township)
        self.far_township = self.place("220182100", "五棵树镇", "township", self.far_county)
        self.far_village = self.place("220182100200", "远村", "village", self.far_township)
        self.zone = self.place("220171", "经济技术开发区", "zone", self.city)
        ZoneMember.objects.create(zone=self.zone, territory=self.far_township)

    def _departments(self) -> None:
        self.city_bureau = self.department("长春市应急管理局", self.city, "work_safety")
        self.bureau = self.department("南关区应急管理局", self.county, "work_safety")
        self.far_bureau = self.department("榆树市应急管理局", self.far_county, "work_safety")
        self.housing = self.department("南关区住房和城乡建设局", self.county, "housing_construction")
        self.market = self.department("南关区市场监督管理局", self.county, "market_regulation")
        self.office = self.department("南岭街道应急办", self.township, "work_safety")
        self.remit(self.bureau, "direct", "C")
        self.remit(self.far_bureau, "direct", "C")
        self.remit(self.housing, "direct", "E", "housing_construction")
        for party in (self.city_bureau, self.bureau, self.far_bureau):
            self.remit(party, "comprehensive")
        self.remit(self.office, "territorial")

    def department(self, name: str, place: Territory, sector: str) -> Party:
        """Make a department."""
        return Party.objects.create(
            kind="department", name=name, level=place.level, sector=sector, territory=place, path=place.path
        )

    def remit(self, party: Party, role: str, industry: str = "", sector: str = "", **more: Any) -> Remit:
        """Give a department a remit."""
        return Remit.objects.create(
            party=party,
            territory=party.territory,
            role=role,
            industry=industry,
            sector=sector or party.sector,
            **more,
        )

    def _people(self) -> None:
        self.city_officer = self.person("city_officer", self.city_bureau)
        self.city_leader = self.person("city_leader", self.city_bureau)
        self.officer = self.person("county_officer", self.bureau)
        self.second_officer = self.person("county_officer", self.bureau, "county_officer_2")
        self.far_officer = self.person("county_officer", self.far_bureau, "far_officer")
        self.industry_officer = self.person("industry_officer", self.housing)
        self.township_officer = self.person("township_officer", self.office)
        self.grid_inspector = self.person("grid_inspector", self.office, territory=self.village)
        self.administrator = self.person("administrator", self.city_bureau)

    def person(
        self, kind: str, party: Party | None, username: str = "", territory: Territory | None = None
    ) -> Actor:
        """Put a new person with an account into a new post; returns the actor."""
        assert party is not None
        person = Person.objects.create(name=f"测试{kind}")
        post = Post.objects.create(party=party, kind=kind, title=kind, territory=territory)
        Membership.objects.create(person=person, post=post, valid_from=date(2026, 1, 1))
        account = Account.objects.create(username=username or kind, person=person, password=PASSWORD)
        return actor_in(post, person, clock.today(), account_id=account.pk)


def credit_code(serial: int) -> str:
    """Return a valid credit code of the test range."""
    start = f"91220101TEST0{serial:04d}".replace("S", "5")
    return start + credit_check_character(start)
