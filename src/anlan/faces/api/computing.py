"""Computations of the rule book for programs, open to everybody: what each takes, and its result with reasons and clauses.

Input and output are the contract of the calculators: the same JSON as on the page and on the command line.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Router
from pydantic import BaseModel, ConfigDict, Field

from anlan.faces.api import schemas
from anlan.faces.api.bodies import JSON
from anlan.faces.api.operations import Adder
from anlan.faces.api.problems import DETAILS, Refused
from anlan.kernel.rules import computations, read_json, run
from anlan.kernel.rules.computing import Computation
from anlan.kernel.words import Words

_TYPE = Words("内容类型须为 application/json。", "The content type must be application/json.")


class ComputationOut(BaseModel):
    """One computation: its names, its input (JSON Schema) and an example that works."""

    name: str
    words: schemas.Bilingual
    about: schemas.Bilingual
    input_schema: dict[str, Any]
    example: dict[str, Any]


class ComputationsOut(BaseModel):
    """All computations."""

    items: list[ComputationOut]


class StepOut(BaseModel):
    """One step of the computation."""

    model_config = ConfigDict(extra="allow")

    text_zh: str
    text_en: str


class ResultOut(BaseModel):
    """The keys found, then how and by which clauses."""

    model_config = ConfigDict(extra="allow")

    steps: list[StepOut]
    citations: list[dict[str, Any]]
    confidence: str = Field(description="sourced, secondary, memory")


def router() -> Router:
    """Return the router: the list, and one operation for each computation with its own input schema."""
    found = Router(tags=["rules"])
    add = Adder(found, "rules")
    add.get("", index, ComputationsOut, "可用的计算 / The computations", auth=None)
    add.get("/{name}", about, ComputationOut, "一项计算 / One computation", auth=None)
    add.post("/{name}", compute, ResultOut, "计算 / Compute", {"requestBody": _any_body()}, auth=None)
    return found


def _any_body() -> dict[str, Any]:
    """Return the body of every computation: one of the declared inputs."""
    inputs = [
        {**found.schema(), "title": f"Input of {found.name}", "examples": [dict(found.example)]}
        for found in computations().values()
    ]
    return {"required": True, "content": {"application/json": {"schema": {"anyOf": inputs}}}}


def _described(found: Computation) -> dict[str, Any]:
    return {
        "name": found.name,
        "words": {"zh": found.zh, "en": found.en},
        "about": {"zh": found.about_zh, "en": found.about_en},
        "input_schema": found.schema(),
        "example": dict(found.example),
    }


def _json(data: Any) -> HttpResponse:
    return JsonResponse(data, json_dumps_params={"ensure_ascii": False})


def index(request: HttpRequest) -> HttpResponse:
    """Answer every computation."""
    return _json({"items": [_described(found) for found in computations().values()]})


def about(request: HttpRequest, name: str) -> HttpResponse:
    """Answer one computation."""
    return _json(_described(_named(name)))


def compute(request: HttpRequest, name: str) -> HttpResponse:
    """Compute; 422 with the faults of the input by field."""
    _named(name)
    if request.content_type != JSON:
        raise Refused(415, "unsupported_media_type", _TYPE, {"Accept": JSON})
    return _json(run(name, read_json(request.body)))


def _named(name: str) -> Computation:
    found = computations().get(name)
    if found is None:
        raise Refused(404, "not_found", DETAILS["not_found"])
    return found
