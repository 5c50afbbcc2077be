"""The engine: its order, its transactions, who was first, what may be claimed."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError

from anlan.domains.hidden_dangers.loop import HiddenDangerLoop
from anlan.domains.hidden_dangers.models import HiddenDanger, ListedSupervision
from anlan.kernel import clock, ledger
from anlan.kernel.evidence.models import Evidence
from anlan.kernel.ids import new_id
from anlan.kernel.ledger import LedgerEntry
from anlan.kernel.loops import Duty, engine, offers, open_matter, take
from anlan.kernel.registers.errors import Changed, Invalid, NotAllowed, NotSeen


def graded(city: Any, **more: Any) -> HiddenDanger:
    return city.step(city.reports(**more), "grade", city.officer, rectify_by=city.in_days(5), measures="清理")


def answers(city: Any, **more: Any) -> dict[str, Any]:
    return {
        "enterprise": str(city.workshop.pk),
        "topic": "fire",
        "description": "堵塞",
        "found_on": "2026-03-02",
        **more,
    }


def untouched(danger: HiddenDanger, entries: int) -> bool:
    fresh = HiddenDanger.unscoped("compare").get(pk=danger.pk)
    return (fresh.state, fresh.version, len(ledger.history(danger.pk))) == (
        danger.state,
        danger.version,
        entries,
    )


# --- order: what is refused first, and that nothing is written then


def test_scope_is_asked_before_anything_else(city: Any) -> None:
    danger = graded(city)
    for act in (
        lambda: take("no-such-step", danger, city.far_officer),
        lambda: take("accept", danger, city.far_officer, version=1),
    ):
        with pytest.raises(NotSeen):
            act()


def test_version_then_state_then_authority_then_answers(city: Any) -> None:
    danger = graded(city)
    with pytest.raises(Changed):
        take("accept", danger, city.worker, {}, version=1)
    with pytest.raises(Changed):
        take("accept", danger, city.worker, {})
    with pytest.raises(NotAllowed):
        take("rectify", danger, city.worker, {})
    with pytest.raises(Invalid) as refused:
        take("rectify", danger, city.safety_officer, {})
    assert "what_was_done" in refused.value.errors
    with pytest.raises(Invalid) as refused:
        take("rectify", danger, city.safety_officer, {"what_was_done": "清"})
    assert list(refused.value.errors) == ["after"]
    assert untouched(danger, 2)


def test_a_refused_step_leaves_nothing(city: Any) -> None:
    danger = graded(city)
    duties = list(Duty.objects.filter(matter_id=danger.pk).values())
    with pytest.raises(Invalid):
        take(
            "rectify",
            danger,
            city.safety_officer,
            {"what_was_done": "x" * 5000},
            evidence={"after": [city.photo(city.safety_officer)]},
        )
    assert untouched(danger, 2)
    assert list(Duty.objects.filter(matter_id=danger.pk).values()) == duties
    assert (
        not Evidence.unscoped("count")
        .filter(bound=True, links__chain=danger.pk, links__purpose="after")
        .exists()
    )


@pytest.mark.parametrize(
    "at", ["duties.enter", "ledger.append", "evidence_store.bind", "_consequences", "tell"]
)
def test_a_failure_at_any_boundary_undoes_the_whole_step(city: Any, monkeypatch: Any, at: str) -> None:
    danger = graded(city)
    before = list(Duty.objects.filter(matter_id=danger.pk).order_by("id").values())
    photo = city.photo(city.safety_officer)
    place, _, name = at.rpartition(".")
    target = getattr(engine, place) if place else engine

    def fails(*args: Any, **more: Any) -> Any:
        raise DatabaseError("pulled the plug")

    monkeypatch.setattr(target, name, fails)
    with pytest.raises(DatabaseError):
        take("rectify", danger, city.safety_officer, {"what_was_done": "清"}, evidence={"after": [photo]})
    assert untouched(danger, 2)
    assert list(Duty.objects.filter(matter_id=danger.pk).order_by("id").values()) == before
    assert not Evidence.unscoped("count").get(pk=photo).bound


def test_opening_fails_whole_too(city: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(engine.ledger, "append", lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        city.reports()
    assert not HiddenDanger.unscoped("count").exists()
    assert not Duty.objects.exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("enterprise", "x"), ("enterprise", ["x"]), ("enterprise", ""), ("topic", "no such"), ("topic", 3), ("description", ""),
        ("description", "\x00"), ("description", "\ud800"), ("description", "长" * 2001), ("found_on", "2026-02-30"),
        ("found_on", 20260302), ("found_on", True), ("found_on", "2199-01-01"), ("found_on", "0001-01-01"), ("found_on", {}),
        ("longitude", "999"), ("latitude", "99"), ("longitude", 10**400), ("location", "x" * 500),
    ],
)  # fmt: skip
def test_wrong_answers_are_reasons_at_their_fields(city: Any, name: str, value: Any) -> None:
    with pytest.raises(Invalid) as refused:
        open_matter(HiddenDangerLoop, city.officer, answers(city, **{name: value}))
    assert name in refused.value.errors


def test_an_enterprise_out_of_scope_is_as_good_as_absent(city: Any) -> None:
    for stranger in (city.far_officer, city.far_safety_officer):
        with pytest.raises(Invalid) as refused:
            open_matter(HiddenDangerLoop, stranger, answers(city))
        assert list(refused.value.errors) == ["enterprise"]
    for reader in (city.city_leader, city.administrator):
        with pytest.raises((Invalid, NotAllowed)):
            open_matter(HiddenDangerLoop, reader, answers(city))


# --- evidence


def test_evidence_of_somebody_else_or_of_another_purpose_is_refused(city: Any) -> None:
    from anlan.kernel.evidence import EvidenceRefused

    danger = graded(city)
    done = {"what_was_done": "清"}
    with pytest.raises(EvidenceRefused):
        take(
            "rectify",
            danger,
            city.safety_officer,
            done,
            evidence={"after": [city.photo(city.far_safety_officer)]},
        )
    with pytest.raises(EvidenceRefused):
        take("rectify", danger, city.safety_officer, done, evidence={"after": [new_id()]})
    photo = city.photo(city.safety_officer)
    with pytest.raises(Invalid) as refused:
        take("rectify", danger, city.safety_officer, done, evidence={"before": [photo], "after": [photo]})
    assert set(refused.value.errors) == {"before", "after"}  # not asked for; and one photo proves one thing
    with pytest.raises(Invalid):
        take("rectify", danger, city.safety_officer, done, evidence={"after": [photo] * 31})
    assert untouched(danger, 2)


def test_the_entry_names_the_hash_of_its_evidence(city: Any) -> None:
    danger = graded(city)
    photo = city.photo(city.safety_officer)
    entry = take("rectify", danger, city.safety_officer, {"what_was_done": "清"}, evidence={"after": [photo]})
    assert entry.evidence == [Evidence.unscoped("compare").get(pk=photo).sha256]


def test_evidence_follows_a_transferred_matter(city: Any) -> None:
    danger = graded(city)
    city.step(danger, "transfer", city.officer, new_regulator=str(city.market.pk), reason="电梯")
    market_officer = city.person("industry_officer", city.market, "market_officer")
    photo = Evidence.unscoped("compare").get(links__chain=danger.pk, links__purpose="before")
    assert photo.sector == "market_regulation"
    assert Evidence.seen_by(market_officer).filter(pk=photo.pk).exists()


# --- keys


def test_a_key_sent_twice_is_one_entry_also_after_the_matter_moved_on(city: Any) -> None:
    danger = city.reports()
    key, data = new_id(), {"rectify_by": city.in_days(5), "measures": "清理"}
    first = take("grade", danger, city.officer, data, key=key, version=1)
    city.step(danger, "rectify", city.safety_officer, photo="after", what_was_done="清")
    assert take("grade", danger, city.officer, data, key=key, version=1) == first
    key = new_id()
    opened = open_matter(HiddenDangerLoop, city.officer, answers(city), key=key)
    assert open_matter(HiddenDangerLoop, city.officer, answers(city), key=key) == opened


def test_a_key_is_no_way_to_somebody_elses_act(city: Any) -> None:
    key = new_id()
    danger = city.reports()
    data = {"rectify_by": city.in_days(5), "measures": "清理"}
    take("grade", danger, city.officer, data, key=key)
    other = city.reports()
    for act in (
        lambda: take("grade", danger, city.second_officer, data, key=key),
        lambda: take("comment", danger, city.officer, {"text": "x"}, key=key),
        lambda: take("grade", other, city.officer, data, key=key),
        lambda: open_matter(HiddenDangerLoop, city.officer, answers(city), key=key),
        lambda: open_matter(HiddenDangerLoop, city.far_officer, answers(city), key=key),
    ):
        with pytest.raises(Invalid) as refused:
            act()
        assert list(refused.value.errors) == ["key"]
    with pytest.raises(NotSeen):
        take("grade", danger, city.far_officer, data, key=key)


# --- what changed meanwhile


def test_the_later_one_is_told_exactly_what_came_after_what_he_read(city: Any) -> None:
    danger = city.reports()
    city.clock.forward(timedelta(days=40))
    from anlan.kernel.loops import sweep

    assert sweep() >= 2
    danger = city.step(danger, "comment", city.worker, text="已看到")
    read = danger.version
    danger = city.step(danger, "grade", city.officer, rectify_by=city.in_days(5), measures="清理")
    danger = city.step(danger, "rectify", city.safety_officer, photo="after", what_was_done="清")
    with pytest.raises(Changed) as told:
        take("grade", danger, city.second_officer, {}, version=read)
    assert [entry.act for entry in told.value.since] == ["grade", "rectify"]
    assert "待复查" in told.value.words.zh


def test_a_comment_and_a_lateness_do_not_disturb_whoever_is_writing(city: Any) -> None:
    danger = city.reports()
    version = danger.version
    city.step(danger, "comment", city.worker, text="已看到")
    take("grade", danger, city.officer, {"rectify_by": city.in_days(5), "measures": "清理"}, version=version)
    assert city.fresh(danger.pk).version == version + 1


# --- claimed and received


def test_both_times_are_kept_and_the_next_clock_counts_from_the_received(city: Any) -> None:
    danger = graded(city)
    claimed = clock.now() + timedelta(hours=1)
    city.clock.forward(timedelta(days=2))
    entry = take("rectify", danger, city.safety_officer, {"what_was_done": "清"}, at=claimed,
                 evidence={"after": [city.photo(city.safety_officer)]})  # fmt: skip
    assert entry.at == claimed
    assert entry.received_at - entry.at > timedelta(hours=46)
    state = Duty.objects.get(matter_id=danger.pk, key="state:in_review", done_at=None)
    assert state.opened_at == entry.received_at


def test_a_clock_ahead_is_refused_or_brought_back(city: Any) -> None:
    danger = city.reports()
    data = {"rectify_by": city.in_days(5), "measures": "清理"}
    for at in (
        clock.now() + timedelta(minutes=6),
        clock.now().replace(tzinfo=None),
        datetime(9999, 12, 31, tzinfo=UTC),
    ):
        with pytest.raises(Invalid) as refused:
            take("grade", danger, city.officer, data, at=at)
        assert list(refused.value.errors) == ["at"]
    entry = take("grade", danger, city.officer, data, at=clock.now() + timedelta(minutes=4))
    assert entry.at <= clock.now()


def test_no_step_is_claimed_before_its_state_was_entered(city: Any) -> None:
    """Else a rectification long overdue could be claimed for a day on which it was still in time."""
    opened = clock.now()
    danger = city.reports()
    city.clock.forward(timedelta(days=3))
    danger = city.step(danger, "grade", city.officer, rectify_by=city.in_days(5), measures="清理")
    entered = ledger.history(danger.pk)[-1].at
    bring = {"after": [city.photo(city.safety_officer)]}
    with pytest.raises(Invalid) as refused:
        take(
            "rectify",
            danger,
            city.safety_officer,
            {"what_was_done": "清"},
            at=opened + timedelta(days=1),
            evidence=bring,
        )
    assert list(refused.value.errors) == ["at"]
    slow = take(
        "rectify",
        danger,
        city.safety_officer,
        {"what_was_done": "清"},
        at=entered - timedelta(minutes=3),
        evidence=bring,
    )
    assert slow.at == entered, "a clock a little behind is lifted"


@pytest.mark.parametrize(
    "at", [datetime(1, 1, 1, tzinfo=UTC), datetime(1949, 10, 1, tzinfo=UTC), datetime(1990, 1, 1, tzinfo=UTC)]
)
def test_a_claim_before_any_rule_is_refused_in_words(city: Any, at: datetime) -> None:
    with pytest.raises(Invalid):
        open_matter(HiddenDangerLoop, city.officer, answers(city, found_on="1989-12-31"), at=at)


# --- unlike, requires, children


def test_unlike_holds_for_the_person_whatever_the_post(city: Any) -> None:
    from anlan.kernel.scope.actors import actor_in
    from anlan.kernel.scope.models import Membership, Person, Post

    danger = city.reports(by=city.safety_officer)
    danger = city.step(danger, "self_fix_at_once", city.safety_officer, photo="after", what_was_done="接地")
    person = Person.objects.get(pk=city.safety_officer.person_id)
    second = Post.objects.create(party=city.workshop.holder, kind="main_person", title="代理负责人")
    Membership.objects.create(person=person, post=second, valid_from=clock.today())
    same = actor_in(second, person, clock.today())
    with pytest.raises(NotAllowed):
        city.step(danger, "check", same)
    assert "check" not in {offer.step.name for offer in offers(danger, same)}
    assert "check" in {offer.step.name for offer in offers(danger, city.second_safety_officer)}
    assert city.step(danger, "check", city.second_safety_officer).state == "closed"


def test_unlike_looks_at_the_last_time_the_step_was_taken(city: Any) -> None:
    danger = city.reports(by=city.safety_officer)
    danger = city.step(danger, "grade", city.safety_officer, rectify_by=city.in_days(5), measures="清")
    danger = city.step(danger, "self_rectify", city.safety_officer, photo="after", what_was_done="清")
    danger = city.step(danger, "check_fails", city.main_person, rectify_by=city.in_days(6), reason="未净")
    danger = city.step(danger, "self_rectify", city.main_person, photo="after", what_was_done="再清")
    with pytest.raises(NotAllowed):
        city.step(danger, "check", city.main_person)
    assert city.step(danger, "check", city.safety_officer).state == "closed"


def test_a_child_opens_with_its_parent_step_and_holds_the_end(city: Any) -> None:
    danger = city.reports(by=city.officer, topic="management")
    entry = take("grade_major", danger, city.officer, {"criteria": "industry_trade", "criterion": "3.2"})
    child = ListedSupervision.unscoped("compare").get(parent_id=danger.pk)
    assert (child.parent_loop, child.danger_id, child.regulator_id) == (
        "hidden-dangers",
        danger.pk,
        danger.regulator_id,
    )
    assert ledger.history(child.pk)[0].at == entry.at
    assert LedgerEntry.objects.filter(act="opened", chain=child.pk).count() == 1


def test_the_steps_offered_are_exactly_those_that_are_not_refused(city: Any) -> None:
    danger = graded(city)
    for actor in (city.officer, city.safety_officer, city.worker, city.city_leader, city.grid_inspector):
        offered = {offer.step.name for offer in offers(danger, actor)}
        for name in HiddenDangerLoop.steps:
            try:
                take(name, danger, actor, {})
            except Invalid:
                assert name in offered, (name, actor.post_kind)
            except (NotAllowed, Changed, NotSeen):
                assert name not in offered, (name, actor.post_kind)
            else:
                assert name in offered
                danger = city.fresh(danger.pk)


def test_keys_that_are_uuids_of_any_version_do(city: Any) -> None:
    take("comment", city.reports(), city.worker, {"text": "x"}, key=uuid.uuid4())
