"""Evidence is given to those who see its matter, and never in a form that a browser would run."""

from __future__ import annotations

import asyncio
import io
import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image

from anlan.kernel import evidence
from anlan.kernel.evidence.models import Evidence
from anlan.kernel.identity.models import Account
from anlan.kernel.loops.models import Duty

TAIL = b"<html><script>alert(document.cookie)</script></html>"


def signed_in(actor: Any) -> Client:
    client = Client()
    client.force_login(Account.objects.get(pk=actor.account_id))
    return client


def address(pk: uuid.UUID, size: str) -> str:
    return reverse("office:evidence", args=[pk, size])


@pytest.fixture
def polyglot(city: Any) -> Evidence:
    out = io.BytesIO()
    Image.new("RGB", (2000, 100), "red").save(out, "JPEG")
    return evidence.receive([out.getvalue(), TAIL], "现场.jpg", account_id=city.grid_inspector.account_id)


def test_the_uploader_alone_until_it_is_bound(city: Any, polyglot: Evidence) -> None:
    where = address(polyglot.id, "shown")
    assert signed_in(city.grid_inspector).get(where).status_code == 200
    assert signed_in(city.safety_officer).get(where).status_code == 404
    assert Client().get(where).status_code == 302


def test_then_whoever_sees_the_matter(city: Any) -> None:
    danger = city.reports()
    (link,) = evidence.evidence_of(danger.pk)
    where = address(link.evidence_id, "thumb")
    assert signed_in(city.safety_officer).get(where).status_code == 200
    assert signed_in(city.far_safety_officer).get(where).status_code == 404


def test_and_whoever_was_given_the_matter(city: Any) -> None:
    danger = city.reports()
    (link,) = evidence.evidence_of(danger.pk)
    where = address(link.evidence_id, "thumb")
    far = city.far_safety_officer
    assert signed_in(far).get(where).status_code == 404
    duty = Duty.objects.filter(matter_id=danger.pk).first()
    duty.pk, duty.post_id, duty.party_id, duty.leads = uuid.uuid4(), far.post_id, far.party_id, False
    duty.save(force_insert=True)
    assert signed_in(far).get(where).status_code == 200


def test_shown_is_clean_and_the_original_is_only_a_download(city: Any, polyglot: Evidence) -> None:
    client = signed_in(city.grid_inspector)
    shown = client.get(address(polyglot.id, "shown"))
    assert shown["Content-Type"] == "image/jpeg"
    assert TAIL not in shown.content
    assert Image.open(io.BytesIO(shown.content)).size == (1600, 80)
    original = client.get(address(polyglot.id, "original"))
    content = b"".join(original.streaming_content)
    assert content.endswith(TAIL)
    assert len(content) == int(original["Content-Length"]) == polyglot.size
    assert original["Content-Disposition"].startswith("attachment")
    for answer in (shown, original):
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"].startswith("sandbox")


def test_ranges_and_unchanged(city: Any, polyglot: Evidence) -> None:
    client = signed_in(city.grid_inspector)
    where = address(polyglot.id, "original")
    whole = b"".join(client.get(where).streaming_content)
    for asked, expected in {
        "0-9": whole[:10],
        "5-": whole[5:],
        "-7": whole[-7:],
        f"0-{10**9}": whole,
    }.items():
        part = client.get(where, headers={"Range": f"bytes={asked}"})
        assert part.status_code == 206
        assert b"".join(part.streaming_content) == expected
    assert client.get(where, headers={"Range": "bytes=999999999-"}).status_code == 416
    assert client.get(where, headers={"Range": "bytes=a-b"}).status_code == 200
    etag = client.get(where)["ETag"]
    assert client.get(where, headers={"If-None-Match": etag}).status_code == 304


def test_unknown_sizes_and_things(city: Any, polyglot: Evidence) -> None:
    client = signed_in(city.grid_inspector)
    assert client.get(address(polyglot.id, "huge")).status_code == 404
    assert client.get(address(uuid.uuid4(), "shown")).status_code == 404
    text = evidence.receive([b"a,b\n1,2\n"], "a.csv", account_id=city.grid_inspector.account_id)
    assert client.get(address(text.id, "thumb")).status_code == 404
    assert client.get(address(text.id, "original"))["Content-Type"] == "text/csv"


@pytest.mark.filterwarnings("error::Warning:django.http")
def test_under_asgi_it_streams(city: Any, polyglot: Evidence) -> None:
    from django.core.handlers.asgi import ASGIRequest

    from anlan.faces.giving import _reading

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}
    request = ASGIRequest(scope, io.BytesIO())

    async def gather() -> bytes:
        return b"".join([piece async for piece in _reading(request, evidence.open_original(polyglot), 100)])

    assert len(asyncio.run(gather())) == 100
