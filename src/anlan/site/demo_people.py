"""People of the demonstration: posts in real departments, invented people in them, an account for each.

Rows are gathered and written in bulk. Everybody is marked as demonstration. Accounts have no usable password until
``demo.accounts`` gives one to the few that stand for a role.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from random import Random

from django.contrib.auth.hashers import make_password

from anlan.domains.enterprises.demo import person_name
from anlan.kernel.identity.models import Account
from anlan.kernel.scope import Actor
from anlan.kernel.scope.actors import actor_in
from anlan.kernel.scope.models import Membership, Party, Person, Post

BATCH = 1000
OFFICERS_OF_A_BUREAU = 2


@dataclass(slots=True)
class Cast:
    """Posts and the people in them: added one by one, written together by ``write``."""

    random: Random
    since: date
    people: dict[uuid.UUID, Person] = field(default_factory=dict)
    by_party: dict[uuid.UUID, list[Post]] = field(default_factory=lambda: defaultdict(list))
    _new: list[Post] = field(default_factory=list)
    _accounts: int = 0
    _actors: dict[uuid.UUID, Actor] = field(default_factory=dict)

    def add(self, party: Party, kind: str, title: str, name: str = "") -> Post:
        """Put one more person into a post of a party."""
        post = Post(party=party, kind=kind, title=title, is_demo=True)
        phone = f"199{self.random.randint(0, 99_999_999):08d}"
        self.people[post.id] = Person(name=name or person_name(self.random), phone=phone, is_demo=True)
        self.by_party[party.id].append(post)
        self._new.append(post)
        return post

    def write(self) -> int:
        """Write what was added since the last time; returns how many people."""
        people = [self.people[post.id] for post in self._new]
        Post.objects.bulk_create(self._new, BATCH)
        Person.objects.bulk_create(people, BATCH)
        Membership.objects.bulk_create(
            [Membership(person=self.people[post.id], post=post, valid_from=self.since) for post in self._new],
            BATCH,
        )
        Account.objects.bulk_create([self._account(person) for person in people], BATCH)
        self._new = []
        return len(people)

    def _account(self, person: Person) -> Account:
        self._accounts += 1
        # The account bears the id of its person, so that whoever holds the one knows the other.
        return Account(
            id=person.id,
            username=f"demo-{self._accounts:05d}",
            person=person,
            is_demo=True,
            password=make_password(None),
        )

    @staticmethod
    def read(random: Random, since: date) -> Cast:
        """Return the cast of a demonstration that was written before."""
        cast = Cast(random, since)
        seats = Membership.objects.filter(valid_to=None, post__is_demo=True, person__is_demo=True)
        seats = seats.select_related("person", "post__party__territory", "post__territory")
        for seat in seats.order_by("post_id"):
            cast.people[seat.post_id] = seat.person
            cast.by_party[seat.post.party_id].append(seat.post)
        return cast

    def actor(self, post: Post) -> Actor:
        """Return the person of a post as an actor."""
        if post.id not in self._actors:
            person = self.people[post.id]
            self._actors[post.id] = actor_in(post, person, self.since, account_id=person.id)
        return self._actors[post.id]

    def of(self, party_id: uuid.UUID | None, *kinds: str) -> list[Post]:
        """Return the posts of some kinds in a party."""
        return [post for post in self.by_party.get(party_id, ()) if post.kind in kinds] if party_id else []


def fill_departments(cast: Cast) -> None:
    """Put people into every government, department and township office of the city; nobody into villages."""
    parties = Party.objects.filter(key__isnull=False, valid_to=None, kind__in=("government", "department"))
    for party in parties.select_related("territory").order_by("path", "key"):
        for kind, title in _posts_of(party):
            cast.add(party, kind, title)


def _posts_of(party: Party) -> list[tuple[str, str]]:
    city = party.level == "city"
    if party.kind == "government":
        titles = {
            "city": [("city_leader", "分管副市长")],
            "county": [("county_leader", "分管副县（市、区）长")],
        }
        return titles.get(
            party.level, [("county_leader", "管委会分管副主任")] if party.level == "zone" else []
        )
    if party.level == "township":
        return [("township_officer", "安监干部")] * OFFICERS_OF_A_BUREAU
    if str(party.key).endswith(":emergency"):
        kind = "city_officer" if city else "county_officer"
        posts = [(kind, f"{title}干部") for title in ("监管一科", "监管二科", "执法大队")[: 3 if city else 2]]
        return [*posts, ("administrator", "平台管理员")] if city else posts
    return [("industry_officer", "安全监管科干部")] * OFFICERS_OF_A_BUREAU if party.sector else []


def add_services(cast: Cast, city: Party) -> None:
    """Add an institution and an insurer, so that their roles have somebody."""
    where = city.territory.name.removesuffix("市") if city.territory else ""
    for kind, name, title in (
        ("institution_expert", f"{where}砚原安全技术服务有限公司", "安全评价师"),
        ("insurer", f"澜川财产保险{where}支公司", "风险减量服务岗"),
    ):
        party = Party.objects.create(
            kind="institution", name=name, territory=city.territory, path=city.path, is_demo=True
        )
        cast.add(party, kind, title)
