"""Rows under scope: the manager refuses, and the SQL of ``seen_by``/``actable_by`` equals a sentence in plain Python.

The small world is made exhaustive: every place × sector × holder × sensitivity as a row, every actor asked about each.
"""

from __future__ import annotations

import itertools
from datetime import date
from typing import Any

import pytest
from django.db import models
from world import World

from anlan.domains.enterprises.models import Enterprise
from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.kernel import clock
from anlan.kernel.evidence.models import Evidence
from anlan.kernel.ids import new_id
from anlan.kernel.loops.models import Duty
from anlan.kernel.scope.actor import CLOCK, NOBODY, PERSONAL, Actor, Grant
from anlan.kernel.scope.errors import ScopeRequired
from anlan.kernel.scope.models import ScopedModel

SCOPED = [Enterprise, HiddenDanger, Evidence]


# --- the manager that refuses


@pytest.mark.parametrize("model", SCOPED)
@pytest.mark.parametrize(
    "ask",
    [
        lambda rows: rows.all(), lambda rows: rows.filter(pk=None), lambda rows: rows.get(pk=new_id()),
        lambda rows: rows.count(), lambda rows: rows.exists(), lambda rows: rows.aggregate(models.Count("pk")),
        lambda rows: rows.values(), lambda rows: rows.first(), lambda rows: rows.in_bulk(), lambda rows: rows.none(),
        lambda rows: rows.create(), lambda rows: rows.get_or_create(pk=new_id()), lambda rows: rows.bulk_create([]),
        lambda rows: rows.update(path="/"), lambda rows: rows.iterator(), lambda rows: rows.raw("SELECT 1"),
        lambda rows: list(rows.using("default")),
    ],
)  # fmt: skip
def test_a_query_without_a_scope_raises(city: Any, model: Any, ask: Any) -> None:
    with pytest.raises(ScopeRequired):
        ask(model.objects)


def test_every_scoped_model_of_the_installation_refuses(city: Any) -> None:
    from django.apps import apps

    scoped = [model for model in apps.get_models() if issubclass(model, ScopedModel)]
    assert set(SCOPED) <= set(scoped)
    for model in scoped:
        for manager in model._meta.managers:
            with pytest.raises(ScopeRequired):
                manager.all()


def test_no_way_leads_backwards_from_any_row_to_scoped_rows(city: Any) -> None:
    """``place.enterprise_set`` and the like go through the manager that refuses."""
    from django.apps import apps

    for model in apps.get_models():
        for field in model._meta.get_fields():
            backward = field.auto_created and not field.concrete and not field.hidden
            if backward and issubclass(field.related_model, ScopedModel) and model._meta.pk.name == "id":
                with pytest.raises(ScopeRequired):
                    getattr(model(pk=new_id()), field.get_accessor_name()).all().exists()


@pytest.mark.parametrize("why", ["", "  "])
def test_unscoped_needs_its_reason(city: Any, why: str) -> None:
    with pytest.raises(ScopeRequired):
        Enterprise.unscoped(why)


# --- the predicate in SQL and in plain Python


def is_seen(actor: Actor, row: Any, *, act: bool = False, domain: str = "enterprises") -> bool:
    """What scope says, in one sentence."""
    if actor.kind != "person":
        return False
    own = row.holder_id is not None and row.holder_id in actor.party_ids and row.sensitivity <= PERSONAL
    granted = any(
        row.path.startswith(grant.path)
        and grant.sector in (None, row.sector)
        and grant.domain in (None, domain)
        and row.sensitivity <= grant.ceiling
        and (grant.act or not act)
        for grant in actor.grants
    )
    return own or granted


def people_of(world: World) -> dict[str, Actor]:
    return {name: value for name, value in vars(world).items() if isinstance(value, Actor)}


def hand_made(world: World) -> dict[str, Actor]:
    """Actors with grants that no post gives today: domain grants, odd ceilings, several at once, none."""
    county, far = world.county.path, world.far_township.path
    grants = [
        (), (Grant(county, "fire", None, 4, True),), (Grant(county, None, "enterprises", 1),),
        (Grant(county, None, "hidden_dangers", 4, True),), (Grant("/22/", "energy", None, 0), Grant(far, None, None, 3, True)),
        (Grant(county, "", None, 4, True),),
    ]  # fmt: skip
    made = {
        f"grants {n}": Actor(name="x", person_id=new_id(), grants=given) for n, given in enumerate(grants)
    }
    return made | {"clock": CLOCK, "nobody": NOBODY, "job": Actor.system("job")}


@pytest.fixture
def rows(city: Any) -> list[Enterprise]:
    places = [city.village, city.other_village, city.far_village, city.county, city.zone, city.city]
    sectors = ["work_safety", "housing_construction", "fire"]
    holders = [None, city.workshop.holder, city.far_shop.holder, city.bureau]
    now = clock.now()
    made = [
        Enterprise(
            territory=place, path=place.path, sector=sector, holder=holder, sensitivity=level, name=f"{n}",
            credit_code=f"T{n:017d}", industry="C", created_at=now, updated_at=now,
        )
        for n, (place, sector, holder, level) in enumerate(itertools.product(places, sectors, holders, range(5)))
    ]  # fmt: skip
    return Enterprise.unscoped("a test fills the small world").bulk_create(made)


def test_what_sql_shows_is_what_the_sentence_says_for_every_actor_and_row(
    city: Any, rows: list[Enterprise]
) -> None:
    everything = list(Enterprise.unscoped("the test compares with every row"))
    for name, actor in (people_of(city) | hand_made(city)).items():
        seen = set(Enterprise.seen_by(actor).values_list("pk", flat=True))
        assert seen == {row.pk for row in everything if is_seen(actor, row)}, name
        actable = set(Enterprise.actable_by(actor).values_list("pk", flat=True))
        assert actable == {row.pk for row in everything if is_seen(actor, row, act=True)}, name
        assert Enterprise.seen_by(actor).count() == len(seen)
        known = Enterprise.seen_among(actor, [row.pk for row in everything], lambda rows: rows)
        assert {row.pk for row in known} == seen, name
        by_grant = {row.pk for row in everything if actor.may_act_on(row, "enterprises")}
        assert by_grant <= actable or actor.kind != "person", name


def test_the_world_tells_the_actors_apart(city: Any, rows: list[Enterprise]) -> None:
    """Guard of the test above: predicates that are all empty or all alike would prove nothing."""
    counts = {name: Enterprise.seen_by(actor).count() for name, actor in people_of(city).items()}
    assert (
        counts["city_officer"]
        > counts["officer"]
        > counts["township_officer"]
        >= counts["grid_inspector"]
        > 0
    )
    assert counts["industry_officer"] < counts["officer"]
    assert counts["administrator"] == 0 or counts["administrator"] == counts["worker"]
    assert len(set(counts.values())) >= 5


def test_a_leader_sees_and_does_not_act(city: Any, rows: list[Enterprise]) -> None:
    assert Enterprise.seen_by(city.city_leader).filter(holder=None).exists()
    assert not Enterprise.actable_by(city.city_leader).exclude(holder=city.city_bureau).exists()


def test_nobody_sees_more_than_the_ceiling_of_the_post(city: Any, rows: list[Enterprise]) -> None:
    for name, actor in people_of(city).items():
        assert not Enterprise.seen_by(actor).filter(sensitivity__gt=PERSONAL).exists(), name


def test_a_file_that_proves_nothing_yet_is_its_owners_alone_however_it_is_looked_for(city: Any) -> None:
    danger = city.reports()
    free = city.photo(city.safety_officer)
    city.step(danger, "grade", city.officer, rectify_by=city.in_days(5), measures="整改")
    bound = city.photo(city.safety_officer)
    Evidence.unscoped("a test binds").filter(pk=bound).update(
        bound=True,
        path=danger.path,
        sector=danger.sector,
        holder=danger.holder,
        sensitivity=danger.sensitivity,
    )
    for name, actor in (people_of(city) | hand_made(city)).items():
        seen = set(Evidence.seen_by(actor).filter(pk__in=[free, bound]).values_list("pk", flat=True))
        known = Evidence.seen_among(actor, [free, bound], lambda rows: rows)
        assert {row.pk for row in known} == seen, name
    assert Evidence.seen_among(city.safety_officer, [free], lambda rows: rows)
    assert not Evidence.seen_among(city.officer, [free], lambda rows: rows)


# --- assignment


def test_who_was_awaited_sees_the_matter_and_keeps_seeing_it(city: Any) -> None:
    danger = city.reports()
    stranger = city.person("industry_officer", city.market, "market_officer")
    assert not HiddenDanger.seen_by(stranger).exists()
    danger = city.step(danger, "transfer", city.officer, new_regulator=str(city.market.pk), reason="电梯")
    assert HiddenDanger.seen_by(stranger).get() == danger
    assert HiddenDanger.seen_among(stranger, [danger.pk, new_id()], lambda rows: rows) == [danger]
    Duty.objects.filter(matter_id=danger.pk).update(done_at=clock.now())
    assert HiddenDanger.seen_by(stranger).exists()
    other_kind = city.person("grid_inspector", city.market, "market_grid", territory=city.far_village)
    assert not HiddenDanger.seen_by(other_kind).exists()


def test_an_assignment_reaches_one_matter_not_its_neighbours(city: Any) -> None:
    danger, other = city.reports(), city.reports()
    city.step(danger, "transfer", city.officer, new_regulator=str(city.market.pk), reason="电梯")
    stranger = city.person("industry_officer", city.market, "market_officer")
    assert list(HiddenDanger.seen_by(stranger)) == [danger]
    assert HiddenDanger.seen_among(stranger, [danger.pk, other.pk], lambda rows: rows) == [danger]
    assert other.pk != danger.pk


def test_an_actor_without_a_post_is_assigned_nothing(city: Any) -> None:
    """``post_id=None`` must not match the duties that name no post."""
    city.reports()
    drifting = Actor(name="x", person_id=new_id(), party_ids=(new_id(),))
    assert not HiddenDanger.seen_by(drifting).exists()
    from anlan.kernel.loops import inbox

    assert inbox(drifting) == []


# --- a person moves


def test_a_person_moves_history_stays_and_work_moves_with_the_post(city: Any) -> None:
    from anlan.kernel import ledger
    from anlan.kernel.loops import inbox
    from anlan.kernel.scope.actors import actor_in, posts_of
    from anlan.kernel.scope.models import Membership, Person, Post

    danger = city.reports()
    danger = city.step(danger, "grade", city.officer, rectify_by=city.in_days(5), measures="清理")
    post = Post.objects.get(pk=city.safety_officer.post_id)
    mover = Person.objects.get(pk=city.safety_officer.person_id)
    danger = city.step(danger, "comment", city.safety_officer, text="今天开始整改")
    city.clock.to(date(2026, 3, 4))
    Membership.objects.filter(person=mover, post=post).update(valid_to=date(2026, 3, 3))
    new = Person.objects.create(name="接任者")
    Membership.objects.create(person=new, post=post, valid_from=date(2026, 3, 4))
    elsewhere = Post.objects.create(party=city.far_shop.holder, kind="safety_officer", title="安全员")
    Membership.objects.create(person=mover, post=elsewhere, valid_from=date(2026, 3, 4))

    assert posts_of(mover, clock.today()) == [elsewhere]
    assert posts_of(mover, date(2026, 3, 3)) == [post]
    moved, successor = actor_in(elsewhere, mover, clock.today()), actor_in(post, new, clock.today())
    assert [card.matter for card in inbox(successor)] == [danger]
    assert inbox(moved) == []
    assert not HiddenDanger.seen_by(moved).exists()
    assert ledger.history(danger.pk)[-1].actor_person == mover.pk


def test_a_post_that_closes_later_is_still_filled_today(city: Any) -> None:
    from anlan.kernel.scope.actors import posts_of
    from anlan.kernel.scope.models import Person, Post

    person = Person.objects.get(pk=city.worker.person_id)
    Post.objects.filter(pk=city.worker.post_id).update(closed_on=date(2026, 6, 1))
    assert [post.pk for post in posts_of(person, date(2026, 5, 31))] == [city.worker.post_id]
    assert posts_of(person, date(2026, 6, 1)) == []


# --- parties merge


def test_a_successor_sees_and_is_awaited_for_the_work_of_all_it_took_over(city: Any) -> None:
    from anlan.kernel.loops import inbox
    from anlan.kernel.scope.models import PartySuccession

    site = city.enterprise("长春测试建筑有限公司", city.village, "4710", 7)
    danger = city.reports(at=site, by=city.officer)
    assert danger.regulator == city.housing
    assert [card.matter for card in inbox(city.industry_officer)] == [danger]
    middle = city.department("南关区建设管理局", city.county, "urban_management")
    heir = city.department("南关区城乡建设委员会", city.county, "water")
    PartySuccession.objects.create(predecessor=city.housing, successor=middle, since=date(2026, 3, 10))
    PartySuccession.objects.create(predecessor=middle, successor=heir, since=date(2026, 3, 20))

    before = city.person("industry_officer", heir, "heir_before")
    assert not HiddenDanger.seen_by(before).exists()
    city.clock.to(date(2026, 3, 21))
    after = city.person("industry_officer", heir, "heir_after")
    assert set(after.party_ids) == {heir.pk, middle.pk, city.housing.pk}
    assert [card.matter for card in inbox(after)] == [danger]
    danger = city.step(danger, "grade", after, rectify_by=city.in_days(5), measures="加固")
    assert danger.state == "rectifying"
    assert city.reports(at=site, by=city.officer).regulator == heir, "new work goes to the successor"
    assert danger.regulator == city.housing, "rows stay where they are"
