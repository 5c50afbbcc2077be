"""Likely duplicates by the API: shown before registering, and of what lies outside scope only that it exists."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from world import credit_code

from anlan.domains.enterprises.models import Enterprise
from anlan.kernel import clock
from anlan.kernel.identity.models import Account
from anlan.kernel.identity.signing_in import issue_token
from anlan.kernel.scope.models import Post

ADDRESS = "/api/v1/enterprises/likenesses"


def asked(actor: Any, body: Any) -> Any:
    """What the API answers a program that acts for an actor."""
    account, post = Account.objects.get(pk=actor.account_id), Post.objects.get(pk=actor.post_id)
    _token, secret = issue_token(account, post, "试", clock.now() + timedelta(days=1))
    sent = body if isinstance(body, str) else json.dumps(body)
    return Client().post(ADDRESS, sent, "application/json", headers={"Authorization": f"Bearer {secret}"})


def test_what_may_be_the_same_is_named_with_its_reasons(city: Any) -> None:
    answer = asked(city.officer, {"name": "长春市测试机械加工有限责任公司", "credit_code": credit_code(400)})
    assert answer.status_code == 200
    (one,) = answer.json()["items"]
    assert one["id"] == str(city.workshop.pk)
    assert one["reasons"][0]["zh"]
    assert one["reasons"][0]["en"]
    assert not Enterprise.unscoped("test").filter(credit_code=credit_code(400)).exists()


def test_of_what_lies_outside_only_that_it_exists(city: Any) -> None:
    answer = asked(city.officer, {"credit_code": city.far_shop.credit_code})
    (one,) = answer.json()["items"]
    assert (one["id"], one["label"], one["page"]) == (None, None, None)
    assert city.far_shop.name not in answer.content.decode()


@pytest.mark.parametrize("body", ["", "[]", "{", '{"nosuch": 1}', '{"name": {"a": 1}}', '{"name": 7}'])
def test_bad_bodies_are_refused(city: Any, body: str) -> None:
    assert 400 <= asked(city.officer, body).status_code < 500


def test_strangers_are_not_answered(city: Any) -> None:
    assert Client().post(ADDRESS, "{}", "application/json").status_code == 401
