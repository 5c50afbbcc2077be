"""Who is told what when work moves: notices follow duties, posts and hands, and nobody is told of their own acts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from anlan.kernel import clock
from anlan.kernel.loops import sweep, take
from anlan.kernel.notices import Notice, mark_read, notices_for, unread_count
from anlan.kernel.scope.actor import NOBODY
from anlan.kernel.scope.actors import actor_in
from anlan.kernel.scope.models import Membership, Person, Post

pytestmark = pytest.mark.django_db


def kinds(actor: Any) -> list[str]:
    return list(notices_for(actor).order_by("made_at", "id").values_list("kind", flat=True))


def test_a_new_duty_is_told_to_those_awaited_and_to_nobody_else(city: Any) -> None:
    danger = city.reports()
    assert kinds(city.officer) == ["duty"]
    told = notices_for(city.officer).get()
    assert (told.number, told.matter_id, told.due_at) == (danger.number, danger.pk, danger.due_at)
    assert danger.number in told.zh
    assert danger.number in told.en
    assert kinds(city.far_officer) == kinds(city.worker) == kinds(city.grid_inspector) == kinds(NOBODY) == []


def test_own_acts_are_not_told(city: Any) -> None:
    city.reports(by=city.officer)
    assert kinds(city.officer) == []
    assert kinds(city.safety_officer) == ["duty"]


def test_a_notice_says_nothing_that_stands_in_the_matter(city: Any) -> None:
    city.reports(description="安全出口被货物堵塞", location="二号车间")
    for told in Notice.objects.all():
        for word in ("安全出口", "二号车间", "测试机械", city.grid_inspector.name, city.officer.name):
            assert word not in told.zh + told.en


def test_work_moves_with_the_post_and_so_do_its_notices(city: Any) -> None:
    city.reports()
    post = Post.objects.get(pk=city.officer.post_id)
    successor = Person.objects.create(name="接任者")
    Membership.objects.filter(post=post).update(valid_to=clock.today())
    city.clock.forward(timedelta(days=2))
    Membership.objects.create(person=successor, post=post, valid_from=clock.today())
    heir = actor_in(post, successor, clock.today())
    assert kinds(heir) == ["duty"]
    assert unread_count(heir) == 1


def test_reading_is_each_persons_own(city: Any) -> None:
    city.reports()
    assert unread_count(city.safety_officer) == unread_count(city.second_safety_officer) == 1
    assert mark_read(city.safety_officer) == 1
    assert mark_read(city.safety_officer) == 0
    assert (unread_count(city.safety_officer), unread_count(city.second_safety_officer)) == (0, 1)


def test_nobody_marks_what_they_are_not_told(city: Any) -> None:
    city.reports()
    foreign = list(Notice.objects.values_list("pk", flat=True))
    assert mark_read(city.far_officer, foreign) == 0
    assert unread_count(city.officer) == 1


def test_lateness_is_told_once_however_often_the_clock_sweeps(city: Any) -> None:
    city.reports()
    city.clock.forward(timedelta(days=30))
    sweep()
    sweep()
    found = kinds(city.officer)
    assert found.count("overdue") == 1
    assert set(found) >= {"duty", "overdue"}


def test_the_old_no_longer_counts_as_new(city: Any) -> None:
    city.reports()
    city.clock.forward(timedelta(days=31))
    assert unread_count(city.officer) == 0
    assert notices_for(city.officer).count() == 1


def test_a_matter_that_changes_hands_is_told_on_both_sides(city: Any) -> None:
    danger = city.reports()
    take("transfer", danger, city.city_officer, {"new_regulator": str(city.market.pk), "reason": "归口不同"})
    assert kinds(city.officer)[-1] == "handed_away"
    assert Notice.objects.filter(kind="handed_over", party=city.market).count() == 1


def test_a_refused_step_tells_nothing(city: Any) -> None:
    danger = city.reports()
    before = Notice.objects.count()
    with pytest.raises(Exception, match=r".+"):
        take("grade", danger, city.worker, {})
    assert Notice.objects.count() == before
