"""Readings by HTTP: by a device's own name and secret, JSON and CSV, whole or not at all; and the quarantine taken in again."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

import numpy as np
import pytest
from django.test import Client

from anlan.kernel import clock
from anlan.streams import facts, journal, quarantine, reading, registry
from anlan.streams.codec import Readings
from anlan.streams.models import StreamRefusal
from anlan.streams.tests.streams_world import SECRETS, lay
from anlan.streams.tests.test_ingest import FAR, NEAR, now_ms

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/readings"


def post(name: str, body: Any, secret: str | None = None, media: str = "application/json") -> Any:
    """Send readings as a device does."""
    said = base64.b64encode(
        f"{name}:{secret if secret is not None else SECRETS.get(name, '')}".encode()
    ).decode()
    content = body if isinstance(body, str | bytes) else json.dumps(body)
    return Client(enforce_csrf_checks=True).post(
        ADDRESS, content, content_type=media, headers={"authorization": f"Basic {said}"}
    )


def test_json_and_csv_are_kept_and_what_is_repeated_is_kept_once() -> None:
    [first, second, *_] = lay("historian")["historian"]
    at = now_ms()
    answer = post(
        "historian", [{"at": at, "values": {"PT-0": 1.5, "PT-1": 2}}, {"at": at, "values": {"PT-0": 1.5}}]
    )
    assert (answer.status_code, answer.json()) == (200, {"readings": 3, "refused": 0})
    table = (
        f"Tag,At,Value,Quality\nPT-0,{at + 1},2.5,\nPT-0,2026-01-01T00:00:00+08:00,3,192\nPT-1,{at + 1},x,\n"
    )
    assert post("historian", table, media="text/csv").json() == {"readings": 2, "refused": 1}
    assert reading.raw(first, FAR, NEAR).value.tolist() == [3, 1.5, 2.5]
    assert reading.raw(second, FAR, NEAR).value.tolist() == [2]
    assert len(journal.unevaluated(None)) == 2  # the ingest will judge them


@pytest.mark.parametrize(
    "body", ["", "{", "[1]", "null", b"\xff\xfe", '{"at": 1e999, "values": {}}', "[" * 5000, {"values": 3}]
)
def test_what_cannot_be_read_is_refused_whole(body: Any) -> None:
    lay("historian")
    assert post("historian", body).status_code == 422


@pytest.mark.parametrize(
    "table",
    ["", "a,b\n1,2\n", "tag,at,value\nPT-0,yesterday,1\n", 'tag,at,value\n"PT-0', "tag,at,value\nPT-0\n"],
)
def test_a_table_that_cannot_be_read_is_refused_whole(table: str) -> None:
    lay("historian")
    assert post("historian", table, media="text/csv").status_code == 422


def test_without_its_own_secret_nothing_is_taken() -> None:
    lay("historian", "other")
    message = {"at": now_ms(), "values": {"PT-0": 1}}
    for name, secret in (("historian", ""), ("historian", SECRETS["other"]), ("nobody", "x"), ("", "")):
        assert post(name, message, secret).status_code == 401
    assert Client().post(ADDRESS, "{}", content_type="application/json").status_code == 401
    assert (
        Client()
        .post(ADDRESS, "{}", content_type="application/json", headers={"authorization": "Basic %%%"})
        .status_code
        == 401
    )
    assert Client().get(ADDRESS).status_code == 405
    registry.keep_device(uuid.uuid5(uuid.NAMESPACE_DNS, "historian"), "historian", [], enabled=False)
    assert post("historian", message).status_code == 401


def test_the_quarantine_is_taken_in_again_once_the_tag_is_known() -> None:
    lay("historian")
    at = now_ms()
    post("historian", {"at": at, "values": {"NEW-1": {"v": 4, "q": "uncertain"}, "NEW-2": 5}})
    pk = uuid.uuid5(uuid.NAMESPACE_DNS, "historian")
    new = registry.keep_point(uuid.uuid4(), pk, "NEW-1", low=None, high=None, enabled=True, conditions=())
    assert not len(reading.raw(new, FAR, NEAR))
    taken = quarantine.replay(pk)
    assert (taken.readings, taken.refused) == (1, 1)
    found = reading.raw(new, FAR, NEAR)
    assert (found.value.tolist(), found.at.tolist(), found.quality.tolist()) == ([4], [at], [1])
    waiting = StreamRefusal.objects.filter(replayed_at=None)
    assert [(row.tag, row.count) for row in waiting] == [("NEW-2", 1)]


def test_the_latest_of_many_are_those_of_each() -> None:
    points = lay("historian")["historian"]
    at = np.array([now_ms() - n for n in range(3)], np.int64)
    readings = Readings(
        np.array(points[:3], np.int32), at, np.array([1.5, -2.0, 3.0]), np.array([0, 1, 2], np.uint8)
    )
    facts.write_latest(readings, clock.now())
    facts.write_latest(readings.only(np.array([0])), clock.now())  # no newer: nothing changes
    many, each = reading.latest_of_many(points), reading.latest(points)
    assert len(many) == len(each) == 3
    for point, moment, value, quality in zip(many.points, many.at, many.value, many.quality, strict=True):
        one = each[int(point)]
        assert (journal.instant(int(moment)), float(value), int(quality)) == one
    assert not len(reading.latest_of_many([]))
