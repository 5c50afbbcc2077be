"""What a program does with the API, from signing in to a closed danger; and what it is told when it does wrong."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from django.test import Client
from program import API, Program
from world import PASSWORD, credit_code

from anlan.kernel import clock, ledger
from anlan.kernel.identity.models import Account, ApiToken


def opening(city: Any, by: Any, **more: Any) -> dict[str, Any]:
    answers = {
        "enterprise": str(city.workshop.pk),
        "topic": "fire",
        "description": "安全出口被堵",
        "found_on": clock.today().isoformat(),
    }
    return {"answers": {**answers, **more}, "evidence": {"before": [str(city.photo(by))]}}


def test_a_danger_is_opened_graded_rectified_and_closed(city: Any) -> None:
    inspector, officer, firm = (
        Program(city.grid_inspector),
        Program(city.officer),
        Program(city.safety_officer),
    )
    made = inspector.post("hidden-dangers", opening(city, city.grid_inspector))
    assert made.status_code == 201, made.content
    danger = made.json()
    assert made["Location"] == f"/api/v1/hidden-dangers/{danger['id']}"
    assert danger["state"] == "reported"
    assert danger["regulator"]["name"] == "南关区应急管理局"
    assert [e["purpose"] for e in danger["evidence"]] == ["before"]
    assert {d["key"] for d in danger["duties"]} == {"state:reported"}

    card = officer.get("inbox").json()["items"][0]
    assert card["matter"]["id"] == danger["id"]
    assert officer.get("inbox/counts").json()["week"] + officer.get("inbox/counts").json()["today"] >= 1
    offered = {o["step"]: o for o in officer.get(f"hidden-dangers/{danger['id']}").json()["offers"]}
    assert {"grade", "transfer", "comment"} <= set(offered)
    assert "grade" not in {
        o["step"] for o in inspector.get(f"hidden-dangers/{danger['id']}").json()["offers"]
    }

    at = f"hidden-dangers/{danger['id']}/steps"
    refused = officer.post(f"{at}/grade", {"answers": {}})
    assert refused.status_code == 422
    assert {"rectify_by", "measures"} <= set(refused.json()["errors"])
    graded = officer.post(
        f"{at}/grade", {"answers": {"rectify_by": city.in_days(7), "measures": "清理"}, "version": 1}
    )
    assert graded.status_code == 200, graded.content
    assert graded.json()["state_words"]["en"] == "Being rectified"
    late = officer.post(
        f"{at}/grade", {"answers": {"rectify_by": city.in_days(7), "measures": "清理"}, "version": 1}
    )
    assert (late.status_code, late.json()["code"]) == (409, "changed_meanwhile")
    assert late.json()["since"][0]["act"] == "grade"

    lacking = firm.post(f"{at}/rectify", {"answers": {"what_was_done": "已清理"}})
    assert "after" in lacking.json()["errors"]
    photo = {"after": [str(city.photo(city.safety_officer))]}
    assert (
        firm.post(f"{at}/rectify", {"answers": {"what_was_done": "已清理"}, "evidence": photo}).status_code
        == 200
    )
    photo = {"verified": [str(city.photo(city.officer))]}
    closed = officer.post(f"{at}/accept", {"evidence": photo})
    assert (closed.status_code, closed.json()["is_open"]) == (200, False)
    acts = [e["act"] for e in officer.get(f"hidden-dangers/{danger['id']}/history").json()["items"]]
    assert acts == ["opened", "grade", "rectify", "accept"]
    second = officer.get(f"hidden-dangers/{danger['id']}/history", {"size": "2"}).json()
    rest = officer.get(f"hidden-dangers/{danger['id']}/history", {"after": str(second["next"])}).json()
    assert [e["act"] for e in rest["items"]] == ["rectify", "accept"]


def test_the_same_key_opens_and_steps_once(city: Any) -> None:
    program, key = Program(city.officer), str(uuid.uuid4())
    body = opening(city, city.officer)
    first = program.post("hidden-dangers", body, Idempotency_Key=key)
    again = program.post("hidden-dangers", body, Idempotency_Key=key)
    assert first.json()["id"] == again.json()["id"]
    assert (first.status_code, again.status_code) == (201, 201)
    assert again["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first
    stranger = Program(city.far_officer).post(
        "hidden-dangers", opening(city, city.far_officer), Idempotency_Key=key
    )
    assert stranger.status_code in {404, 422}  # somebody else's key opens nothing
    assert first.json()["id"] not in stranger.content.decode()
    step, key = f"hidden-dangers/{first.json()['id']}/steps/comment", str(uuid.uuid4())
    for _ in range(3):
        assert program.post(step, {"answers": {"text": "已知悉"}}, Idempotency_Key=key).status_code == 200
    assert len(ledger.history(uuid.UUID(first.json()["id"]))) == 2
    assert (
        program.post(step, {"answers": {"text": "x"}}, Idempotency_Key="not-a-uuid").json()["code"]
        == "bad_idempotency_key"
    )
    other = program.post("enterprises", {}, Idempotency_Key=key)
    assert (other.status_code, "key" in other.json()["errors"]) == (422, True)


def firm(city: Any, serial: int, **more: Any) -> dict[str, Any]:
    return {
        "name": f"长春新企业{serial}",
        "credit_code": credit_code(serial),
        "territory": city.village.code,
        "industry": "3489",
        **more,
    }


def test_a_register_row_lives_its_life(city: Any) -> None:
    program, key = Program(city.officer), str(uuid.uuid4())
    made = program.post(
        "enterprises",
        firm(city, 900, longitude=125.32, latitude="43.88", employees=12, uses_ammonia=True),
        Idempotency_Key=key,
    )
    assert made.status_code == 201, made.content
    row = made.json()
    assert (row["longitude"], row["latitude"], row["employees"], row["uses_ammonia"]) == (
        "125.32",
        "43.88",
        12,
        True,
    )
    assert row["territory"]["code"] == city.village.code
    assert program.post("enterprises", firm(city, 900), Idempotency_Key=key).json()["id"] == row["id"]
    double = program.post("enterprises", firm(city, 900))
    assert "credit_code" in double.json()["errors"]

    at = f"enterprises/{row['id']}"
    edited = program.patch(at, {"scale": "large", "reason": "年报"}, If_Match=made["ETag"])
    assert (edited.status_code, edited.json()["scale"], edited.json()["version"]) == (200, "large", 2)
    stale = program.patch(at, {"scale": "micro"}, If_Match=made["ETag"])
    assert stale.status_code == 409
    assert program.patch(at, {"scale": "micro", "version": 1}).status_code == 409
    assert program.patch(at, {"nonsense": 1}).json()["errors"].keys() == {"nonsense"}
    assert program.patch(at, {"uses_ammonia": "false"}).json()["errors"].keys() == {"uses_ammonia"}

    assert program.post(f"{at}/archive", {}).status_code == 422
    assert program.post(f"{at}/archive", {"reason": "注销"}).json()["archived_at"]
    assert row["id"] not in {r["id"] for r in program.get("enterprises").json()["items"]}
    assert row["id"] in {r["id"] for r in program.get("enterprises", {"archived": "true"}).json()["items"]}
    assert program.post(f"{at}/restore", {"reason": "误操作"}).json()["archived_at"] is None
    acts = [e["act"] for e in program.get(f"{at}/history").json()["items"]]
    assert acts == ["created", "edited", "archived", "restored"]
    who = program.get(f"{at}/responsibility").json()
    assert who["regulator"]["name"] == "南关区应急管理局"


def test_a_telephone_is_for_its_keepers_and_regulators(city: Any, caplog: Any) -> None:
    Program(city.officer).patch(f"enterprises/{city.workshop.pk}", {"safety_phone": "13900000000"})
    for actor, sees in (
        (city.officer, True),
        (city.main_person, True),
        (city.worker, False),
        (city.city_leader, False),
    ):
        caplog.clear()
        with caplog.at_level("INFO", logger="anlan.personal"):
            whole = Program(actor).get(f"enterprises/{city.workshop.pk}").json()
        assert whole["safety_phone"] == ("13900000000" if sees else None)
        assert whole["withheld"] == ([] if sees else ["legal_representative", "safety_phone"])
        assert bool([r for r in caplog.records if r.name == "anlan.personal"]) == sees
        listed = Program(actor).get("enterprises").content.decode()
        assert "13900000000" not in listed
    assert (
        "13900000000"
        not in Program(city.officer).get(f"enterprises/{city.workshop.pk}/history").content.decode()
    )


def test_filters_search_and_places(city: Any) -> None:
    city.reports()
    program = Program(city.city_officer)
    assert program.get("enterprises", {"territory": "220102"}).json()["count"] == 1
    assert program.get("enterprises", {"territory": city.zone.code}).json()["count"] == 1
    assert program.get("enterprises", {"scale": ["small", "large"]}).json()["count"] == 2
    assert program.get("enterprises", {"scale": "enormous"}).json()["errors"].keys() == {"scale"}
    assert program.get("hidden-dangers", {"q": "出口被货物"}).json()["count"] == 1
    found = program.get("search", {"q": "测试"}).json()["kinds"]
    assert {kind["kind"] for kind in found} >= {"enterprises", "hidden-dangers"}
    assert program.get("search").status_code == 422
    tops = program.get("territories", {"depth": "2"}).json()
    assert tops["items"][0]["children"][0]["name"] == "长春市"
    place = program.get("territories/220102001").json()
    assert [p["code"] for p in place["above"]] == ["22", "2201", "220102"]
    assert program.get("territories/999999").status_code == 404
    who = program.get("responsibility", {"territory": "220102001001", "industry": "4790"}).json()
    assert who["regulator"]["name"] == "南关区住房和城乡建设局"
    assert program.get("responsibility", {"territory": "x"}).json()["errors"].keys() == {"territory"}
    assert program.get("responsibility", {"territory": "220102", "on": "2026-13-01"}).json()[
        "errors"
    ].keys() == {"on"}


def test_computations_answer_everybody_as_on_the_command_line(db: None) -> None:
    from anlan.kernel.rules import computations, run

    nobody = Program()
    names = {found["name"] for found in nobody.get("rules").json()["items"]}
    assert names == set(computations())
    for name, declared in computations().items():
        about = nobody.get(f"rules/{name}").json()
        given = json.dumps(dict(declared.example), default=str)
        answer = nobody.post(f"rules/{name}", given)
        assert answer.status_code == 200, answer.content
        assert answer.json() == json.loads(json.dumps(run(name, json.loads(given))))
        assert about["input_schema"]["type"] == "object"
        bad = nobody.post(f"rules/{name}", {"nonsense": 1})
        assert bad.status_code == 422
        assert set(bad.json()) == {"errors"}
        assert {"field", "code", "message_zh", "message_en"} == set(bad.json()["errors"][0])
    assert nobody.post("rules/no-such-rule", {}).status_code == 404
    assert (
        nobody.post("rules/deadline", "{", content_type="application/json").json()["errors"][0]["code"]
        == "malformed_json"
    )
    assert nobody.post("rules/deadline", "{}", content_type="text/plain").status_code == 415


# --- the door


def signed_in(username: str, **more: Any) -> tuple[Client, Any]:
    client = Client(enforce_csrf_checks=True)
    body = {"username": username, "password": PASSWORD, **more}
    return client, client.post(f"{API}session", body, content_type="application/json")


def test_a_session_needs_its_csrf_token_for_writes(city: Any) -> None:
    client, entered = signed_in("safety_officer")
    assert entered.status_code == 201, entered.content
    token = entered.json()["csrf_token"]
    assert client.get(f"{API}me").json()["username"] == "safety_officer"
    at, body = f"{API}enterprises/{city.workshop.pk}", {"scale": "medium"}
    bare = client.patch(at, body, content_type="application/json")
    assert (bare.status_code, bare.json()["code"]) == (403, "csrf")
    sent = client.patch(at, body, content_type="application/json", headers={"X-CSRFToken": token})
    assert sent.status_code == 200, sent.content
    assert client.delete(f"{API}session", headers={"X-CSRFToken": token}).status_code == 204
    assert client.get(f"{API}me").status_code == 401


def test_the_second_factor_stands_before_the_session(city: Any) -> None:
    _, owing = signed_in("county_officer")
    assert owing.status_code == 201
    client, _ = signed_in("county_officer")
    assert client.get(f"{API}me").json()["code"] == "second_factor_required"
    secret = pyotp.random_base32()
    account = Account.objects.get(username="county_officer")
    account.totp_secret, account.totp_confirmed_at = secret, clock.now()
    account.save()
    client, needed = signed_in("county_officer")
    assert (needed.status_code, needed.json()["code"]) == (401, "second_factor_needed")
    assert client.get(f"{API}me").status_code == 401
    for bad in ("000000", "１２３", "abc", "é"):
        assert signed_in("county_officer", totp=bad)[1].status_code in {401, 429}
    city.clock.forward(timedelta(hours=1))
    client, entered = signed_in("county_officer", totp=pyotp.TOTP(secret).at(clock.now()))
    assert entered.status_code == 201, entered.content
    assert client.get(f"{API}me").json()["has_second_factor"]


def test_guessing_is_locked_and_says_until_when(city: Any) -> None:
    codes = []
    for _ in range(7):
        client = Client()
        body = {"username": "worker", "password": "wrong"}
        response = client.post(f"{API}session", body, content_type="application/json")
        codes.append(response.status_code)
    assert codes[0] == 401
    assert codes[-1] == 429
    assert 0 < int(response["Retry-After"]) <= 900
    form = Client().post(f"{API}session", {"username": "worker", "password": PASSWORD})
    assert form.status_code == 415  # a form of another site cannot sign anybody in


def test_tokens_are_made_in_a_session_used_and_revoked(city: Any) -> None:
    client, entered = signed_in("main_person")
    csrf = {"X-CSRFToken": entered.json()["csrf_token"]}
    until = (clock.now() + timedelta(days=90)).isoformat()

    def make(**more: Any) -> Any:
        body = {"name": "年报接口", "expires_at": until, **more}
        return client.post(f"{API}tokens", body, content_type="application/json", headers=csrf)

    made = make(read_only=True)
    assert made.status_code == 201, made.content
    bearer = {"Authorization": f"Bearer {made.json()['secret']}"}
    program = Client()
    assert program.get(f"{API}me", headers=bearer).json()["read_only"]
    at = f"{API}enterprises/{city.workshop.pk}"
    blocked = program.patch(at, {"scale": "micro"}, content_type="application/json", headers=bearer)
    assert (blocked.status_code, blocked.json()["code"]) == (403, "read_only")
    assert program.get(f"{API}tokens", headers=bearer).json()["code"] == "session_required"
    assert made.json()["secret"] not in client.get(f"{API}tokens").content.decode()
    for wrong in (
        {"expires_at": "2020-01-01T00:00:00Z"},
        {"expires_at": "2100-01-01T00:00:00Z"},
        {"name": " "},
        {"read_only": "yes"},
        {"post": str(city.officer.post_id)},
    ):
        assert make(**wrong).status_code == 422
    writer = make().json()
    assert (
        program.patch(
            at,
            {"scale": "micro"},
            content_type="application/json",
            headers={"Authorization": f"Bearer {writer['secret']}"},
        ).status_code
        == 200
    )
    revoked = client.post(f"{API}tokens/{writer['id']}/revoke", headers=csrf)
    assert revoked.json()["revoked_at"]
    assert program.get(f"{API}me", headers={"Authorization": f"Bearer {writer['secret']}"}).status_code == 401
    other, entered = signed_in("worker")
    csrf = {"X-CSRFToken": entered.json()["csrf_token"]}
    assert other.post(f"{API}tokens/{made.json()['id']}/revoke", headers=csrf).status_code == 404
    city.clock.forward(timedelta(days=91))
    assert program.get(f"{API}me", headers=bearer).status_code == 401


def test_a_token_does_not_follow_into_another_post(city: Any) -> None:
    program = Program(city.officer)
    assert program.get("me").status_code == 200
    from anlan.kernel.scope.models import Membership

    Membership.objects.filter(post_id=city.officer.post_id).update(valid_to=clock.today() - timedelta(days=1))
    assert program.get("me").json()["code"] == "no_post"
    Account.objects.filter(pk=city.officer.account_id).update(is_active=False)
    assert program.get("me").status_code == 401
    assert ApiToken.objects.get(account_id=city.officer.account_id).last_used_at


@pytest.mark.parametrize(
    "header", ["Bearer ", "Bearer x", "Basic YTpi", "anlan_x", "Bearer anlan_" + "A" * 5000]
)
def test_wrong_tokens_are_nobody(city: Any, header: str) -> None:
    assert Client().get(f"{API}me", headers={"Authorization": header}).status_code == 401


# --- the map


def test_the_map_shows_boundaries_with_their_source(db: None) -> None:
    answer = Program().get("map/boundaries")
    assert answer.status_code == 200
    body = answer.json()
    assert answer["Content-Type"].startswith("application/geo+json")
    assert body["type"] == "FeatureCollection"
    assert len(body["features"]) >= 10
    assert body["attribution"]
    assert answer["Cache-Control"].startswith("public") or "public" in answer["Cache-Control"]


def test_points_are_scoped_filtered_and_joined(city: Any) -> None:
    city.reports()
    for serial in range(10, 20):
        city.enterprise(f"测试企业{serial}", city.village, "3489", serial)
    everywhere = {"bbox": "120,40,130,46", "zoom": "6"}
    program = Program(city.city_officer)
    joined = program.get("map/points", {**everywhere, "layers": "enterprises"}).json()
    assert (joined["count"], joined["capped"]) == (12, False)
    assert [f["properties"]["count"] for f in joined["features"]] == [12]
    alone = program.get("map/points", {**everywhere, "zoom": "16", "layers": "enterprises"}).json()
    assert len(alone["features"]) == 12
    danger = program.get("map/points", {**everywhere, "layers": "hidden-dangers"}).json()["features"][0][
        "properties"
    ]
    assert (danger["kind"], danger["state"], danger["count"]) == ("hidden-dangers", "reported", 1)
    assert danger["url"].startswith("/")
    far = (
        Program(city.far_officer)
        .get("map/points", {**everywhere, "layers": "enterprises,hidden-dangers"})
        .json()
    )
    assert far["count"] == 1
    assert (
        program.get("map/points", {**everywhere, "layers": "enterprises", "q": "测试企业11"}).json()["count"]
        == 1
    )
    assert (
        program.get("map/points", {**everywhere, "layers": "enterprises", "scale": "large"}).json()["count"]
        == 0
    )
    for wrong in (
        {"bbox": "1,2,3"},
        {"bbox": "nan,1,2,3"},
        {"zoom": "99"},
        {"layers": "nothing"},
        {"bbox": "5,5,1,9"},
    ):
        assert program.get("map/points", {**everywhere, **wrong}).status_code == 422


def test_many_points_are_joined_by_the_database(city: Any, monkeypatch: Any) -> None:
    from anlan.faces.api import mapping

    for serial in range(10, 20):
        city.enterprise(f"测试企业{serial}", city.village, "3489", serial)
    monkeypatch.setattr(mapping, "MOST_ROWS", 5)
    box = {"bbox": "120,40,130,46", "zoom": "6", "layers": "enterprises"}
    found = Program(city.city_officer).get("map/points", box).json()
    assert (found["count"], len(found["features"]), found["capped"]) == (12, 1, False)
    monkeypatch.setattr(mapping, "MOST_CELLS", 0)
    assert Program(city.city_officer).get("map/points", box).json()["capped"]


@pytest.mark.parametrize(
    "path",
    ["hidden-dangers", "enterprises", "inbox", "search?q=测试", "map/points?bbox=120,40,130,46&zoom=16"],
)
def test_the_number_of_queries_does_not_grow_with_the_rows(path: str, city: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    program = Program(city.officer)

    def asked() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert program.get(path).status_code == 200
        return len(caught)

    for serial in range(10, 12):
        city.reports(at=city.enterprise(f"测试企业{serial}", city.village, "3489", serial))
    before = asked()
    for serial in range(12, 22):
        firm = city.enterprise(f"测试企业{serial}", city.village, "3489", serial)
        danger = city.reports(at=firm)
        city.step(danger, "grade", city.officer, rectify_by=city.in_days(5), measures="清理")
        city.reports(at=firm)
    assert asked() <= before + 2
