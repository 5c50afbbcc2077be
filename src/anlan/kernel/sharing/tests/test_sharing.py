"""A subscription from its request to its last day, and what its token can and cannot read."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from anlan.domains.enterprises.models import Enterprise
from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.kernel import clock
from anlan.kernel.loops import take
from anlan.kernel.registers.errors import Invalid, KeepingError, NotAllowed
from anlan.kernel.scope.models import Party
from anlan.kernel.sharing import (
    Door,
    Refusal,
    SharedCall,
    Subscription,
    answer,
    data_set_named,
    data_sets,
    issue,
)
from anlan.kernel.sharing.catalogue import owner_of
from anlan.kernel.sharing.serving import A_MINUTE, actor_of, page
from anlan.kernel.sharing.tests.asking import approved, asking, call, request

pytestmark = pytest.mark.django_db


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows count as settled at once."""
    monkeypatch.setattr("anlan.kernel.sharing.pacing.SETTLING", timedelta(seconds=-5))


def test_every_register_and_loop_is_a_data_set_with_words_for_each_field() -> None:
    found = {one.slug: one for one in data_sets()}
    assert {"enterprises", "hidden-dangers"} <= set(found)
    assert "data-subscriptions" not in found
    for one in found.values():
        assert one.fields
        assert all(spec.label.zh and spec.label.en for spec in one.fields)
        assert all(spec.sensitivity < 3 for spec in one.fields)


def test_the_owner_is_the_nearest_department_of_the_sector(city: Any) -> None:
    row = request(city)
    owner = owner_of(row.territory)
    assert row.regulator == owner
    assert isinstance(owner, Party)
    assert owner.pk in city.officer.party_ids


def test_who_asked_does_not_approve_and_only_the_owner_does(city: Any) -> None:
    row = request(city, by=city.officer)
    with pytest.raises(NotAllowed):
        take("approve", row, city.officer)
    other = request(city)
    for actor in (city.far_officer, city.grid_inspector, city.safety_officer, city.city_leader):
        with pytest.raises(KeepingError):
            take("approve", other, actor)
    take("approve", other, city.officer)


@pytest.mark.parametrize(
    ("more", "at_fault"),
    [
        ({"data_set": "no-such"}, "data_set"),
        ({"fields": "enterprises: "}, "fields"),
        ({"fields": "enterprises: password"}, "fields"),
        ({"fields": "hidden-dangers: number"}, "fields"),
        ({"condition": "safety_phone=张"}, "condition"),
        ({"condition": "scale=large"}, "condition"),
        ({"condition": "no_such=1"}, "condition"),
        ({"condition": "%%%"}, "condition"),
        ({"valid_until": "2020-01-01"}, "valid_until"),
        ({"valid_until": "2199-01-01"}, "valid_until"),
    ],
)
def test_a_request_that_is_not_sound_is_refused_by_field(
    city: Any, more: dict[str, str], at_fault: str
) -> None:
    with pytest.raises(Invalid) as refused:
        request(city, **more)
    assert at_fault in refused.value.errors


def test_the_token_reads_what_was_approved_masked_and_nothing_beyond_the_place(
    city: Any, settled: None
) -> None:
    Enterprise.unscoped("a test").filter(pk=city.workshop.pk).update(safety_phone="13812345678")
    row = approved(city)
    secret = issue(row, asking(city))
    assert secret.startswith("anlans_")
    row.refresh_from_db()
    assert secret not in json.dumps([row.token_digest, row.token_hint])
    found = json.loads(answer(Door().enter(secret, call()), call()))
    names = {item["name"] for item in found["items"]}
    assert city.workshop.name in names
    assert city.far_shop.name not in names
    here = next(item for item in found["items"] if item["name"] == city.workshop.name)
    assert here["safety_phone"] == "138****5678"
    assert set(here) == {"id", "updated_at", "name", "credit_code", "safety_phone", "industry"}
    lines = SharedCall.objects.filter(subscription=row)
    assert [(line.status, line.rows) for line in lines] == [(200, len(found["items"]))]


def test_the_cursor_brings_what_changed_since_and_nothing_twice(city: Any, settled: None) -> None:
    row = approved(city, data_set="hidden-dangers", fields="hidden-dangers: number state description")
    for n in range(25):
        city.reports(description=f"第{n}处")
    seen: list[str] = []
    after = ""
    for _ in range(4):
        found = page(row, {"size": ["20"], "after": [after]})
        seen += [item["id"] for item in found["items"]]
        after = found["next"]
    assert len(seen) == len(set(seen)) >= 25
    changed = city.reports(description="后来的")
    found = page(row, {"after": [after]})
    assert [item["id"] for item in found["items"]] == [str(changed.pk)]
    assert page(row, {"after": [found["next"]]})["items"] == []


def test_a_filter_narrows_only_by_clear_approved_fields(city: Any, settled: None) -> None:
    row = approved(
        city, data_set="hidden-dangers", fields="hidden-dangers: number state", condition="state=reported"
    )
    city.reports()
    assert page(row, {})["items"]
    assert page(row, {"state": ["closed"]})["items"] == []
    for name in (
        "severity",
        "q",
        "sort",
        "safety_phone",
        "search",
        "description__contains",
        "territory",
    ):
        with pytest.raises(Invalid):
            page(row, {name: ["x"]})
    for name, value in (("size", "7"), ("size", "x"), ("after", "tampered"), ("state", "no_such")):
        with pytest.raises(Invalid):
            page(row, {name: [value]})


def test_masked_fields_are_neither_filtered_nor_sorted_by(city: Any) -> None:
    row = approved(city)
    with pytest.raises(Invalid):
        page(row, {"safety_phone": ["13812345678"]})
    assert data_set_named("enterprises").listing(actor_of(row)).order == "updated_at"  # type: ignore[union-attr]


def test_a_subscription_sees_through_scope_alone_and_never_acts(city: Any) -> None:
    reader = actor_of(approved(city))
    assert set(Enterprise.seen_by(reader)) < set(Enterprise.unscoped("a test counts"))
    assert not Enterprise.actable_by(reader).exists()
    assert not HiddenDanger.seen_by(reader).exists()  # another domain
    danger = city.reports()
    with pytest.raises(KeepingError):
        take("withdraw", danger, reader, {"reason": "试"})


def test_more_sensitive_rows_stay_out(city: Any, settled: None) -> None:
    row = approved(city, fields="enterprises: name")
    before = len(page(row, {})["items"])
    Enterprise.unscoped("a test").filter(pk=city.workshop.pk).update(sensitivity=2)
    assert len(page(row, {})["items"]) == before - 1


def test_revoked_and_expired_tokens_open_nothing_and_the_log_says_so(city: Any) -> None:
    row = approved(city)
    secret = issue(row, asking(city))
    Door().enter(secret, call())
    take("revoke", row, city.officer, {"reason": "用途不符"})
    with pytest.raises(Refusal) as refused:
        Door().enter(secret, call())
    assert refused.value.status == 401
    assert SharedCall.objects.get(subscription=row).status == 401
    past = approved(city)
    secret = issue(past, asking(city))
    Subscription.unscoped("a test").filter(pk=past.pk).update(valid_until=clock.today() - timedelta(days=1))
    with pytest.raises(Refusal):
        Door().enter(secret, call())


@pytest.mark.parametrize(
    "secret", ["", "anlans_", "anlans_" + "x" * 43, "anlan_abc", "anlans_\u4e2d", "a" * 5000]
)
def test_an_unknown_secret_opens_nothing(secret: str) -> None:
    with pytest.raises(Refusal):
        Door().enter(secret, call())


def test_a_token_is_taken_by_the_body_that_asked_and_replaces_the_one_before(city: Any) -> None:
    row = approved(city)
    with pytest.raises(NotAllowed):
        issue(row, city.officer)
    first = issue(row, asking(city))
    second = issue(row, asking(city))
    with pytest.raises(Refusal):
        Door().enter(first, call())
    assert Door().enter(second, call()).pk == row.pk
    with pytest.raises(NotAllowed):
        issue(request(city), asking(city))


def test_calls_are_limited_and_the_log_only_grows(city: Any) -> None:
    row = approved(city)
    secret = issue(row, asking(city))
    now = timezone.now()
    SharedCall.objects.bulk_create(
        SharedCall(subscription=row, at=now, rows=0, size=0, status=200, milliseconds=1)
        for _ in range(A_MINUTE)
    )
    with pytest.raises(Refusal) as refused:
        Door().enter(secret, call())
    assert refused.value.status == 429
    for change in (lambda rows: rows.update(rows=9), lambda rows: rows.delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change(SharedCall.objects.filter(subscription=row))


def test_personal_and_free_text_fields_are_masked_with_a_reason_unless_granted_in_clear(
    city: Any, settled: None
) -> None:
    Enterprise.unscoped("a test").filter(pk=city.workshop.pk).update(legal_representative="王小明")
    row = approved(city, fields="enterprises: name legal_representative")
    found = page(row, {})
    shown = next(item for item in found["items"] if item["name"] == city.workshop.name)
    assert shown["legal_representative"] == "王**"
    assert found["masked"]["legal_representative"]["en"] == "Personal data, given masked."
    assert "name" not in found["masked"]
    clear = approved(
        city,
        fields="enterprises: name legal_representative",
        clear_fields="enterprises: legal_representative",
    )
    found = page(clear, {})
    shown = next(item for item in found["items"] if item["name"] == city.workshop.name)
    assert (shown["legal_representative"], found["masked"]) == ("王小明", {})
    city.reports(description="打电话给张三 13812345678")
    texts = approved(city, data_set="hidden-dangers", fields="hidden-dangers: number description")
    found = page(texts, {})
    assert found["items"][0]["description"] == "***"
    assert "自由文本" in found["masked"]["description"]["zh"]


@pytest.mark.parametrize("names", ["enterprises: name", "enterprises: safety_phone", "enterprises: no_such"])
def test_only_masked_fields_that_were_asked_for_can_be_granted_in_clear(city: Any, names: str) -> None:
    with pytest.raises(Invalid) as refused:
        request(city, fields="enterprises: name legal_representative", clear_fields=names)
    assert "clear_fields" in refused.value.errors


def test_a_post_that_may_not_see_personal_data_grants_none_in_clear(city: Any) -> None:
    from dataclasses import replace

    row = request(
        city, data_set="hidden-dangers", fields="hidden-dangers: number description",
        clear_fields="hidden-dangers: description",
    )  # fmt: skip
    grants = tuple(replace(grant, ceiling=1) for grant in city.officer.grants)
    with pytest.raises(Invalid):
        take("approve", row, replace(city.officer, grants=grants))
    take("approve", row, city.officer)


def test_the_frequency_is_enforced_by_what_is_given(city: Any) -> None:
    row = approved(city, frequency="daily")
    city.clock.forward(timedelta(days=1))
    first = page(row, {})
    assert city.workshop.name in {item["name"] for item in first["items"]}
    Enterprise.unscoped("a test").filter(pk=city.workshop.pk).update(updated_at=clock.now())
    city.clock.forward(timedelta(minutes=10))
    assert page(row, {"after": [first["next"]]})["items"] == []  # changed today: given tomorrow
    city.clock.forward(timedelta(days=1))
    again = page(row, {"after": [first["next"]]})
    assert [item["name"] for item in again["items"]] == [city.workshop.name]
    assert again["as_of"] < clock.now().isoformat() < again["next_at"]


def test_a_subscription_approved_for_another_channel_is_not_read_over_the_api(city: Any) -> None:
    row = approved(city, channel="push")
    with pytest.raises(Refusal) as refused:
        answer(row, call())
    assert refused.value.status == 403
    assert SharedCall.objects.get(subscription=row).status == 403
    with pytest.raises(NotAllowed):
        issue(row, asking(city))


def test_the_calls_of_a_demonstration_go_with_it_and_no_others(city: Any) -> None:
    from anlan.kernel.sharing.demonstration import clear_calls

    real, shown = approved(city), approved(city)
    for row in (real, shown):
        answer(row, call())
    Subscription.unscoped("a test").filter(pk=shown.pk).update(is_demo=True)
    assert clear_calls() == 1
    assert list(SharedCall.objects.values_list("subscription", flat=True)) == [real.pk]
    with pytest.raises(DatabaseError), transaction.atomic():
        SharedCall.objects.all().delete()  # the wall stands again
