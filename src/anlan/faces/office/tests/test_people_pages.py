"""People, posts, accounts, duplicates and merges in the browser: who reaches which page, and what bad input meets there."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from world import credit_code

from anlan.domains.enterprises.models import Enterprise
from anlan.kernel import clock
from anlan.kernel.identity.models import Account, PersonalAccess
from anlan.kernel.scope.models import Membership, Person, Post

TODAY = "2026-03-02"


def signed_in(actor: Any) -> Client:
    """A client signed in as an actor; the second factor is enrolled, as officers must have."""
    account = Account.objects.get(pk=actor.account_id)
    if not account.totp_confirmed_at:
        account.totp_confirmed_at = clock.now()
        account.save(update_fields=["totp_confirmed_at"])
    client = Client()
    client.force_login(account)
    return client


def seat_of(actor: Any) -> Membership:
    return Membership.objects.get(person_id=actor.person_id, post_id=actor.post_id)


def party_page(pk: Any) -> str:
    return reverse("office:people-of", args=[pk])


ROLES = {
    "administrator": 200, "main_person": 200, "safety_officer": 200, "officer": 200, "city_officer": 200,
    "worker": 403, "grid_inspector": 403, "far_officer": 404, "far_safety_officer": 404, "industry_officer": 404,
}  # fmt: skip


@pytest.mark.parametrize(("who", "status"), list(ROLES.items()))
def test_who_reaches_the_people_of_an_enterprise(city: Any, who: str, status: int) -> None:
    client = signed_in(getattr(city, who))
    pages = [
        party_page(city.workshop.holder_id),
        reverse("office:people-post", args=[city.worker.post_id]),
        reverse("office:people-seat", args=[seat_of(city.worker).pk]),
    ]
    for page in pages:
        answer = client.get(page)
        assert answer.status_code == status, page
        if status != 200:
            assert "测试worker" not in answer.content.decode()


def test_strangers_are_sent_to_sign_in(city: Any) -> None:
    for page in (
        reverse("office:people"),
        party_page(city.workshop.holder_id),
        reverse("office:telephone", args=[uuid.uuid4()]),
    ):
        assert Client().get(page).status_code == 302


def test_one_body_is_shown_at_once_several_as_a_list(city: Any) -> None:
    assert signed_in(city.main_person).get(reverse("office:people")).status_code == 302
    listed = signed_in(city.administrator).get(reverse("office:people")).content.decode()
    assert city.bureau.name in listed
    assert signed_in(city.worker).get(reverse("office:people")).status_code == 403
    assert signed_in(city.administrator).get(reverse("office:people") + "?q=%27%25_").status_code == 200


def test_a_post_is_opened_filled_moved_and_left(city: Any) -> None:
    client = signed_in(city.main_person)
    page = party_page(city.workshop.holder_id)
    assert client.post(page, {"act": "open_post", "kind": "worker", "title": "焊工"}).status_code == 302
    post = Post.objects.get(title="焊工")
    post_page = reverse("office:people-post", args=[post.pk])
    answer = client.post(
        post_page, {"act": "appoint", "name": "新焊工", "phone": "13800001111", "since": TODAY}
    )
    assert answer.status_code == 302
    seat = post.memberships.get()
    seat_page = reverse("office:people-seat", args=[seat.pk])
    shown = client.get(seat_page).content.decode()
    assert "新焊工" in shown
    assert "13800001111" not in shown
    assert client.post(seat_page, {"act": "leave", "on": TODAY}).status_code == 302
    assert "新焊工" in client.get(post_page).content.decode()


@pytest.mark.parametrize("given", [
    {}, {"act": "x"}, {"act": "open_post"}, {"act": "open_post", "kind": "city_officer", "title": "越权"},
    {"act": "open_post", "kind": "worker", "title": "长" * 90}, {"act": "open_post", "kind": "worker", "title": "a\x00"},
    {"act": "rename", "name": "x", "on": TODAY, "key": "y"},
    {"act": "open_post", "kind": "worker", "title": "好", "key": "nokey"},
])  # fmt: skip
def test_what_does_not_do_comes_back_with_reasons(city: Any, given: dict[str, str]) -> None:
    answer = signed_in(city.main_person).post(party_page(city.workshop.holder_id), given)
    assert answer.status_code in {400, 403, 422}
    assert Post.objects.filter(party=city.workshop.holder).count() == 4


def test_a_department_is_renamed_and_given_subjects(city: Any) -> None:
    client = signed_in(city.administrator)
    page = party_page(city.bureau.pk)
    remit = {"act": "add_remit", "role": "special", "subject": "fire", "since": TODAY, "citation": "某文件"}
    assert client.post(page, remit).status_code == 302
    added = city.bureau.remits.get(subject="fire")
    ended = {"act": "end_remit", "remit": str(added.pk), "on": "2026-03-10", "reason": "划转"}
    assert client.post(page, ended).status_code == 302
    assert client.post(page, {"act": "rename", "name": "南关区应急局", "on": TODAY}).status_code == 302
    assert (
        client.post(page, {"act": "end_remit", "remit": "x", "on": TODAY, "reason": "x"}).status_code == 404
    )
    assert (
        client.post(page, {"act": "merge", "into": str(city.market.pk), "on": "x", "reason": "x"}).status_code
        == 422
    )
    assert "南关区应急局" in client.get(page).content.decode()


# --- accounts and telephones


def test_the_one_time_password_is_shown_once_and_opens_only_the_settings(city: Any) -> None:
    client = signed_in(city.main_person)
    post = Post.objects.get(pk=city.worker.post_id)
    person = Person.objects.create(name="新人")
    Membership.objects.create(person=person, post=post, valid_from=clock.today())
    page = reverse("office:account-of", args=[person.pk])
    made = client.post(page, {"act": "open", "username": "xinren"})
    assert made.status_code == 200
    account = Account.objects.get(username="xinren")
    assert "xinren" in made.content.decode()
    assert "no-store" in made["Cache-Control"]
    assert 'class="secret"' not in client.get(page).content.decode()

    fresh = Client()
    fresh.force_login(account)
    assert fresh.get("/")["Location"] == reverse("office:profile")
    assert fresh.get(reverse("office:list", args=["enterprises"])).status_code == 302
    assert fresh.get(reverse("office:profile")).status_code == 200
    account.set_password("one-time-secret-0")
    account.save()
    fresh.force_login(account)
    changed = fresh.post(
        reverse("office:password"), {"old": "one-time-secret-0", "new": "meine-eigene-Parole-7"}
    )
    assert changed.status_code == 302
    account.refresh_from_db()
    assert not account.has_one_time_password
    assert fresh.get("/").status_code == 200


def test_a_password_that_is_too_short_is_refused_in_the_reader_s_language(city: Any) -> None:
    account = Account.objects.get(pk=city.officer.account_id)
    account.set_password("meine-eigene-Parole-7")
    account.save()
    client = signed_in(city.officer)
    said = {}
    for language in ("zh-hans", "en"):
        answer = client.post(
            reverse("office:password"),
            {"old": "meine-eigene-Parole-7", "new": "kurz!"},
            headers={"accept-language": language},
        )
        said[language] = answer.content.decode()
        assert answer.status_code == 422
    assert "密码太短，至少 10 个字符。" in said["zh-hans"]
    assert "too short" not in said["zh-hans"]
    assert "at least 10 characters" in said["en"]


@pytest.mark.parametrize(
    "given", [{}, {"act": "password"}, {"act": "close", "reason": "长" * 301}, {"act": "zap"}]
)
def test_account_acts_ask_their_reason(city: Any, given: dict[str, str]) -> None:
    page = reverse("office:account-of", args=[city.worker.person_id])
    assert signed_in(city.main_person).post(page, given).status_code == 422


@pytest.mark.parametrize(
    "who", ["safety_officer", "worker", "officer", "far_safety_officer", "grid_inspector"]
)
def test_others_do_not_reach_accounts(city: Any, who: str) -> None:
    page = reverse("office:account-of", args=[city.worker.person_id])
    assert signed_in(getattr(city, who)).get(page).status_code in {403, 404}


def test_a_telephone_is_shown_for_a_reason_that_is_kept(city: Any) -> None:
    Person.objects.filter(pk=city.safety_officer.person_id).update(phone="13912345678")
    person = Person.objects.get(pk=city.safety_officer.person_id)
    person.phone = "13912345678"
    person.save()
    page = reverse("office:telephone", args=[person.pk])
    client = signed_in(city.officer)
    assert "13912345678" not in client.get(page).content.decode()
    assert client.post(page, {"reason": " "}).status_code == 422
    assert "13912345678" in client.post(page, {"reason": "核实整改"}).content.decode()
    log = PersonalAccess.objects.get(person=person)
    assert (log.reason, log.post_id) == ("核实整改", city.officer.post_id)
    for who in (city.far_officer, city.far_safety_officer, city.city_leader):
        assert signed_in(who).post(page, {"reason": "好奇"}).status_code == 404
    assert PersonalAccess.objects.count() == 1


# --- duplicates and merges


def entry(city: Any, **more: str) -> dict[str, str]:
    return {"name": "长春市测试机械加工有限责任公司", "credit_code": credit_code(500), "territory": str(city.village.pk),
            "industry": "3489", "scale": "small", "operation": "operating", **more}  # fmt: skip


def test_likely_duplicates_are_shown_before_saving(city: Any) -> None:
    client, page = signed_in(city.officer), reverse("office:new", args=["enterprises"])
    answer = client.post(page, entry(city))
    assert answer.status_code == 422
    assert city.workshop.name in answer.content.decode()
    assert 'name="anyway"' in answer.content.decode()
    assert not Enterprise.unscoped("test").filter(credit_code=credit_code(500)).exists()
    key = str(uuid.uuid4())
    for _ in range(2):
        assert client.post(page, entry(city, anyway="true", key=key)).status_code == 302
    assert client.post(page, entry(city, key=key)).status_code == 302, "sent twice without having seen them"
    assert Enterprise.unscoped("test").filter(credit_code=credit_code(500)).count() == 1


def test_a_code_taken_elsewhere_is_told_and_nothing_else(city: Any) -> None:
    page = reverse("office:new", args=["enterprises"])
    given = entry(city, name="另一家", credit_code=city.far_shop.credit_code)
    shown = signed_in(city.officer).post(page, given).content.decode()
    assert "管辖范围之外" in shown
    assert city.far_shop.name not in shown
    assert str(city.far_shop.pk) not in shown
    assert 'name="anyway"' not in shown


def test_merging_and_undoing_in_the_browser(city: Any) -> None:
    twin = city.enterprise("长春市测试机械加工有限责任公司", city.village, "3489", 501)
    danger = city.reports(at=twin)
    client = signed_in(city.officer)
    merge = reverse("office:enterprises-merge", args=[city.workshop.pk])
    kept_page = reverse("office:detail", args=["enterprises", city.workshop.pk])
    assert twin.name in client.get(merge).content.decode()
    assert client.get(merge, {"q": "测试机械"}).status_code == 200
    assert "核对两条记录" in client.get(merge, {"other": str(twin.pk)}).content.decode()
    assert client.post(merge, {"other": str(twin.pk), "reason": ""}).status_code == 422
    assert client.post(merge, {"other": str(twin.pk), "reason": "重复登记"}).status_code == 302
    shown = client.get(kept_page).content.decode()
    assert danger.title() in shown, "the kept page lists the matters of both"
    assert twin.credit_code in shown
    undo = reverse("office:enterprises-unmerge", args=[twin.pk])
    assert client.get(undo).status_code == 200
    assert client.post(undo, {"reason": "两家企业"}).status_code == 302
    assert client.get(undo).status_code == 404
    assert danger.title() not in client.get(kept_page).content.decode()


@pytest.mark.parametrize("given", [
    {}, {"other": "x"}, {"other": "\x00"}, {"other": "00000000-0000-0000-0000-000000000000", "reason": "x"},
    {"other": "SELF", "reason": "x"}, {"other": "FAR", "reason": "x"}, {"other": "SELF", "reason": "x", "version": "9" * 50},
    {"other": "SELF", "reason": "x", "key": "nokey"},
])  # fmt: skip
def test_bad_merges_are_refused_in_words(city: Any, given: dict[str, str]) -> None:
    known = {"SELF": str(city.workshop.pk), "FAR": str(city.far_shop.pk)}
    sent = {name: known.get(value, value) for name, value in given.items()}
    answer = signed_in(city.officer).post(reverse("office:enterprises-merge", args=[city.workshop.pk]), sent)
    assert answer.status_code in {400, 404, 422}
    assert city.far_shop.name not in answer.content.decode()


@pytest.mark.parametrize(
    ("who", "status"),
    [("safety_officer", 403), ("grid_inspector", 403), ("far_officer", 404), ("administrator", 404)],
)
def test_who_does_not_merge(city: Any, who: str, status: int) -> None:
    client = signed_in(getattr(city, who))
    assert client.get(reverse("office:enterprises-merge", args=[city.workshop.pk])).status_code == status
    assert client.get(reverse("office:enterprises-unmerge", args=[city.workshop.pk])).status_code == 404


@pytest.mark.parametrize("who", ["officer", "safety_officer", "grid_inspector", "city_leader", "worker"])
def test_the_page_of_an_enterprise_answers_in_one_scroll(city: Any, who: str) -> None:
    danger = city.reports()
    shown = (
        signed_in(getattr(city, who))
        .get(reverse("office:detail", args=["enterprises", city.workshop.pk]))
        .content.decode()
    )
    for part in (city.bureau.name, danger.title(), "测试safety_officer", "3489"):
        assert part in shown
