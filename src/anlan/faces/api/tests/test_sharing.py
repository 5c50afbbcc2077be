"""The catalogue over the API, and the token of a subscription at every door."""

from __future__ import annotations

import hashlib
import html
import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from anlan.kernel import clock
from anlan.kernel.identity.models import Account
from anlan.kernel.loops import take
from anlan.kernel.scope import Actor
from anlan.kernel.sharing import SharedCall, Subscription, issue
from anlan.kernel.sharing.filing import make_files
from anlan.kernel.sharing.models import Delivery
from anlan.kernel.sharing.pushing import push
from anlan.kernel.sharing.tests.asking import approved, asking

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anlan.kernel.sharing.pacing.SETTLING", timedelta(seconds=-5))
    Account.objects.update(is_demo=True)


def client_of(actor: Actor) -> Client:
    Account.objects.filter(pk=actor.account_id).update(is_demo=True)
    client = Client(raise_request_exception=False)
    client.force_login(Account.objects.get(pk=actor.account_id))
    return client


def subscription(city: Any) -> tuple[Subscription, str]:
    row = approved(city, fields="enterprises: name safety_phone")
    return row, issue(row, city.industry_officer)


def test_the_catalogue_is_for_government_alone(city: Any) -> None:
    assert Client().get("/api/v1/catalogue").status_code == 401
    assert client_of(city.worker).get("/api/v1/catalogue").status_code == 403
    found = client_of(city.officer).get("/api/v1/catalogue").json()
    sets = {one["slug"]: one for one in found["items"]}
    phone = next(field for field in sets["enterprises"]["fields"] if field["name"] == "safety_phone")
    assert (phone["given"], phone["words"]["en"]) == ("masked", "Telephone of the safety officer")
    assert found["figures"]


def test_the_catalogue_speaks_dcat(city: Any) -> None:
    answer = client_of(city.officer).get("/api/v1/catalogue/dcat")
    assert answer["Content-Type"] == "application/ld+json"
    body = answer.json()
    assert body["@type"] == "dcat:Catalog"
    assert {one["dct:identifier"] for one in body["dcat:dataset"]} >= {"enterprises", "hidden-dangers"}


def test_a_token_opens_its_rows_and_no_other_door(city: Any) -> None:
    row, secret = subscription(city)
    client = Client(raise_request_exception=False)
    by_token = {"Authorization": f"Bearer {secret}"}
    about = client.get("/api/v1/shared", headers=by_token).json()
    assert [field["name"] for field in about["fields"]] == ["name", "safety_phone"]
    found = client.get("/api/v1/shared/rows?size=20", headers=by_token)
    assert found.status_code == 200
    assert city.workshop.name in {item["name"] for item in found.json()["items"]}
    assert city.far_shop.name not in found.content.decode()
    for path in (
        "/api/v1/me",
        "/api/v1/enterprises",
        "/api/v1/search?q=车间",
        "/api/v1/catalogue",
        "/api/v1/map/points",
    ):
        assert client.get(path, headers=by_token).status_code == 401, path
    assert client.get("/enterprises/", headers=by_token).status_code == 302
    line = SharedCall.objects.filter(subscription=row, rows__gt=0).get()
    assert line.request_id == found["X-Request-ID"]


@pytest.mark.parametrize("query", ["safety_phone=1", "q=车", "sort=name", "size=3", "after=xx", "state=%FF"])
def test_what_may_not_be_asked_is_422_and_noted(city: Any, query: str) -> None:
    row, secret = subscription(city)
    answer = Client().get(f"/api/v1/shared/rows?{query}", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert list(SharedCall.objects.filter(subscription=row).values_list("status", flat=True)) == [422]


def test_revoked_is_401_as_a_problem(city: Any) -> None:
    row, secret = subscription(city)
    take("revoke", row, city.officer, {"reason": "用途不符"})
    for header in (f"Bearer {secret}", "Bearer nonsense", "Basic x", ""):
        answer = Client().get("/api/v1/shared/rows", headers={"Authorization": header} if header else {})
        assert answer.status_code == 401
        assert answer["Content-Type"] == "application/problem+json"
        assert answer["WWW-Authenticate"]


def test_pages_ask_approve_take_the_token_once_and_show_the_calls(city: Any) -> None:
    asking, owner = client_of(city.industry_officer), client_of(city.officer)
    assert client_of(city.worker).get("/data/").status_code == 403
    page = asking.get("/data/enterprises/").content.decode()
    assert "safety_phone" in page
    given = {
        "territory": str(city.workshop.territory.ancestors().get(level="county").pk), "receiver": "<b>一张图</b>",
        "purpose": "联合检查", "fields": ["name", "industry"], "channel": "pull", "frequency": "live",
        "valid_until": (clock.today() + timedelta(days=30)).isoformat(),
    }  # fmt: skip
    refused = asking.post("/data/enterprises/", {**given, "valid_until": "2020-01-01", "fields": []})
    assert refused.status_code == 422
    # A fault names its field as the form does.
    nowhere = asking.post("/data/enterprises/", {**given, "territory": ""}).content.decode()
    assert re.search(r'<label for="territory">地区</label>', nowhere)
    assert re.search(r"<li>地区：", nowhere)
    made = asking.post("/data/enterprises/", given)
    assert made.status_code == 302
    row = Subscription.unscoped("a test reads it").get()
    assert "领取令牌</button>" not in asking.get(f"/data-subscriptions/{row.pk}/").content.decode()
    take("approve", row, city.officer)
    shown = asking.get(f"/data-subscriptions/{row.pk}/").content.decode()
    assert "领取令牌" in shown
    assert "<b>一张图" not in shown
    secret = asking.post(f"/data/subscriptions/{row.pk}/token").content.decode()
    assert "anlans_" in secret
    assert owner.post(f"/data/subscriptions/{row.pk}/token").status_code == 403
    assert asking.get(f"/data/subscriptions/{row.pk}/token").status_code == 405
    key = secret.split("data-secret>")[1].split("<")[0]
    Client().get("/api/v1/shared/rows", headers={"Authorization": f"Bearer {key}"})
    log = owner.get("/data/calls").content.decode()
    assert row.number in log
    assert key not in log
    assert row.number not in client_of(city.far_officer).get("/data/calls").content.decode()
    book = owner.get("/data/calls?export=1")
    assert book.content[:2] == b"PK"
    for query in ("from=x", "to=9999-12-31", "subscription=x", "after=x", "status=999", "q=%27"):
        assert owner.get(f"/data/calls?{query}").status_code < 500


def test_the_log_lists_calls_in_the_order_of_their_moments(
    city: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line may be written later than its call was made, as by what fills in days past."""
    monkeypatch.setattr("anlan.faces.office.sharing.CALLS", 3)
    row, _ = subscription(city)
    now = clock.now()
    for days_ago in (5, 1, 4, 1, 2, 3):
        SharedCall.objects.create(
            subscription=row, at=now - timedelta(days=days_ago), token_hint="t", address="10.0.0.1",
            request_id=f"q{days_ago}", asked=f"days={days_ago}", rows=0, size=0, status=200, milliseconds=1,
        )  # fmt: skip
    owner, path, shown = client_of(city.officer), "/data/calls", []
    while path:
        text = owner.get(path).content.decode()
        shown += re.findall(r'title="days=(\d)"', text)
        more = re.search(r'href="(\?[^"]*after=[^"]*)"', text)
        path = f"/data/calls{html.unescape(more[1])}" if more else ""
    assert shown == ["1", "1", "2", "3", "4", "5"]
    far = client_of(city.far_officer)
    assert far.get(f"/data/calls?after={SharedCall.objects.earliest('at').pk}").status_code == 404


def test_every_result_in_the_log_can_be_chosen_and_no_answer_is_said_in_words(city: Any) -> None:
    row, _ = subscription(city)
    for status in (0, 200, 502, 503):
        SharedCall.objects.create(
            subscription=row, at=clock.now(), token_hint="t", address="10.0.0.1", request_id=f"q{status}", asked="",
            rows=0, size=0, status=status, milliseconds=1,
        )  # fmt: skip
    owner = client_of(city.officer)
    log = owner.get("/data/calls", headers={"accept-language": "zh-hans"}).content.decode()
    for status, words in (("0", "0 对方没有应答"), ("502", "502"), ("503", "503")):
        assert f'<option value="{status}">{words}</option>' in log
        chosen = owner.get(
            f"/data/calls?status={status}", headers={"accept-language": "zh-hans"}
        ).content.decode()
        assert f'<option value="{status}" selected>{words}</option>' in chosen
        assert chosen.count("data-row>") == 1
    assert "0 no answer" in owner.get("/data/calls", headers={"accept-language": "en"}).content.decode()


def test_a_program_fetches_evidence_of_what_its_post_may_see(city: Any) -> None:
    photo = city.photo(city.officer)
    danger = city.reports(by=city.officer)
    take("attach", danger, city.officer, evidence={"attachment": [photo]})
    near, far = client_of(city.officer), client_of(city.far_officer)
    answer = near.get(f"/api/v1/evidence/{photo}")
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content)[:2] == b"\xff\xd8"  # type: ignore[attr-defined]
    assert near.get(f"/api/v1/evidence/{photo}?size=thumb")["Content-Type"] == "image/jpeg"
    assert far.get(f"/api/v1/evidence/{photo}").status_code == 404
    assert Client().get(f"/api/v1/evidence/{photo}").status_code == 401
    assert near.get(f"/api/v1/evidence/{photo}?size=huge").status_code == 404


def test_the_upload_protocol_is_described(client: Client) -> None:
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    assert "post" in paths["/api/v1/uploads/"]
    assert {"head", "patch", "delete"} <= set(paths["/api/v1/uploads/{upload_id}"])


def test_files_are_listed_and_fetched_with_the_token_alone(city: Any) -> None:
    client = Client(raise_request_exception=False)
    row = approved(city, channel="csv", frequency="daily")
    token = issue(row, asking(city))
    make_files()
    bearer = {"Authorization": f"Bearer {token}"}
    (file,) = client.get("/api/v1/shared/files", headers=bearer).json()["items"]
    given = client.get(file["url"], headers=bearer)
    content = b"".join(given.streaming_content)
    assert (given.status_code, len(content), given["Cache-Control"]) == (
        200,
        file["size"],
        "private, no-store",
    )
    assert hashlib.sha256(content).hexdigest() == file["sha256"]
    assert client.get(file["url"]).status_code == 401
    assert client.get("/api/v1/shared/rows", headers=bearer).status_code == 403
    assert client.get(f"/api/v1/shared/files/{uuid.uuid4()}", headers=bearer).status_code == 404
    assert client.get("/api/v1/shared/files/x", headers=bearer).status_code in {404, 422}


def test_the_receiver_is_set_once_shown_and_portions_are_listed(city: Any, settings: Any) -> None:
    settings.ANLAN_WEBHOOK_NETWORKS, settings.ANLAN_WEBHOOK_PLAIN = ["127.0.0.1/32"], True
    row = approved(city, channel="push")
    client = client_of(asking(city))
    page, receiver = f"/data/subscriptions/{row.pk}/deliveries", f"/data/subscriptions/{row.pk}/receiver"
    assert "还没有接收地址" in client.get(page).content.decode()
    assert client.post(receiver, {"act": "set", "url": "https://10.0.0.1/"}).status_code == 422
    shown = client.post(receiver, {"act": "set", "url": "http://127.0.0.1:1/in"})
    assert "whsec_" in shown.content.decode()
    assert shown["Cache-Control"] == "no-store"
    assert "whsec_" not in client.get(page).content.decode()
    push()
    delivery = Delivery.objects.get()
    again = f"/data/deliveries/{delivery.pk}/again"
    assert client.post(again, {"reason": ""}).status_code == 422
    assert client.post(again, {"reason": "对方修好了"}).status_code == 302
    assert client.post(receiver, {"act": "nonsense"}).status_code == 404
    assert client_of(city.far_officer).get(page).status_code == 404
