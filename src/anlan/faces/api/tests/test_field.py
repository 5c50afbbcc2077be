"""The field app's door: bundle and delta, a batch with one visit refused, compressed and broken bodies, who may come in."""

from __future__ import annotations

import gzip
import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from program import Program

from anlan.domains.enterprises.models import Enterprise
from anlan.domains.inspections.models import SiteVisit
from anlan.domains.inspections.tests.phone import Phone
from anlan.kernel import clock, ledger
from anlan.kernel.identity.models import Account, PersonalAccess
from anlan.kernel.ledger.models import LedgerEntry
from anlan.kernel.registers import edit
from anlan.kernel.scope.models import Membership, Post

PACKED = "application/vnd.anlan.visits+gzip"


def bundle(program: Program, **query: str) -> Any:
    answer = program.get("field/bundle", query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_the_bundle_holds_what_a_site_needs_and_then_only_what_changed(city: Any) -> None:
    program = Program(city.grid_inspector)
    first = bundle(program, map="1")
    (site,) = first["sites"]
    assert site["id"] == str(city.workshop.pk)
    assert set(site["items"]) <= set(first["lists"]["items"])
    assert {"guards", "exits_clear"} <= set(site["items"])
    assert [one["title"] for one in site["people"]]
    same = bundle(program, have=first["order"], lists=first["lists"]["stamp"])
    assert (same["sites"], same["lists"], same["order"]) == ([], None, first["order"])
    edit(Enterprise, city.workshop.pk, city.city_officer, {"address": "新地址88号"})
    changed = bundle(program, have=first["order"], lists=first["lists"]["stamp"])
    assert [one["address"] for one in changed["sites"]] == ["新地址88号"]


def test_a_telephone_that_leaves_is_logged(city: Any) -> None:
    from anlan.kernel.scope.models import Person

    person = Person.objects.get(pk=city.safety_officer.person_id)
    person.phone = "13900000000"
    person.save(update_fields=["phone"])
    program = Program(city.grid_inspector)
    told = bundle(program)
    assert "13900000000" in [one["phone"] for one in told["sites"][0]["people"]]
    assert PersonalAccess.objects.filter(person=person, post_id=city.grid_inspector.post_id).count() == 1
    bundle(program, have=told["order"])
    assert PersonalAccess.objects.filter(person=person).count() == 1  # nothing left, nothing logged


def test_one_refused_visit_holds_up_no_other(city: Any) -> None:
    phone = Phone(city.grid_inspector)
    good, bad = phone.visit(city.workshop, findings=["wiring"]), phone.visit(city.workshop)
    bad["records"][1]["body"]["data"]["answer"] = "maybe"
    program = Program(city.grid_inspector)
    body = gzip.compress(json.dumps({"visits": [bad, good]}).encode())
    answer = program.post("field/visits", body, content_type=PACKED)
    refused, taken = answer.json()["visits"]
    assert (refused["ok"], taken["ok"]) == (False, True)
    assert "第 2 项" in refused["reasons"][0]["zh"]
    assert [paper["key"] for paper in taken["documents"]] == ["record", "notice"]
    again = program.post("field/visits", {"visits": [good]}).json()["visits"][0]
    assert (again["repeated"], again["id"]) == (True, taken["id"])


def folded(visit: dict[str, Any]) -> dict[str, Any]:
    """Return a visit as the app sends it: what was captured, under the last digest."""
    names = ("kind", "at", "place", "data")
    captured = [{name: record["body"][name] for name in names} for record in visit["records"]]
    return {"series": visit["series"], "head": visit["records"][-1]["sha256"], "captured": captured}


def test_a_visit_sent_under_its_last_digest_is_kept_with_all_of_them(city: Any) -> None:
    visit = Phone(city.grid_inspector).visit(city.workshop, findings=["wiring"])
    program = Program(city.grid_inspector)
    taken = program.post("field/visits", {"visits": [folded(visit)]}).json()["visits"][0]
    assert taken["ok"]
    entry = LedgerEntry.objects.get(chain=taken["id"], seq=1)
    assert entry.data["device"]["records"] == visit["records"]
    again = program.post("field/visits", {"visits": [visit]}).json()["visits"][0]
    assert (again["repeated"], again["id"]) == (True, taken["id"])


@pytest.mark.parametrize("spoil", [
    lambda sent: sent["captured"][1]["data"].update(answer="maybe"), lambda sent: sent["captured"].pop(2),
    lambda sent: sent["captured"][1].update(more=1), lambda sent: sent.update(head="0" * 64),
    lambda sent: sent.update(captured=[]), lambda sent: sent.update(captured={}), lambda sent: sent.pop("head"),
    lambda sent: sent["captured"][1]["data"].update(answer=0.5),
])  # fmt: skip
def test_what_does_not_come_to_its_last_digest_is_asked_for_whole(city: Any, spoil: Any) -> None:
    phone = Phone(city.grid_inspector)
    good, bad = folded(phone.visit(city.workshop)), folded(phone.visit(city.workshop))
    spoil(bad)
    refused, taken = (
        Program(city.grid_inspector).post("field/visits", {"visits": [bad, good]}).json()["visits"]
    )
    assert (refused["ok"], refused["code"], refused["series"]) == (False, "whole", bad["series"])
    assert taken["ok"]


@pytest.mark.parametrize("body", [
    "[]", "{}", '{"visits": 3}', '{"visits": []}', '{"visits": [3]}', '{"visits": [{"series": 3, "records": 4}]}',
    '{"visits": [{"series": "x", "records": [1]}]}', '{"other": 1}', '{"visits": [{"series": "\\ud800", "records": []}]}',
])  # fmt: skip
def test_what_is_no_visit_is_refused_in_words(city: Any, body: str) -> None:
    answer = Program(city.grid_inspector).post("field/visits", body)
    assert answer.status_code < 500
    assert not SiteVisit.unscoped("a test counts").exists()


@pytest.mark.parametrize(
    "body",
    [b"", b"no gzip", gzip.compress(b"no json", mtime=0), gzip.compress(b"0" * 9_000_000, mtime=0)],
    ids=["nothing", "no gzip", "no json", "too large"],
)
def test_what_cannot_be_unpacked_is_refused(city: Any, body: bytes) -> None:
    answer = Program(city.grid_inspector).post("field/visits", body, content_type=PACKED)
    assert answer.status_code in {400, 413, 415}


def test_only_who_inspects_comes_in(city: Any) -> None:
    for actor in (city.safety_officer, city.worker, city.city_leader):
        assert Program(actor).get("field/bundle").status_code == 403
        assert Program(actor).post("field/visits", {"visits": []}).status_code == 403
    assert Program().get("field/bundle").status_code == 401
    envelope = Phone(city.far_officer).visit(city.workshop)  # not theirs to see
    answer = Program(city.far_officer).post("field/visits", {"visits": [envelope]})
    assert answer.json()["visits"][0]["code"] == "not_found"


def test_a_photo_no_record_names_is_refused(city: Any) -> None:
    program = Program(city.grid_inspector)
    envelope = Phone(city.grid_inspector).visit(city.workshop)
    program.post("field/visits", {"visits": [envelope]})
    stray = str(city.photo(city.grid_inspector))
    assert program.post("field/photos", {"series": envelope["series"], "evidence": stray}).status_code == 422
    assert program.post("field/photos", {"series": str(uuid.uuid4()), "evidence": stray}).status_code == 404
    assert program.post("field/photos", {"series": "x", "evidence": stray}).status_code == 422


def test_a_photo_given_up_is_written_on_the_visit_once(city: Any) -> None:
    program, inspector = Program(city.grid_inspector), city.grid_inspector
    envelope = Phone(inspector).visit(city.workshop, photos={"proof": city.photo(inspector)})
    visit = program.post("field/visits", {"visits": [envelope]}).json()["visits"][0]["id"]
    named = next(
        one["body"]["data"]["sha256"] for one in envelope["records"] if one["body"]["kind"] == "photo"
    )
    body = {"series": envelope["series"], "sha256": named, "reason": "照片拍坏了"}
    for _ in range(2):
        assert program.post("field/photos/given-up", body).status_code == 200
    (said,) = [one for one in ledger.history(uuid.UUID(visit)) if one.act == "comment"]
    assert "照片拍坏了" in str(said.data)
    for wrong in (
        {"sha256": "0" * 64 + "1"},
        {"sha256": "f" * 64},
        {"reason": " "},
        {"reason": 3},
        {"series": "x"},
    ):
        assert program.post("field/photos/given-up", {**body, **wrong}).status_code == 422
    other = Program(city.far_officer).post("field/photos/given-up", body)
    assert other.status_code == 404


def test_an_inspector_who_moved_still_sends_and_is_given_nothing_to_visit(city: Any) -> None:
    envelope = Phone(city.grid_inspector).visit(city.workshop, findings=["wiring"])
    account = Account.objects.get(pk=city.grid_inspector.account_id)
    city.clock.forward(timedelta(days=2))
    Membership.objects.filter(person=account.person).update(valid_to=clock.today() - timedelta(days=1))
    post = Post.objects.get(pk=city.worker.post_id)
    Membership.objects.create(person=account.person, post=post, valid_from=clock.today())
    client = Client()
    client.force_login(account)
    told = client.get("/api/v1/field/bundle").json()
    assert (told["sites"], told["me"]["inspects"], told["me"]["account"]) == ([], False, str(account.pk))
    sent = client.post("/api/v1/field/visits", {"visits": [envelope]}, content_type="application/json").json()
    assert sent["visits"][0]["ok"], sent
    city.clock.forward(timedelta(days=31))
    assert client.get("/api/v1/field/bundle").status_code == 403
