"""People and posts over time, told in the field's words: a person moves, history stays, work moves with the post."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from anlan.kernel import clock, ledger
from anlan.kernel.identity.models import Account, ApiToken
from anlan.kernel.identity.signing_in import SignInRefused, actor_for, issue_token, sign_in
from anlan.kernel.loops import inbox
from anlan.kernel.people import accounts, authority, parties, posts
from anlan.kernel.registers.errors import Invalid, NotAllowed, NotSeen
from anlan.kernel.scope.actor import CLOCK, NOBODY
from anlan.kernel.scope.actors import actor_in
from anlan.kernel.scope.models import Membership, Party, PartySuccession, Person, Post, Remit
from anlan.kernel.scope.responsibility import responsibility

TODAY, WHY = "2026-03-02", "工作需要"


def seat_of(actor: Any) -> Membership:
    return Membership.objects.get(person_id=actor.person_id, post_id=actor.post_id)


def as_person(membership: Membership) -> Any:
    return actor_in(membership.post, membership.person, clock.today())


@pytest.fixture
def new_seat(city: Any) -> Membership:
    """A second main person's successor waits in the enterprise, known but in another post."""
    post = posts.open_post(city.main_person, city.workshop.holder_id, "safety_officer", "安全科科员")
    return posts.appoint_new(city.main_person, post.pk, "李接任", "13900000000", TODAY)


def test_the_work_stays_with_the_post_when_its_person_moves_on(city: Any, new_seat: Membership) -> None:
    danger = city.reports()
    danger = city.step(danger, "grade", city.officer, severity="general", rectify_by=city.in_days(10),
                       measures="清理", responsible_post=str(city.safety_officer.post_id))  # fmt: skip
    assert danger.pk in {one.matter.pk for one in inbox(city.safety_officer)}
    assert danger.pk not in {one.matter.pk for one in inbox(as_person(new_seat))}

    old = seat_of(city.safety_officer)
    posts.leave(city.main_person, old.pk, TODAY, "调离企业")
    moved = posts.move(city.main_person, new_seat.pk, city.safety_officer.post_id, "2026-03-03")

    old.refresh_from_db()
    assert str(old.valid_to) == TODAY, "history stays"
    assert Membership.objects.get(pk=new_seat.pk).valid_to is not None
    city.clock.to(clock.now() + timedelta(days=1))
    assert danger.pk in {one.matter.pk for one in inbox(as_person(moved))}


def test_every_change_is_a_line_in_the_ledger_without_the_personal_part(
    city: Any, new_seat: Membership
) -> None:
    posts.leave(city.main_person, new_seat.pk, TODAY, "辞职")
    entries = ledger.history(new_seat.post_id)
    assert [entry.act for entry in entries] == ["post_opened", "appointed", "left"]
    assert entries[1].private_digest
    assert "李接任" not in str([entry.data for entry in entries])
    assert "13900000000" not in str([entry.data for entry in entries])


def test_sending_twice_does_it_once(city: Any) -> None:
    key, second, third = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    first = posts.open_post(city.main_person, city.workshop.holder_id, "worker", "操作工", key=key)
    assert posts.open_post(city.main_person, city.workshop.holder_id, "worker", "操作工", key=key) == first
    seat = posts.appoint_new(city.main_person, first.pk, "赵工", "", TODAY, key=second)
    assert posts.appoint_new(city.main_person, first.pk, "赵工", "", TODAY, key=second) == seat
    assert Person.objects.filter(name="赵工").count() == 1
    for _ in range(2):
        posts.leave(city.main_person, seat.pk, TODAY, key=third)
    assert [entry.act for entry in ledger.history(first.pk)] == ["post_opened", "appointed", "left"]
    with pytest.raises(Invalid):
        posts.leave(city.main_person, seat.pk, TODAY, key=key)


# --- who may


@pytest.mark.parametrize(
    ("who", "party", "kinds"),
    [
        ("main_person", "workshop", {"main_person", "safety_officer", "worker"}),
        ("safety_officer", "workshop", {"safety_officer", "worker"}),
        ("worker", "workshop", set()),
        ("main_person", "far_shop", set()),
        ("officer", "workshop", {"main_person", "safety_officer", "worker"}),
        ("officer", "far_shop", set()),
        ("grid_inspector", "workshop", set()),
        ("city_leader", "workshop", set()),
        ("industry_officer", "workshop", set()),
        ("officer", "bureau", set()),
        ("administrator", "bureau", {"county_leader", "county_officer", "industry_officer", "administrator"}),
        ("administrator", "office", {"township_officer", "grid_inspector"}),
        ("administrator", "workshop", {"main_person", "safety_officer", "worker"}),
    ],
)
def test_who_may_fill_what(city: Any, who: str, party: str, kinds: set[str]) -> None:
    found = getattr(city, party)
    found = found if isinstance(found, Party) else found.holder
    assert authority.kinds_given(getattr(city, who), found) == kinds
    assert Party.objects.filter(authority.seen_parties(getattr(city, who)), pk=found.pk).exists() is bool(
        kinds
    )


def test_a_county_administrator_reaches_the_county_only(city: Any) -> None:
    county_admin = city.person("administrator", city.far_bureau, "far_admin")
    assert authority.kinds_given(county_admin, city.far_bureau)
    for party in (city.bureau, city.city_bureau, city.workshop.holder):
        assert not authority.kinds_given(county_admin, party)
    with pytest.raises(NotSeen):
        posts.open_post(county_admin, city.city_bureau.pk, "city_officer", "自封")


@pytest.mark.parametrize("nobody", [CLOCK, NOBODY])
def test_nobody_administers_nothing(city: Any, nobody: Any) -> None:
    assert not authority.may_see(nobody, city.bureau)
    assert not authority.may_contact(nobody, city.workshop.holder)
    with pytest.raises(NotSeen):
        authority.managed_party(nobody, city.workshop.holder_id)


def test_a_safety_officer_makes_no_main_person(city: Any) -> None:
    with pytest.raises(Invalid):
        posts.open_post(city.safety_officer, city.workshop.holder_id, "main_person", "厂长")
    with pytest.raises(NotAllowed):
        posts.appoint_new(city.safety_officer, city.main_person.post_id, "王某", "", TODAY)
    with pytest.raises(NotAllowed):
        posts.leave(city.safety_officer, seat_of(city.main_person).pk, TODAY)


def test_no_enterprise_post_reaches_beyond_it(city: Any) -> None:
    for kind in ("county_officer", "city_officer", "administrator", "grid_inspector"):
        with pytest.raises(Invalid):
            posts.open_post(city.main_person, city.workshop.holder_id, kind, "越权")
    with pytest.raises(Invalid):
        posts.open_post(
            city.main_person, city.workshop.holder_id, "worker", "越权", territory=city.far_county
        )


def test_a_post_stays_within_the_territory_of_its_body(city: Any) -> None:
    village = posts.open_post(
        city.administrator, city.office.pk, "grid_inspector", "二网格", territory=city.other_village
    )
    assert village.territory == city.other_village
    for place in (city.far_village, city.city, city.county):
        with pytest.raises(Invalid):
            posts.open_post(city.administrator, city.office.pk, "grid_inspector", "越界", territory=place)
    for place in ("999999999999", "220102001001"):
        expected = place == "220102001001"
        if expected:
            assert posts.open_post(
                city.administrator, city.office.pk, "grid_inspector", "按代码", territory=place
            )
        else:
            with pytest.raises(Invalid):
                posts.open_post(city.administrator, city.office.pk, "grid_inspector", "越界", territory=place)


def test_nobody_gives_themselves_a_post(city: Any) -> None:
    post = posts.open_post(city.administrator, city.city_bureau.pk, "city_officer", "副处长")
    with pytest.raises(NotAllowed):
        posts.appoint(city.administrator, post.pk, city.administrator.person_id, TODAY)
    with pytest.raises(NotAllowed):
        posts.move(city.administrator, seat_of(city.administrator).pk, post.pk, "2026-03-05")


def test_others_ids_lead_nowhere(city: Any) -> None:
    far_seat = seat_of(city.far_safety_officer)
    for attempt in (
        lambda: posts.leave(city.main_person, far_seat.pk, TODAY),
        lambda: posts.close_post(city.main_person, far_seat.post_id, TODAY, WHY),
        lambda: posts.appoint(city.main_person, far_seat.post_id, city.worker.person_id, TODAY),
        lambda: posts.appoint(city.main_person, city.worker.post_id, far_seat.person_id, TODAY),
        lambda: posts.move(city.main_person, seat_of(city.worker).pk, far_seat.post_id, "2026-03-05"),
        lambda: posts.set_phone(city.main_person, far_seat.person_id, "13900000000"),
        lambda: posts.open_post(city.main_person, city.far_shop.holder_id, "worker", "工人"),
        lambda: posts.leave(city.main_person, 10**30, TODAY),
        lambda: posts.leave(city.main_person, "x", TODAY),
        lambda: posts.appoint(city.main_person, "x", "y", TODAY),
        lambda: posts.appoint(city.main_person, city.worker.post_id, uuid.uuid4(), TODAY),
        lambda: accounts.unlock(city.main_person, far_seat.person_id),
        lambda: parties.end_remit(city.administrator, "x", TODAY, WHY),
    ):
        with pytest.raises(NotSeen):
            attempt()


def test_who_has_left_is_no_longer_the_former_employers_to_change(city: Any) -> None:
    assert posts.set_phone(city.main_person, city.worker.person_id, "139-0000-0000").phone == "139-0000-0000"
    posts.leave(city.main_person, seat_of(city.worker).pk, "2026-03-01")
    with pytest.raises(NotAllowed):
        posts.set_phone(city.main_person, city.worker.person_id, "13911111111")


# --- days and texts


@pytest.mark.parametrize(
    "on", ["", "x", "2026-02-30", "1900-01-01", "2200-01-01", "9" * 40, None, "2026-03-02T00:00"]
)
def test_days_are_checked(city: Any, on: Any) -> None:
    with pytest.raises(Invalid):
        posts.leave(city.main_person, seat_of(city.worker).pk, on)


@pytest.mark.parametrize("title", ["", "  ", "长" * 81, "a\x00b", "\ud800"])
def test_texts_are_checked(city: Any, title: str) -> None:
    with pytest.raises(Invalid):
        posts.open_post(city.main_person, city.workshop.holder_id, "worker", title)


@pytest.mark.parametrize("phone", ["abc", "1" * 30, "123", "１３９００００００００", "139;drop"])
def test_telephones_are_checked(city: Any, phone: str) -> None:
    with pytest.raises(Invalid):
        posts.appoint_new(city.main_person, city.worker.post_id, "张某", phone, TODAY)
    assert not Person.objects.filter(name="张某").exists(), "both or neither"


def test_a_membership_neither_overlaps_nor_ends_before_it_began(city: Any) -> None:
    seat = seat_of(city.worker)
    with pytest.raises(Invalid):
        posts.appoint(city.main_person, seat.post_id, seat.person_id, TODAY)
    with pytest.raises(Invalid):
        posts.leave(city.main_person, seat.pk, "2025-12-31")
    posts.leave(city.main_person, seat.pk, "2026-02-01")
    with pytest.raises(Invalid):
        posts.leave(city.main_person, seat.pk, "2026-02-10")
    with pytest.raises(Invalid):
        posts.appoint(city.main_person, seat.post_id, seat.person_id, "2026-01-15")
    assert posts.appoint(city.main_person, seat.post_id, seat.person_id, "2026-02-02").pk != seat.pk


def test_who_leaves_today_is_nobody_tomorrow(city: Any) -> None:
    posts.leave(city.main_person, seat_of(city.worker).pk, "2026-03-01")
    assert actor_for(Account.objects.get(pk=city.worker.account_id)) is None


def test_a_post_closes_only_when_nothing_waits_for_it(city: Any) -> None:
    danger = city.reports()
    city.step(danger, "grade", city.officer, severity="general", rectify_by=city.in_days(10), measures="清理",
              responsible_post=str(city.second_safety_officer.post_id))  # fmt: skip
    with pytest.raises(Invalid):
        posts.close_post(city.main_person, city.second_safety_officer.post_id, TODAY, WHY)
    closed = posts.close_post(city.main_person, city.worker.post_id, TODAY, WHY)
    assert str(closed.closed_on) == TODAY
    assert str(seat_of(city.worker).valid_to) == "2026-03-01"
    with pytest.raises(Invalid):
        posts.appoint_new(city.main_person, closed.pk, "新人", "", "2026-03-05")
    with pytest.raises(Invalid):
        posts.close_post(city.officer, city.main_person.post_id, TODAY, WHY)


# --- departments over time


def test_a_renamed_department_keeps_the_name_of_its_day(city: Any) -> None:
    parties.rename(city.administrator, city.housing.pk, "南关区住建和城管局", "2026-03-10", source="某文件")
    found = Party.objects.get(pk=city.housing.pk)
    assert found.name_on(clock.today()) == "南关区住房和城乡建设局"
    assert found.name_on(clock.today() + timedelta(days=8)) == "南关区住建和城管局"
    with pytest.raises(Invalid):
        parties.rename(city.administrator, city.housing.pk, "倒填", "2026-03-05")
    with pytest.raises(NotAllowed):
        parties.rename(city.officer, city.housing.pk, "越权", TODAY)
    with pytest.raises(Invalid):
        parties.rename(city.administrator, city.workshop.holder_id, "企业在台账更名", TODAY)
    assert [entry.act for entry in ledger.history(found.pk)] == ["renamed"]


def test_a_subject_lost_is_a_vacuum_until_another_has_it(city: Any) -> None:
    remit = parties.add_remit(city.administrator, city.bureau.pk, role="special", since="2026-01-01",
                              citation="某区政府文件", subject="occupational_health")  # fmt: skip
    before, after = clock.today(), clock.today() + timedelta(days=30)

    def holds(on: Any) -> list[str]:
        found = responsibility(city.village, "3489", on, "occupational_health")
        return [one.name for one in found.by_role.get("special", ())]

    assert holds(before) == [city.bureau.name]
    parties.end_remit(city.administrator, remit.pk, "2026-03-15", "职责划转")
    assert holds(before) == [city.bureau.name]
    assert holds(after) == []
    parties.add_remit(city.administrator, city.market.pk, role="special", since="2026-03-16", citation="某区政府文件",
                      subject="occupational_health")  # fmt: skip
    assert holds(after) == [city.market.name]
    with pytest.raises(Invalid):
        parties.end_remit(city.administrator, remit.pk, "2026-03-20", "再次")


@pytest.mark.parametrize("fault", [
    {"role": "x"}, {"sector": "x"}, {"industry": "Z"}, {"industry": "26111"}, {"subject": "中文"}, {"citation": ""},
    {"since": "x"}, {"role": "special", "subject": ""},
])  # fmt: skip
def test_a_remit_is_checked(city: Any, fault: dict[str, str]) -> None:
    values = {
        "role": "direct",
        "since": TODAY,
        "citation": "某文件",
        "sector": "fire",
        "industry": "H",
        **fault,
    }
    with pytest.raises(Invalid):
        parties.add_remit(city.administrator, city.bureau.pk, **values)


def test_a_merged_department_goes_on_in_the_other(city: Any) -> None:
    parties.merge_parties(city.administrator, city.housing.pk, city.market.pk, TODAY, "机构改革")
    direct = responsibility(city.village, "4710", clock.today()).by_role["direct"]
    assert city.market.pk in {one.party_id for one in direct}
    assert city.housing.pk not in {one.party_id for one in direct}
    yesterday = responsibility(city.village, "4710", clock.today() - timedelta(days=1)).by_role["direct"]
    assert city.housing.pk in {one.party_id for one in yesterday}
    assert PartySuccession.objects.filter(predecessor=city.housing, successor=city.market).exists()
    for gone, into in (
        (city.housing, city.bureau),
        (city.market, city.market),
        (city.bureau, city.city_bureau),
    ):
        with pytest.raises(Invalid):
            parties.merge_parties(city.administrator, gone.pk, into.pk, TODAY, "再次")
    assert Remit.objects.filter(party=city.housing, valid_to=None).count() == 0


# --- accounts


def test_an_account_begins_with_a_one_time_password(city: Any, new_seat: Membership) -> None:
    account, password = accounts.open_account(city.main_person, new_seat.person_id, "Li.Jieren")
    assert account.username == "li.jieren"
    signed = sign_in("li.jieren", password, "10.0.0.1")
    assert signed.has_one_time_password
    assert password not in str([entry.data for entry in ledger.history(account.pk)])
    with pytest.raises(Invalid):
        accounts.open_account(city.main_person, new_seat.person_id, "another")
    city.clock.to(clock.now() + timedelta(hours=73))
    with pytest.raises(SignInRefused):
        sign_in("li.jieren", password, "10.0.0.1")


@pytest.mark.parametrize("name", ["", "ab", "王某", "1abc", "a b c", "a" * 65, "worker", "a\x00bc", "../etc"])
def test_user_names_are_checked(city: Any, new_seat: Membership, name: str) -> None:
    with pytest.raises(Invalid):
        accounts.open_account(city.main_person, new_seat.person_id, name)


def test_accounts_are_kept_by_the_main_person_and_the_administrator_only(
    city: Any, new_seat: Membership
) -> None:
    for who in (city.safety_officer, city.officer, city.worker, city.grid_inspector):
        with pytest.raises((NotAllowed, NotSeen)):
            accounts.open_account(who, new_seat.person_id, "li.jieren")
    assert accounts.open_account(city.administrator, new_seat.person_id, "li.jieren")
    with pytest.raises(NotAllowed):
        accounts.new_password(city.main_person, city.main_person.person_id, "自己")


def test_who_fills_a_higher_post_too_is_not_reset_from_below(city: Any) -> None:
    officer = Person.objects.get(pk=city.officer.person_id)
    Membership.objects.create(person=officer, post_id=city.worker.post_id, valid_from=clock.today())
    with pytest.raises(NotAllowed):
        accounts.new_password(city.main_person, officer.pk, "忘记密码")
    with pytest.raises(NotAllowed):
        accounts.forget_second_factor(city.main_person, officer.pk, "手机丢失")


def test_a_reset_ends_keys_and_old_passwords_and_lockout(city: Any) -> None:
    account = Account.objects.get(pk=city.worker.account_id)
    issue_token(account, Post.objects.get(pk=city.worker.post_id), "导出", clock.now() + timedelta(days=30))
    account.locked_until, account.totp_secret, account.totp_confirmed_at = (
        clock.now() + timedelta(hours=1),
        "A" * 16,
        clock.now(),
    )
    account.save()
    accounts.unlock(city.main_person, city.worker.person_id)
    accounts.forget_second_factor(city.main_person, city.worker.person_id, "手机丢失")
    _account, password = accounts.new_password(city.main_person, city.worker.person_id, "忘记密码")
    account.refresh_from_db()
    assert account.locked_until is None
    assert not account.has_second_factor
    assert account.check_password(password)
    assert not ApiToken.objects.filter(account=account, revoked_at=None).exists()
    accounts.set_active(city.main_person, city.worker.person_id, "离职", active=False)
    account.refresh_from_db()
    assert actor_for(account) is None
    acts = [entry.act for entry in ledger.history(account.pk)]
    assert acts == ["account_unlocked", "second_factor_forgotten", "password_reset", "account_closed"]


@pytest.mark.django_db(transaction=True)
def test_two_appoint_the_same_person_at_once(city: Any, new_seat: Membership) -> None:
    told: list[str] = []

    def act() -> None:
        try:
            posts.appoint(city.main_person, city.worker.post_id, new_seat.person_id, TODAY)
            told.append("done")
        except Invalid:
            told.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=act) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(told) == ["done", "refused", "refused", "refused"]
    assert Membership.objects.filter(post_id=city.worker.post_id, person_id=new_seat.person_id).count() == 1


def test_no_post_is_opened_in_a_body_that_has_ended(city: Any) -> None:
    holder = city.workshop.holder
    holder.valid_to = clock.today()
    holder.save()
    assert posts.open_post(city.main_person, holder.pk, "worker", "操作工").party_id == holder.pk, (
        "today it stands"
    )
    holder.valid_to = clock.today() - timedelta(days=1)
    holder.save()
    with pytest.raises(Invalid) as refused:
        posts.open_post(city.main_person, holder.pk, "worker", "操作工")
    assert "party" in refused.value.errors
