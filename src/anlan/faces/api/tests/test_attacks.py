"""What a stranger or a broken program sends: whatever it is, the answer is a refusal in words and never a 500."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import FieldDoesNotExist
from program import API, Program
from world import credit_code

from anlan.faces.api.subjects import subject_by_slug, subjects
from anlan.kernel.registers.fields import spec_of

SLUGS = [subject.slug for subject in subjects()]
# What only other matters open has no form to bring odd values to.
OPENED = [subject.slug for subject in subjects() if subject.has_opening]
HUGE = "9" * 400
# The kinds whose forms and lists every value is tried in alone; the others are derived by the same code.
BY_HAND = {"enterprises", "hidden-dangers", "accidents"}
ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    10**400,
    -(10**30),
    2**31,
    2**63,
    1.5,
    "",
    " ",
    "x" * 5000,
    "é́",
    "\u202e攻击",
    "=cmd|' /C calc'!A0",
    "１２３",
    "1e999",
    "NaN",
    "Infinity",
    "-0",
    "0001-01-01",
    "9999-12-31",
    "2026-02-30",
    "2026-03-02T25:00:00Z",
    "' OR 1=1 --",
    "<script>",
    "{{7*7}}",
    "../../etc/passwd",
    [],
    [1],
    {},
    {"a": {"b": [1]}},
    ["a", ["b"]],
    str(uuid.uuid4()),
    "00000000-0000-0000-0000-000000000000",
]
RAW = [
    b"",
    b" ",
    b"null",
    b"[]",
    b"1",
    b'"text"',
    b"{",
    b"}",
    b'{"a":1,"a":2}',
    b'{"name":"\\u0000"}',
    b'{"name":"\\ud800"}',
    b"\xff\xfe{}",
    b'{"name":NaN}',
    b'{"employees":1e999999999}',
    b'{"employees":' + b"9" * 5000 + b"}",
    b'{"a":' * 500 + b"1" + b"}" * 500,
    b"[" * 100_000,
    b'{"longitude":-Infinity}',
    b'{"\\u0000":1}',
    b'\xef\xbb\xbf{"name":1}',
    b'{"name":"' + b"x" * 1_200_000 + b'"}',
]


def refused(response: Any) -> bool:
    """Say whether it was refused in words (or taken), and fail on a 500."""
    assert response.status_code < 500, response.content
    if response.status_code >= 400:
        assert response["Content-Type"].split(";")[0] in {"application/problem+json", "application/json"}
        assert json.loads(response.content)
    return bool(response.status_code >= 400)


@pytest.mark.parametrize("slug", OPENED)
@pytest.mark.slow
def test_odd_values_in_every_field_of_every_form(slug: str, city: Any) -> None:
    subject = subject_by_slug(slug)
    assert subject is not None
    program = Program(city.city_officer)
    full: dict[str, Any] = {
        "name": "攻击企业",
        "territory": city.village.code,
        "industry": "3489",
        "enterprise": str(city.workshop.pk),
        "topic": "fire",
        "description": "x",
        "found_on": "2026-03-01",
    }
    sound = {key: value for key, value in full.items() if key in subject.asks}
    for serial, odds in enumerate(odd_sets(slug, subject.asks)):
        fields = {
            **sound,
            **({"credit_code": credit_code(5000 + serial)} if "credit_code" in subject.asks else {}),
        }
        fields |= odds
        refused(program.post(slug, {"answers": fields} if subject.loop else fields))


def odd_sets(slug: str, asks: Any) -> Iterator[dict[str, Any]]:
    """Yield what is odd in one request: of the kinds written by hand one field at a time, so that every other is sound; of
    the rest, which are refused for another field anyway, all fields at once, each value in each field once."""
    if slug in BY_HAND:
        for name in asks:
            for odd in ODD:
                yield {name: odd}
        return
    for start in range(len(ODD)):
        yield {name: ODD[(start + place) % len(ODD)] for place, name in enumerate(asks)}


def facets_to_try(slug: str, subject: Any) -> list[str]:
    """Return the filters that are tried: all of the kinds written by hand, one of each kind of field of the rest."""
    if slug in BY_HAND:
        return list(subject.facets)
    kinds = {field_kind(subject.model, name): name for name in reversed(subject.facets)}
    return sorted(kinds.values())


def share_of(slug: str, values: list[Any]) -> list[Any]:
    """Return all values for the kinds written by hand; of the rest, which share their code, each kind tries its own quarter."""
    return values if slug in BY_HAND else values[SLUGS.index(slug) % 4 :: 4]


def field_kind(model: Any, name: str) -> str:
    """Return the kind of a field, or the name of what is no field."""
    try:
        return spec_of(model, name).kind
    except FieldDoesNotExist:
        return name


@pytest.mark.slow
def test_odd_values_in_edits_and_steps(city: Any) -> None:
    danger, program = city.reports(), Program(city.officer)
    for odd in ODD:
        for name in (
            "name",
            "longitude",
            "employees",
            "territory",
            "scale",
            "has_major_hazard",
            "safety_phone",
            "version",
            "reason",
        ):
            refused(program.patch(f"enterprises/{city.workshop.pk}", {name: odd}))
        for name in ("rectify_by", "measures", "severity", "responsible_post", "funds_yuan"):
            refused(program.post(f"hidden-dangers/{danger.pk}/steps/grade", {"answers": {name: odd}}))
        for name in ("answers", "evidence", "at", "version"):
            refused(
                program.post(
                    f"hidden-dangers/{danger.pk}/steps/comment", {"answers": {"text": "x"}, name: odd}
                )
            )
        refused(program.post(f"hidden-dangers/{danger.pk}/steps/comment", {"answers": {"text": odd}}))
        refused(program.post(f"hidden-dangers/{danger.pk}/steps/attach", {"evidence": {"attachment": odd}}))
        refused(program.post(f"hidden-dangers/{danger.pk}/steps/attach", {"evidence": {"attachment": [odd]}}))
        refused(
            program.post(
                f"hidden-dangers/{danger.pk}/steps/transfer",
                {"answers": {"new_regulator": odd, "reason": "x"}},
            )
        )
    for at in (
        "0001-01-01T00:00:00+08:00",
        "9999-12-31T23:59:59-12:00",
        "1949-01-01T00:00:00Z",
        "2026-03-02",
        "2999-01-01T00:00:00Z",
    ):
        body = {"answers": {"text": "x"}, "at": at}
        assert program.post(f"hidden-dangers/{danger.pk}/steps/comment", body).status_code == 422


@pytest.mark.parametrize("raw", RAW, ids=lambda raw: raw[:24].decode("latin-1"))
def test_raw_bodies(raw: bytes, city: Any) -> None:
    danger, program = city.reports(), Program(city.officer)
    places = [
        "enterprises",
        f"hidden-dangers/{danger.pk}/steps/comment",
        "hidden-dangers",
        "session",
        "tokens",
        "rules/deadline",
    ]
    for place in places:
        assert refused(program.post(place, raw))
    assert refused(program.patch(f"enterprises/{city.workshop.pk}", raw))


def test_wrong_types_of_content_and_methods(city: Any) -> None:
    program = Program(city.officer)
    for kind in (
        "text/plain",
        "application/xml",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "",
        "application/jsonx",
    ):
        response = program.post("enterprises", b'{"name": "x"}', content_type=kind)
        assert response.status_code in {400, 415}, kind
    assert program.send("DELETE", f"enterprises/{city.workshop.pk}").status_code == 405
    put = program.send("PUT", "enterprises")
    assert (put.status_code, put.json()["code"]) == (405, "method_not_allowed")
    assert "GET" in put["Allow"]
    for path in (
        "",
        "enterprises/",
        "enterprises/x/y/z",
        "nothing",
        f"enterprises/{uuid.uuid4()}",
        "enterprises/not-an-id",
        "hidden-dangers/1/steps/x",
    ):
        response = program.get(path)
        assert response.status_code in {404, 405}, path
        assert response["Content-Type"] == "application/problem+json"


def cursor(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


CURSORS = [
    "x",
    "====",
    "A" * 20_000,
    "é",
    cursor(),
    cursor(1),
    cursor("a", "b"),
    cursor(None, None),
    cursor("a", str(uuid.uuid4())),
    cursor({}, []),
    cursor("\x00", str(uuid.uuid4())),
    cursor("\ud800", str(uuid.uuid4())),
    cursor(10**400, str(uuid.uuid4())),
    cursor([["x"]], str(uuid.uuid4())),
    base64.urlsafe_b64encode(b"[" * 100_000).decode(),
    base64.urlsafe_b64encode(b'"ab"').decode(),
    base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    cursor("9" * 5000, str(uuid.uuid4())),
    cursor("NaN", str(uuid.uuid4())),
    cursor("9999-12-31T23:59:59-23:59", str(uuid.uuid4())),
]


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.slow
def test_odd_queries_of_every_list(slug: str, city: Any) -> None:
    city.reports()
    program, subject = Program(city.city_officer), subject_by_slug(slug)
    assert subject is not None
    for sort in {*subject.sorts, subject.order}:
        for odd in CURSORS:
            refused(program.get(slug, {"sort": sort, "after": odd}))
    for odd in CURSORS:
        refused(program.get(slug, {"before": odd}))
    texts = [odd for odd in ODD if isinstance(odd, str)] + [
        HUGE,
        "²",
        "٣",
        "1.5",
        "-1",
        "true",
        "'",
        "\\",
        "a:*|!&",
        "中" * 500,
    ]
    edges = [name + edge for name in facets_to_try(slug, subject) for edge in ("", "_from", "_to")]
    for name in ["q", "size", "sort", "archived", *edges]:
        for odd in share_of(slug, texts):
            refused(program.get(slug, {name: odd}))
    refused(program.get(slug, {"sector": ["fire"] * 101}))


@pytest.mark.slow
def test_odd_queries_elsewhere(city: Any) -> None:
    program = Program(city.city_officer)
    danger = city.reports()
    texts = [odd for odd in ODD if isinstance(odd, str)] + [
        HUGE,
        "²",
        "1,2,3,4",
        "inf,0,0,0",
        "1e400,1,1,1",
        "-1",
        "-",
        ",",
        "1_0",
        "\\",
        "'",
    ]
    for odd in texts:
        refused(program.get("search", {"q": odd}))
        for name in ("parent", "depth"):
            refused(program.get("territories", {name: odd}))
        for name in ("territory", "industry", "on", "subject"):
            refused(program.get("responsibility", {"territory": "220102", name: odd}))
        for name in ("bbox", "zoom", "layers", "q", "territory", "state"):
            refused(program.get("map/points", {"bbox": "120,40,130,46", "zoom": "6", name: odd}))
        for name in ("after", "size"):
            refused(program.get(f"hidden-dangers/{danger.pk}/history", {name: odd}))
        refused(program.get(f"enterprises/{city.workshop.pk}/responsibility", {"on": odd}))
        refused(program.get("me", Accept_Language=odd.encode("ascii", "ignore").decode()))
        refused(program.post("session", {"username": odd, "password": odd}))
    for path in (
        "%00",
        "enterprises/%00",
        "enterprises/%ff%fe",
        "rules/%E4%B8%AD",
        "territories/²",
        "enterprises/" + "a" * 3000,
    ):
        refused(program.get(path))


def test_what_is_another_s_stays_another_s(city: Any) -> None:
    danger, far = city.reports(), Program(city.far_officer)
    theirs = {"before": [str(city.photo(city.grid_inspector))]}
    answers = {
        "enterprise": str(city.far_shop.pk),
        "topic": "fire",
        "description": "x",
        "found_on": "2026-03-01",
    }
    stolen = far.post("hidden-dangers", {"answers": answers, "evidence": theirs})
    assert (stolen.status_code, stolen.json()["code"]) == (422, "unknown_evidence")
    reach = far.post(
        "hidden-dangers",
        {
            "answers": {**answers, "enterprise": str(city.workshop.pk)},
            "evidence": {"before": [str(city.photo(city.far_officer))]},
        },
    )
    assert reach.status_code == 422
    assert "enterprise" in reach.json()["errors"]
    assert (
        far.post(f"hidden-dangers/{danger.pk}/steps/comment", {"answers": {"text": "x"}}).status_code == 404
    )
    moved = far.patch(f"enterprises/{city.far_shop.pk}", {"territory": city.village.code})
    assert moved.status_code in {403, 422}


def test_text_that_looks_like_a_formula_is_kept_as_text(city: Any) -> None:
    text = '=HYPERLINK("http://evil","x")'
    program = Program(city.officer)
    made = program.patch(f"enterprises/{city.workshop.pk}", {"business": text})
    assert made.json()["business"] == text


def test_an_oversized_body_is_refused_early(city: Any) -> None:
    response = Program(city.officer).post("enterprises", b'{"name":"' + b"x" * 6_000_000 + b'"}')
    assert response.status_code == 413
    assert Program().client.get(API + "openapi.json").status_code == 200
