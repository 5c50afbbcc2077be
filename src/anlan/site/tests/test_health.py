"""The door a watchman knocks at."""

import pytest
from django.test import Client


@pytest.mark.django_db
def test_healthz_answers_when_the_database_does(client: Client) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Request-ID"]


@pytest.mark.parametrize("address", ["/healthz?q=%00", "/%00", "/x?%00=1"])
def test_a_nul_character_is_refused_not_crashed_on(client: Client, address: str) -> None:
    assert client.get(address).status_code == 400


def test_bad_json_escapes_are_refused(client: Client) -> None:
    for body in (rb'{"a": "\u0000"}', rb'{"a": ["\ud800"]}', rb'{"\udfff": 1}'):
        answer = client.post("/healthz", data=body, content_type="application/json")
        assert answer.status_code == 400
    pair = rb'{"a": "\ud83d\ude00"}'
    assert client.post("/healthz", data=pair, content_type="application/json").status_code == 405
