"""The demonstration: real steps, marked rows, the same plans from one seed; and gone again without a trace of harm."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from ground import Ground
from pytest_django import DjangoDbBlocker

from anlan.domains.enterprises.models import Enterprise
from anlan.domains.hidden_dangers import demo as dangers
from anlan.domains.hidden_dangers.loop import HiddenDangerLoop
from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.kernel import clock
from anlan.kernel.evidence.models import Evidence
from anlan.kernel.identity.models import Account
from anlan.kernel.ledger.models import LedgerEntry
from anlan.kernel.ledger.verifying import verify
from anlan.kernel.loops import awaiting, open_matter
from anlan.kernel.notices.leaving import Outward
from anlan.kernel.registers.keeping import create
from anlan.kernel.scope import Actor
from anlan.kernel.scope.actors import actor_in
from anlan.kernel.scope.models import Membership, Party, Person, Post, Territory
from anlan.kernel.sharing import Subscription
from anlan.kernel.sharing.models import SharedCall
from anlan.kernel.sharing.serving import data_set_of, masked_of
from anlan.kernel.vault import ensure_keys
from anlan.site import city, demo, demo_clear
from anlan.site.demo_work import Task

FIRMS, DANGERS = 14, 24
BEGUN = clock.now()


def changchun() -> None:
    """The city as its pack says it, with nothing in it yet."""
    ensure_keys(Path(settings.ANLAN_DATA) / "keys")
    city.load("changchun")


def a_year(_city: None) -> dict[str, Any]:
    """A small demonstration in it, and what it leaves in a file beside the database."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(dangers, "MAJOR_SHARE", 0.25)
        return demo.make(firms=FIRMS, dangers=DANGERS) | {"file": accounts_file().read_bytes()}


def accounts_file() -> Path:
    return Path(settings.ANLAN_DATA) / demo.ACCOUNTS_FILE


@pytest.fixture
def _city_alone(shared_ground: Ground, django_db_blocker: DjangoDbBlocker) -> None:
    with django_db_blocker.unblock():
        shared_ground.lay(BEGUN, changchun)


@pytest.fixture
def _year(shared_ground: Ground, django_db_blocker: DjangoDbBlocker) -> Any:
    with django_db_blocker.unblock():
        return shared_ground.lay(BEGUN, changchun, a_year)


@pytest.fixture
def made(_year: dict[str, Any], db: None) -> dict[str, Any]:
    """What the demonstration says of itself; a test before may have taken its file away."""
    if not accounts_file().exists():
        accounts_file().touch(mode=0o600)
        accounts_file().write_bytes(_year["file"])
    return _year


def real_officer(post: Post | None = None) -> Actor:
    bureau = Party.objects.get(key="2201:emergency")
    post = post or Post.objects.create(party=bureau, kind="city_officer", title="监管科干部")
    person = Person.objects.create(name="真实干部")
    Membership.objects.create(person=person, post=post, valid_from=date(2026, 1, 1))
    account = Account.objects.create(username="real", person=person)
    return actor_in(post, person, clock.today(), account_id=account.id)


def real_firm(actor: Actor) -> Enterprise:
    village = Territory.objects.get(segment="220102001001")
    code = "91220102MA0Y0A0A0J"
    code = code[:17] + _check(code[:17])
    data = {"name": "真实企业", "credit_code": code, "territory": str(village.pk), "industry": "3670"}
    return create(Enterprise, actor, {**data, "scale": "small", "operation": "operating"})


def _check(first: str) -> str:
    from anlan.domains.enterprises.rules import credit_check_character

    return credit_check_character(first)


def year() -> dangers.Year:
    last = datetime(2026, 11, 23, 12, tzinfo=clock.CHINA)
    return dangers.Year(date(2025, 11, 23), last, lambda day: day.weekday() < 6)


SITES = [dangers.Site(n, "3670", frozenset({"has_explosive_dust"}), 1.0) for n in range(80)]


def test_the_same_seed_plans_the_same_year() -> None:
    assert dangers.plans(Random(3), SITES, year(), 200) == dangers.plans(Random(3), SITES, year(), 200)
    assert dangers.plans(Random(3), SITES, year(), 200) != dangers.plans(Random(4), SITES, year(), 200)


def test_the_acts_of_a_plan_follow_one_another() -> None:
    for plan in dangers.plans(Random(3), SITES, year(), 400):
        assert plan.acts[0].step == "open"
        assert all(a.at <= b.at for a, b in zip(plan.acts, plan.acts[1:], strict=False))


def test_topics_come_as_often_as_in_the_reports() -> None:
    topics = {group["key"]: group for group in dangers.book()["topics"]}
    whole = sum(group["weight"] for group in topics.values())
    assert whole == 24_594
    made = dangers.plans(Random(3), SITES, year(), 3000)
    found = Counter(plan.scene for plan in made if plan.scene in topics)
    for key, group in topics.items():
        if group["fits"] == "any":
            assert abs(found[key] / len(made) - group["weight"] / whole) < 0.04, key


def test_findings_are_many_and_in_both_languages() -> None:
    findings = [f for group in dangers.book()["topics"] for f in group["findings"]]
    assert len(findings) >= 135
    assert all(f["zh"] and f["en"] for f in findings)
    assert len({f["zh"] for f in findings}) == len(findings)


def test_a_year_is_made_through_the_engine(made: dict[str, Any]) -> None:
    assert made["refused"] == {}
    rows = HiddenDanger.unscoped("a test looks at everything").filter(parent_loop="")
    assert rows.count() == made["counts"]["open"] >= DANGERS
    assert not rows.filter(is_demo=False).exists()
    assert rows.filter(state="closed").count() > DANGERS / 3
    # What is not of the demonstration came with the city's pack, before it.
    assert not LedgerEntry.objects.filter(is_demo=False).exclude(actor_kind="system").exists()
    assert verify().sound
    names = {account["role"]: account for account in demo.accounts()}
    assert {"county_officer", "safety_officer", "grid_inspector", "city_leader"} <= set(names)
    for role in names.values():
        assert Account.objects.get(username=role["username"]).check_password(role["password"])
    assert accounts_file().stat().st_mode & 0o077 == 0


def test_every_role_that_is_awaited_finds_something_on_its_desk(made: dict[str, Any]) -> None:
    assert demo.make(firms=1, dangers=1) == {"counts": {}, "refused": {}}  # it is there: nothing is done
    for role in ("county_officer", "city_officer", "industry_officer", "township_officer", "safety_officer"):
        account = Account.objects.get(username=role)
        assert account.preferred_post
        actor = actor_in(account.preferred_post, account.person, clock.today(), account_id=account.id)
        desk = awaiting.counts(actor)
        assert desk["overdue"], role
        assert desk["today"], role
        assert desk["week"], role


def test_something_leaves_the_city_and_nothing_waits_to(made: dict[str, Any]) -> None:
    rows = Subscription.unscoped("a test counts").filter(is_demo=True)
    assert {row.channel: row.state for row in rows} == {"pull": "active", "push": "active", "xlsx": "asked"}
    pulled = rows.get(channel="pull")
    calls = list(
        SharedCall.objects.filter(subscription=pulled).order_by("at").values_list("status", flat=True)
    )
    assert calls == [200] * 7 + [422]
    assert "legal_representative" in masked_of(pulled, data_set_of(pulled)), "masked, with its reason"
    pushed = rows.get(channel="push")
    assert pushed.endpoint.is_paused, "a demonstration pushes nothing by itself"
    tries = [[one["ok"] for one in each.tries] for each in pushed.deliveries.order_by("made_at")]
    assert [False, True] in tries, "one portion was refused and sent again"
    assert {each.state for each in pushed.deliveries.all()} == {"sent"}
    assert not SharedCall.objects.filter(subscription__in=rows, at__gt=clock.now()).exists()
    log = SharedCall.objects.filter(subscription__in=rows)
    assert list(log.order_by("at", "pk")) == list(log.order_by("pk")), "laid in the order of time"
    mails = Outward.objects.filter(is_demo=True)
    assert {row.state for row in mails} == {"sent", "given_up"}
    assert all(row.receipt for row in mails if row.state == "sent")
    resent = mails.get(attempts=2)
    assert [one.succeeded for one in resent.tries.order_by("number")] == [False, True]
    assert LedgerEntry.objects.get(chain=resent.pk).act == "resent"
    assert verify().sound


def test_clearing_removes_the_demonstration_and_nothing_else(made: dict[str, Any]) -> None:
    demo_post = Post.objects.filter(is_demo=True, kind="county_officer").first()
    assert demo_post
    officer = real_officer()
    firm = real_firm(officer)
    moved_in = Person.objects.create(name="新来的人")
    Membership.objects.create(person=moved_in, post=demo_post, valid_from=clock.today())
    data = {
        "enterprise": str(firm.pk), "topic": "fire", "description": "真实隐患", "found_on": clock.today().isoformat(),
    }  # fmt: skip
    real = open_matter(HiddenDangerLoop, officer, data)
    before = {m: m._base_manager.filter(is_demo=False).count() for m in marked() if m is not Post}
    played = HiddenDanger._base_manager.filter(is_demo=True).count()

    removed = demo.clear()

    assert removed["hidden_dangers_hiddendanger"] == played >= made["counts"]["open"]
    for model in marked():
        assert not model._base_manager.filter(is_demo=True).exists(), model
    after = {m: m._base_manager.filter(is_demo=False).count() for m in before}
    assert after.pop(LedgerEntry) == before.pop(LedgerEntry) + 1
    assert after == before
    assert HiddenDanger.unscoped("a test looks at everything").get().pk == real.chain
    assert Post.objects.filter(pk=demo_post.pk, is_demo=False).exists()
    note = LedgerEntry.objects.get(chain=demo_clear.CHAIN)
    assert note.data["removed"]["enterprises_enterprise"] == FIRMS
    assert verify().sound
    assert not accounts_file().exists()
    assert demo.accounts() == []


def test_what_is_reported_at_a_demonstration_enterprise_is_demonstration(made: dict[str, Any]) -> None:
    officer = real_officer()
    firm = Enterprise.unscoped("a test takes any").first()
    assert firm
    data = {
        "enterprise": str(firm.pk),
        "topic": "fire",
        "description": "看看",
        "found_on": str(clock.today()),
    }
    entry = open_matter(HiddenDangerLoop, officer, data)
    assert HiddenDanger.unscoped("a test looks").get(pk=entry.chain).is_demo
    demo.clear()
    assert not HiddenDanger.unscoped("a test looks").exists()


def test_pictures_are_stored_once_and_shown_as_demonstration(made: dict[str, Any]) -> None:
    shots = Evidence._base_manager.filter(bound=True)
    assert shots.count() > DANGERS
    assert len(set(shots.values_list("sha256", flat=True))) <= 50
    assert json.dumps(made["counts"])


@pytest.mark.usefixtures("_city_alone", "db")
def test_a_demonstration_broken_off_is_begun_anew() -> None:
    now = clock.now().isoformat()
    demo.settle(Task(1, now, 3, 3, 0, 1))
    assert not demo.is_whole()
    made = demo.make(firms=6, dangers=6)
    assert made["counts"]["open"] >= 6
    assert Enterprise.unscoped("a test counts").count() == 6


def marked() -> list[Any]:
    return [m for m in apps.get_models() if any(f.name == "is_demo" for f in m._meta.concrete_fields)]
