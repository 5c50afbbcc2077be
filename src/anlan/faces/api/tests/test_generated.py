"""Requests generated from the OpenAPI document itself: as the city's officer and as nobody, never a 500, always as documented.

In process and with a fixed seed, so that a failure comes again. Ids in paths are real ones every other time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from program import Program
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 6
# One step stands for all in the short run: they share one view; the slow run takes each.
pytestmark = pytest.mark.slow


@schemathesis.serializer("application/offset+octet-stream")
def part_of_an_upload(_: Any, value: Any) -> bytes:
    """Send a part of a file as it is."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


def run(schema: Any, headers: dict[str, str], ids: dict[str, str], *, examples: int) -> int:
    """Send generated requests to every operation; returns how many were sent."""
    sent = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        real = ids.get(operation.path.split("/")[3])
        sent += _sent_to(operation, headers, real, examples)
    return sent


def _sent_to(operation: Any, headers: dict[str, str], real: str | None, examples: int) -> int:
    sent = 0

    @seed(20260302)
    @settings(
        max_examples=examples, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(), is_real=st.booleans())
    def each(case: Any, is_real: bool) -> None:
        nonlocal sent
        if is_real and real and "id" in (case.path_parameters or {}):
            case.path_parameters["id"] = real
        case.validate_response(case.call(headers=headers), checks=CHECKS)
        sent += 1

    each()
    return sent


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """Keep the test's own connection, as Django's test client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.parametrize("who", ["city_officer", "nobody"])
def test_generated_requests(who: str, city: Any) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
    danger = city.reports()
    ids = {"enterprises": str(city.workshop.pk), "hidden-dangers": str(danger.pk)}
    headers = Program(city.city_officer).headers if who == "city_officer" else {}
    assert run(schema, headers, ids, examples=EXAMPLES) > 200
