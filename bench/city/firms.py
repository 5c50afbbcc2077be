"""The enterprises of the bench's city: register rows with their party, their people and their first ledger entry."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from random import Random
from typing import Any

import psycopg
from django.contrib.auth.hashers import make_password

from anlan.domains.enterprises.demo import DemoEnterprise, enterprises, person_name
from anlan.domains.enterprises.models import Enterprise
from anlan.kernel import clock
from anlan.kernel.identity.models import Account
from anlan.kernel.ledger.chain import private_digest
from anlan.kernel.ledger.models import LedgerPrivate
from anlan.kernel.registers.fields import plain
from anlan.kernel.scope.models import Membership, Party, Person, Post, Territory
from anlan.kernel.scope.responsibility import Responsibility, remembering, responsibility
from anlan.site import demo
from bench.city.copying import copy, copy_models
from bench.city.entries import COLUMNS, Chain, Desk
from bench.city.ids import id_at

BATCH = 2000
POSTS = (("main_person", "总经理"), ("safety_officer", "安全员"), ("worker", "班组长"))


@dataclass
class Founding:
    """Rows of one batch of enterprises, by table."""

    random: Random
    since: datetime
    rows: dict[type, list[Any]] = field(default_factory=dict)
    entries: list[list[Any]] = field(default_factory=list)

    def add(self, row: Any) -> Any:
        """Keep a row to be written."""
        self.rows.setdefault(type(row), []).append(row)
        return row

    def write(self, to: psycopg.Connection[Any], position: int) -> int:
        """Write everything kept and return the position after the last entry."""
        for kind in (Party, Enterprise, Post, Person, Membership, Account):
            copy_models(to, self.rows.pop(kind, []))
        copy(to, "ledger_entry", COLUMNS, ([*row, position + n] for n, row in enumerate(self.entries)))
        position += len(self.entries)
        copy_models(to, self.rows.pop(LedgerPrivate, []))
        self.entries = []
        return position


def found(
    to: psycopg.Connection[Any], seed: int, since: datetime, count: int, part: int, parts: int, position: int
) -> int:
    """Write every ``parts``-th enterprise from ``part`` on; returns the position after the last ledger entry."""
    villages = {
        t.code: t for t in Territory.objects.filter(level="village", valid_to=None, longitude__isnull=False)
    }
    offices, clerks, today = demo.township_offices(), _clerks(), clock.today()
    made = islice(enumerate(_each(seed, villages, count)), part, None, parts)
    founding = Founding(Random(f"{seed}/{part}"), since)
    with remembering():
        for number, one in made:
            village = villages[one.place.code]
            clerk = clerks[str(offices[demo.township_of(village.path)].pk)]
            _found_one(founding, number, one, village, clerk, responsibility(village, one.industry, today))
            if len(founding.entries) >= BATCH:
                position = founding.write(to, position)
    return founding.write(to, position)


def _each(seed: int, villages: dict[str, Territory], count: int) -> Iterator[DemoEnterprise]:
    return enterprises(Random(seed), list(demo.places_to_stand(villages)), count)


def _clerks() -> dict[str, Desk]:
    """Return the first officer of each township office, by the office's id."""
    seats = Membership.objects.filter(post__kind="township_officer", post__is_demo=True).order_by("-post_id")
    named = seats.values_list("post__party_id", "post_id", "person_id", "person__name")
    return {str(party): Desk(str(person), str(post), str(party), name, "township_officer")
            for party, post, person, name in named}  # fmt: skip


def _found_one(
    founding: Founding, number: int, made: DemoEnterprise, village: Territory, clerk: Desk, answer: Responsibility
) -> None:  # fmt: skip
    at = founding.since + timedelta(seconds=number)
    direct = answer.by_role.get("direct")
    sector = direct[0].sector if direct and direct[0].sector else "work_safety"
    party = founding.add(Party(
        id=_id(founding.random, at), kind="enterprise", name=made.name, sector=sector, territory=village,
        path=village.path, is_demo=True,
    ))  # fmt: skip
    row = Enterprise(
        id=_id(founding.random, at), holder=party, territory=village, sector=sector, created_at=at, updated_at=at,
        is_demo=True, name=made.name, credit_code=made.credit_code, address=made.address,
        longitude=Decimal(str(made.longitude)), latitude=Decimal(str(made.latitude)), industry=made.industry,
        business=made.business, scale=made.scale, operation="operating", employees=made.employees,
        legal_representative=made.main_person, safety_phone=made.phone, **dict.fromkeys(made.flags, True),
    )  # fmt: skip
    row.settle()
    founding.add(row)
    _note(founding, row, clerk, at)
    _staff(founding, party, made, at)


def _note(founding: Founding, row: Enterprise, clerk: Desk, at: datetime) -> None:
    """Write down that it was entered; what is personal lies sealed beside the chain."""
    hidden = {"safety_phone": row.safety_phone}
    shown = {name: plain(getattr(row, name)) for name in Enterprise.kept.asks if name not in hidden}
    salt = secrets.token_hex(32)
    chain = Chain("enterprises.Enterprise", str(row.pk), founding.random)
    entry = chain.add("created", clerk, at, at, shown, private_digest=private_digest(salt, hidden))
    founding.entries.append(chain.rows[0][1])
    sealed = json.dumps(hidden, ensure_ascii=False)
    founding.add(LedgerPrivate(entry_id=uuid.UUID(entry), salt=salt, sealed=sealed))


def _staff(founding: Founding, party: Party, made: DemoEnterprise, at: datetime) -> None:
    names = {"main_person": made.main_person, "safety_officer": made.safety_officer}
    for kind, title in POSTS:
        post = founding.add(
            Post(id=_id(founding.random, at), party=party, kind=kind, title=title, is_demo=True)
        )
        person = founding.add(Person(
            id=_id(founding.random, at), name=names.get(kind) or person_name(founding.random), phone=made.phone,
            is_demo=True,
        ))  # fmt: skip
        founding.add(Membership(person=person, post=post, valid_from=at.date()))
        founding.add(Account(
            id=person.id, username=f"bench-{made.credit_code.lower()}-{kind}", person=person, is_demo=True,
            password=make_password(None), created_at=at,
        ))  # fmt: skip


def _id(random: Random, at: datetime) -> uuid.UUID:
    return uuid.UUID(id_at(random, at))
