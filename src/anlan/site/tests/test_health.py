"""The doors a watchman knocks at: alive, ready, and the figures."""

from __future__ import annotations

import io
import json
import logging
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from anlan.faces.live import health
from anlan.faces.live.metrics import figures, forget_the_dead
from anlan.kernel.identity.models import Account
from anlan.site.logs import LineOfJson, RequestIdentity


@pytest.fixture(autouse=True)
def asked_anew() -> None:
    figures.at = float("-inf")


def test_healthz_answers_without_asking_the_database(client: Client) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok"}
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Request-ID"]


def sign_of_a_worker(seconds_ago: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s * interval '1 second')",
            [seconds_ago],
        )


@pytest.mark.django_db
def test_ready_only_with_a_living_worker(client: Client) -> None:
    without = client.get("/readyz")
    assert without.status_code == 503
    assert without.json()["checks"] == {"database": True, "migrations": True, "worker": False, "disk": True}
    sign_of_a_worker(300)
    assert client.get("/readyz").status_code == 503
    sign_of_a_worker(5)
    assert client.get("/readyz").json()["status"] == "ready"


@pytest.mark.django_db
def test_not_ready_without_room_or_with_a_migration_to_come(
    client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_of_a_worker(1)
    settings.ANLAN_DISK_FLOOR = 2**62
    assert client.get("/readyz").json()["checks"]["disk"] is False
    settings.ANLAN_DISK_FLOOR = 0
    monkeypatch.setattr(health, "_migrated", set())
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'loops'")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["migrations"] is False


@pytest.mark.django_db
def test_metrics_count_by_route_and_tell_of_the_work(client: Client) -> None:
    client.get("/no-such-subject/")
    client.get("/search?q=秘密的问题")
    told = client.get("/metrics").content.decode()
    assert 'anlan_requests_total{method="GET",route="office:search",status="302"}' in told
    assert 'anlan_request_seconds_bucket{le="0.15",route="office:search"}' in told
    assert "anlan_sweep_lag_seconds 0.0" in told
    assert "anlan_disk_free_bytes" in told
    assert "anlan_figures_failed 0.0" in told
    assert "秘密" not in told


@pytest.mark.django_db
@pytest.mark.parametrize(
    "more",
    [
        {"REMOTE_ADDR": "10.1.2.3"},
        {"HTTP_X_FORWARDED_FOR": "10.1.2.3"},
        {"HTTP_FORWARDED": "for=10.1.2.3"},
        {"HTTP_AUTHORIZATION": "Bearer "},
        {"HTTP_AUTHORIZATION": "Basic x"},
        {"REMOTE_ADDR": ""},
    ],
)
def test_strangers_read_no_metrics(client: Client, more: dict[str, str]) -> None:
    answer = client.get("/metrics", **more)  # type: ignore[arg-type]
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.django_db
def test_the_public_name_is_no_local_request(client: Client, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["anlan.example", "localhost"]
    assert client.get("/metrics", HTTP_HOST="anlan.example").status_code == 401
    assert client.get("/metrics", HTTP_HOST="localhost:8000").status_code == 200


@pytest.mark.django_db
def test_with_a_token_only_the_token_opens(client: Client, settings: Any) -> None:
    settings.ANLAN_METRICS_TOKEN = "a-long-token"
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", HTTP_AUTHORIZATION="Bearer another").status_code == 401
    told = client.get("/metrics", HTTP_AUTHORIZATION="Bearer a-long-token", REMOTE_ADDR="10.1.2.3")
    assert told.status_code == 200


def test_what_an_ended_process_said_of_the_present_is_forgotten(tmp_path: Path) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    gone, counted = tmp_path / f"gauge_livesum_{ended.pid}.db", tmp_path / f"counter_{ended.pid}.db"
    alive = tmp_path / "gauge_livesum_1.db"
    for file in (gone, counted, alive):
        file.touch()
    forget_the_dead(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted([counted.name, alive.name])


@pytest.mark.django_db
def test_a_request_is_one_line_with_its_post_and_without_its_question(city: Any) -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(LineOfJson())
    handler.addFilter(RequestIdentity())
    log = logging.getLogger("anlan.requests")
    log.addHandler(handler)
    level = log.level
    log.setLevel(logging.INFO)
    try:
        client = Client()
        client.force_login(Account.objects.get(pk=city.grid_inspector.account_id))
        answer = client.get("/search?q=秘密的问题", headers={"X-Request-ID": "from-the-proxy-1"})
        assert answer["X-Request-ID"] == "from-the-proxy-1"
        bad = client.get("/healthz", headers={"X-Request-ID": "short\n{}"})
        assert bad["X-Request-ID"] != "short\n{}"
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
    (line,) = (json.loads(text) for text in out.getvalue().splitlines())
    assert line["request"] == "from-the-proxy-1"
    assert line["route"] == "office:search"
    assert line["status"] == 200
    assert line["queries"] > 0
    assert line["post"] == str(city.grid_inspector.post_id)
    assert line["post_kind"] == "grid_inspector"
    assert city.grid_inspector.name not in out.getvalue()
    assert "秘密" not in out.getvalue()


@pytest.mark.parametrize("address", ["/healthz?q=%00", "/%00", "/x?%00=1"])
def test_a_nul_character_is_refused_not_crashed_on(client: Client, address: str) -> None:
    assert client.get(address).status_code == 400


def test_bad_json_escapes_are_refused(client: Client) -> None:
    for body in (rb'{"a": "\u0000"}', rb'{"a": ["\ud800"]}', rb'{"\udfff": 1}'):
        answer = client.post("/healthz", data=body, content_type="application/json")
        assert answer.status_code == 400
    pair = rb'{"a": "\ud83d\ude00"}'
    assert client.post("/healthz", data=pair, content_type="application/json").status_code == 405
