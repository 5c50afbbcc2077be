"""Contracts of every register and every loop, derived from the declarations: schema, scope, pages, problems."""

from __future__ import annotations

from typing import Any

import pytest
from addresses import Places
from jsonschema import Draft202012Validator
from program import Program

from anlan.faces.api.subjects import subject_by_slug, subjects

SLUGS = [subject.slug for subject in subjects()]
LOOPS = [subject.slug for subject in subjects() if subject.loop]
REGISTERS = [subject.slug for subject in subjects() if not subject.loop]


@pytest.fixture
def document(db: None) -> dict[str, Any]:
    """The OpenAPI document."""
    found: dict[str, Any] = Program().get("openapi.json").json()
    return found


@pytest.fixture
def peopled(city: Any) -> Any:
    """A city with a row of every kind the world can make: two dangers, one of them listed, one far away."""
    near = city.reports()
    city.step(near, "grade", city.officer, rectify_by=city.in_days(7), measures="清理通道")
    major = city.reports(by=city.officer, topic="management")
    city.step(major, "grade_major", city.officer, criteria="industry_trade", criterion="3.2")
    city.reports(by=city.far_officer, at=city.far_shop)
    return city


def keeps(document: dict[str, Any], path: str, response: Any, method: str = "get") -> None:
    """Fail unless the answer keeps to what the document says."""
    operation = document["paths"][f"/api/v1/{path}"][method]
    said = operation["responses"][str(response.status_code)]["content"]
    kind = response["Content-Type"].split(";")[0]
    schema = {**said[kind]["schema"], "components": document["components"]}
    Draft202012Validator(schema).validate(response.json())


def test_the_document_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    from openapi_spec_validator import OpenAPIV31SpecValidator

    assert document["openapi"].startswith("3.1")
    faults = [fault.message for fault in OpenAPIV31SpecValidator(document).iter_errors()]
    assert faults == []
    ids = [op["operationId"] for path in document["paths"].values() for op in path.values()]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("slug", SLUGS)
def test_every_kind_is_documented_with_labels_in_both_languages(slug: str, document: dict[str, Any]) -> None:
    subject = subject_by_slug(slug)
    assert subject is not None
    shapes = document["components"]["schemas"][f"{subject.name}Detail"]["properties"]
    for spec in subject.detail_specs:
        assert spec.label.zh in shapes[spec.name]["description"]
        assert spec.label.en in shapes[spec.name]["description"]
        for value, words in spec.choices:
            assert f"`{value}` {words.zh}" in shapes[spec.name]["description"]


@pytest.mark.parametrize("slug", SLUGS)
def test_nobody_is_asked_to_sign_in(slug: str, db: None, document: dict[str, Any]) -> None:
    nobody, some_id = Program(), "01930000-0000-7000-8000-000000000000"
    answers = [nobody.get(slug), nobody.get(f"{slug}/{some_id}"), nobody.get(f"{slug}/{some_id}/history")]
    answers += [nobody.post(slug, {"name": "x"})] if "post" in document["paths"][f"/api/v1/{slug}"] else []
    for response in answers:
        assert response.status_code == 401
        assert response["Content-Type"] == "application/problem+json"
        assert response["WWW-Authenticate"].startswith("Bearer")
        assert response.json()["code"] == "unauthenticated"
        assert response.json()["request_id"] == response["X-Request-ID"]


@pytest.mark.parametrize("slug", SLUGS)
def test_lists_and_details_keep_to_their_schemas(slug: str, peopled: Any, document: dict[str, Any]) -> None:
    program = Program(peopled.city_officer)
    page = program.get(slug)
    assert page.status_code == 200
    keeps(document, slug, page)
    for row in page.json()["items"]:
        whole = program.get(f"{slug}/{row['id']}")
        assert whole.status_code == 200, whole.content
        keeps(document, f"{slug}/{{id}}", whole)
        assert whole["ETag"] == f'"{row["version"]}"'
        history = program.get(f"{slug}/{row['id']}/history")
        keeps(document, f"{slug}/{{id}}/history", history)
        assert history.json()["items"][0]["seq"] >= 1


@pytest.mark.parametrize("slug", SLUGS)
def test_no_kind_leaks_out_of_scope(slug: str, peopled: Any) -> None:
    subject = subject_by_slug(slug)
    assert subject is not None
    for actor in (
        peopled.far_officer,
        peopled.industry_officer,
        peopled.far_safety_officer,
        peopled.administrator,
    ):
        program = Program(actor)
        listed = {row["id"] for row in program.get(slug).json()["items"]}
        seen = {str(pk) for pk in subject.model.seen_by(actor).values_list("pk", flat=True)}
        assert listed <= seen
        hidden = subject.model.unscoped("a test looks for leaks").exclude(pk__in=seen)
        for row in hidden:
            absent = program.get(f"{slug}/01930000-0000-7000-8000-000000000000")
            for path in (f"{slug}/{row.pk}", f"{slug}/{row.pk}/history"):
                response = program.get(path)
                assert response.status_code == 404
                assert response.json()["detail"] == absent.json()["detail"]  # existence is not told
            found = program.get("search", {"q": str(row)[:4]}).json()["kinds"]
            assert str(row.pk) not in {hit["id"] for kind in found for hit in kind["items"]}
            box = {"bbox": "-180,-90,180,90", "zoom": "20", "layers": slug}
            drawn = program.get("map/points", box).json()["features"]
            assert str(row.pk) not in {point["properties"]["id"] for point in drawn}
            steps = subject.loop.steps if subject.loop else {}
            writes = [f"steps/{name}" for name in list(steps)[:3]] or ["archive", "restore"]
            for write in writes:
                assert program.post(f"{slug}/{row.pk}/{write}", {}).status_code == 404 or not steps


def test_a_stranger_cannot_write_any_register(city: Any) -> None:
    places, program = Places(city), Program(city.far_officer)
    for slug in REGISTERS:
        row = f"{slug}/{places.pk(slug, 'near')}"
        assert program.patch(row, {}).status_code == 404, slug
        assert program.post(f"{row}/archive", {"reason": "x"}).status_code == 404, slug


def test_pages_are_complete_and_without_doubles(city: Any) -> None:
    for serial in range(10, 55):
        city.enterprise(f"测试企业{serial % 7}", city.village, "3489", serial)
    program = Program(city.city_officer)
    for order in ("name", "-name", "employees", "-employees", "updated_at"):
        seen: list[str] = []
        after, pages = "", 0
        while True:
            page = program.get("enterprises", {"sort": order, "size": "20", "after": after}).json()
            seen += [row["id"] for row in page["items"]]
            after, pages = page["next"], pages + 1
            if not after:
                break
        assert pages == 3
        assert len(seen) == len(set(seen)) == page["count"] == 47
        assert page["count_is_exact"]
        back = program.get("enterprises", {"sort": order, "size": "20", "before": page["previous"]}).json()
        assert [row["id"] for row in back["items"]] == seen[20:40]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_problems_speak_the_readers_language(city: Any, language: str) -> None:
    program = Program(city.officer)
    response = program.post("enterprises", {"name": ""}, Accept_Language=language)
    assert response.status_code == 422
    body = response.json()
    assert body["code"] == "invalid"
    assert {"name", "territory", "industry"} <= set(body["errors"])
    assert ("修改" in body["detail"]) == (language != "en")


def test_the_account_language_is_used_without_a_header(city: Any) -> None:
    from anlan.kernel.identity.models import Account

    Account.objects.filter(pk=city.officer.account_id).update(language="en")
    assert "scope" in Program(city.officer).get("enterprises/no-such-id").json()["detail"]
