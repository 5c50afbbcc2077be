"""Merging two entries of one enterprise and undoing it, told in the field's words."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest
from django.db import connection

from anlan.domains.enterprises import actions
from anlan.domains.enterprises.models import Enterprise
from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.kernel import clock, ledger
from anlan.kernel.loops import inbox
from anlan.kernel.registers import archive, restore
from anlan.kernel.registers.errors import Changed, Invalid, NotAllowed, NotSeen
from anlan.kernel.scope.actors import actor_in
from anlan.kernel.scope.models import PartySuccession, Person, Post

WHY = "同一企业重复登记"


def row(pk: uuid.UUID) -> Enterprise:
    return Enterprise.unscoped("a test reads the result").get(pk=pk)


def anew(actor: Any) -> Any:
    """The same person signing in again."""
    post, person = Post.objects.get(pk=actor.post_id), Person.objects.get(pk=actor.person_id)
    return actor_in(post, person, clock.today(), account_id=actor.account_id)


@pytest.fixture
def double(city: Any) -> Enterprise:
    """The workshop entered once more under another code, with its own safety officer."""
    twin = city.enterprise("长春市测试机械加工有限责任公司", city.village, "3489", 77)
    city.twin_officer = city.person("safety_officer", twin.holder, "twin_officer")
    return twin


def test_the_kept_people_take_over_what_is_open_and_undoing_gives_it_back(
    city: Any, double: Enterprise
) -> None:
    open_there = city.reports(at=double)
    assert not HiddenDanger.seen_by(anew(city.safety_officer)).filter(pk=open_there.pk).exists()

    actions.merge(city.workshop.pk, double.pk, city.officer, WHY)

    gone = row(double.pk)
    assert gone.is_archived
    assert gone.merged_into_id == city.workshop.pk
    kept_officer = anew(city.safety_officer)
    assert HiddenDanger.seen_by(kept_officer).filter(pk=open_there.pk).exists()
    assert open_there.pk in {one.matter.pk for one in inbox(kept_officer)}
    assert city.fresh(open_there.pk).enterprise_id == double.pk, "nothing is moved"

    meanwhile = city.reports(at=city.workshop, description="配电箱未上锁")
    before = row(double.pk)
    actions.unmerge(double.pk, city.officer, "核实为两家企业")

    back = row(double.pk)
    assert not back.is_archived
    assert back.merged_into_id is None
    assert back.archive_reason == ""
    for field in ("name", "credit_code", "holder_id", "territory_id", "sector", "path"):
        assert getattr(back, field) == getattr(before, field)
    assert not PartySuccession.objects.filter(predecessor=double.holder).exists()
    assert not HiddenDanger.seen_by(anew(city.safety_officer)).filter(pk=open_there.pk).exists()
    assert city.fresh(meanwhile.pk).enterprise_id == city.workshop.pk


def test_both_chains_tell_it(city: Any, double: Enterprise) -> None:
    actions.merge(city.workshop.pk, double.pk, city.officer, WHY)
    actions.unmerge(double.pk, city.officer, WHY)
    assert [entry.act for entry in ledger.history(city.workshop.pk)][-2:] == ["merged", "unmerged"]
    assert [entry.act for entry in ledger.history(double.pk)][-2:] == ["merged_away", "unmerged_away"]
    assert ledger.history(double.pk)[-2].data["with"]["id"] == str(city.workshop.pk)
    assert ledger.history(double.pk)[-2].data["reason"] == WHY


def test_a_merged_row_leaves_the_list_and_is_not_restored_behind_the_merge(
    city: Any, double: Enterprise
) -> None:
    actions.merge(city.workshop.pk, double.pk, city.officer, WHY)
    with pytest.raises(Invalid):
        restore(Enterprise, double.pk, city.officer, "误归档")
    assert row(double.pk).is_archived


@pytest.mark.parametrize(
    "who", ["safety_officer", "main_person", "grid_inspector", "city_leader", "administrator"]
)
def test_only_officers_merge(city: Any, double: Enterprise, who: str) -> None:
    with pytest.raises((NotAllowed, NotSeen)):
        actions.merge(city.workshop.pk, double.pk, getattr(city, who), WHY)


def test_nobody_merges_what_lies_outside_their_scope(city: Any, double: Enterprise) -> None:
    for keep, other in (
        (double.pk, city.far_shop.pk),
        (city.far_shop.pk, double.pk),
        (double.pk, uuid.uuid4()),
    ):
        with pytest.raises(NotSeen):
            actions.merge(keep, other, city.officer, WHY)
    actions.merge(city.workshop.pk, double.pk, city.officer, WHY)
    with pytest.raises(NotSeen):
        actions.unmerge(double.pk, city.far_officer, WHY)


def test_itself_and_chains_of_merges_are_refused(city: Any, double: Enterprise) -> None:
    third = city.enterprise("测试机械加工厂", city.village, "3489", 78)
    with pytest.raises(Invalid):
        actions.merge(double.pk, double.pk, city.officer, WHY)
    actions.merge(city.workshop.pk, double.pk, city.officer, WHY)
    for keep, other in ((third, city.workshop), (double, third), (third, double)):
        with pytest.raises(Invalid):
            actions.merge(keep.pk, other.pk, city.officer, WHY)
    actions.merge(city.workshop.pk, third.pk, city.officer, WHY)
    assert row(third.pk).merged_into_id == city.workshop.pk, "several may be merged into one"


def test_an_archived_row_and_a_row_that_was_not_merged_are_refused(city: Any, double: Enterprise) -> None:
    with pytest.raises(Invalid):
        actions.unmerge(double.pk, city.officer, WHY)
    archive(Enterprise, double.pk, city.officer, "注销")
    with pytest.raises(Invalid):
        actions.merge(city.workshop.pk, double.pk, city.officer, WHY)


@pytest.mark.parametrize("reason", ["", "   ", "长" * 301, "a\x00b"])
def test_the_reason_is_asked(city: Any, double: Enterprise, reason: str) -> None:
    with pytest.raises(Invalid):
        actions.merge(city.workshop.pk, double.pk, city.officer, reason)


def test_sending_twice_merges_once(city: Any, double: Enterprise) -> None:
    key, second = uuid.uuid4(), uuid.uuid4()
    for _ in range(2):
        assert actions.merge(city.workshop.pk, double.pk, city.officer, WHY, key=key).pk == city.workshop.pk
    assert [entry.act for entry in ledger.history(double.pk)].count("merged_away") == 1
    for _ in range(2):
        assert actions.unmerge(double.pk, city.officer, WHY, key=second).pk == double.pk
    with pytest.raises(Invalid):
        actions.unmerge(double.pk, city.officer, WHY, key=key)


def test_a_row_changed_meanwhile_is_told(city: Any, double: Enterprise) -> None:
    with pytest.raises(Changed):
        actions.merge(city.workshop.pk, double.pk, city.officer, WHY, version=double.version + 1)


@pytest.mark.django_db(transaction=True)
def test_two_officers_merge_the_same_pair_crosswise(city: Any, double: Enterprise) -> None:
    told: list[str] = []

    def act(keep: uuid.UUID, other: uuid.UUID) -> None:
        try:
            actions.merge(keep, other, city.officer, WHY)
            told.append("done")
        except Invalid:
            told.append("refused")
        finally:
            connection.close()

    pairs = [(city.workshop.pk, double.pk), (double.pk, city.workshop.pk)] * 3
    threads = [threading.Thread(target=act, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(told) == ["done"] + ["refused"] * 5
    merged = [row(city.workshop.pk).merged_into_id, row(double.pk).merged_into_id]
    assert merged.count(None) == 1
    assert PartySuccession.objects.count() == 1
