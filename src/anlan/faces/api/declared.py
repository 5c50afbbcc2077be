"""What an operation says of itself in OpenAPI: its parameters and its body, read off the declaration.

Bodies and query strings are not judged by these schemas; they are documentation of what the form and the list take.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from anlan.faces.api.schemas import described
from anlan.faces.api.subjects import ApiSubject
from anlan.kernel.registers import FieldSpec
from anlan.kernel.registers.listing import PAGE_SIZES
from anlan.kernel.registers.naming import NamedFilter
from anlan.kernel.registers.within import LONGEST, WITHIN

REF = "#/components/schemas/{model}"
_bodies: list[type[BaseModel]] = []

KEY_HEADER = {
    "name": "Idempotency-Key", "in": "header", "required": False, "schema": {"type": "string", "format": "uuid"},
    "description": "重复发送也只办一次 / Sent again with the same key, it is done once",
}  # fmt: skip
IF_MATCH = {
    "name": "If-Match", "in": "header", "required": False, "schema": {"type": "string", "pattern": '^"[1-9][0-9]{0,8}"$'},
    "description": "读到的 ETag / The ETag that was read",
}  # fmt: skip


def taking(
    model: type[BaseModel] | None, parameters: Iterable[dict[str, Any]] = (), *, required: bool = True
) -> dict[str, Any]:
    """Return the ``openapi_extra`` of an operation that takes a body and parameters."""
    extra: dict[str, Any] = {}
    if list(parameters):
        extra["parameters"] = list(parameters)
    if model is not None:
        _bodies.append(model)
        schema = {"$ref": REF.format(model=model.__name__)}
        extra["requestBody"] = {"required": required, "content": {"application/json": {"schema": schema}}}
    return extra


def body_schemas() -> dict[str, Any]:
    """Return the schemas of all bodies, for the components."""
    _, found = models_json_schema([(model, "validation") for model in _bodies], ref_template=REF)
    return dict(found.get("$defs", {}))


def query(
    name: str, schema: dict[str, Any], about: str, *, required: bool = False, many: bool = False
) -> dict[str, Any]:
    """Return one parameter of a query."""
    if many:
        schema = {"type": "array", "items": schema, "maxItems": 100}
    found = {"name": name, "in": "query", "required": required, "schema": schema, "description": about}
    return found | ({"style": "form", "explode": True} if many else {})


def _named(found: NamedFilter) -> dict[str, Any]:
    """Return the parameter of a filter that is no column."""
    schema = {"type": "string", "maxLength": 40} if found.takes else {"type": "string", "enum": ["0", "1"]}
    return query(found.name, schema, f"{found.words.zh} / {found.words.en}")


def list_parameters(subject: ApiSubject) -> list[dict[str, Any]]:
    """Return the parameters of a list: words, filters, order, page."""
    orders = [
        o for name in dict.fromkeys([subject.order.lstrip("-"), *subject.sorts]) for o in (name, f"-{name}")
    ]
    cursor = {"type": "string", "maxLength": 2000}
    return [
        query("q", {"type": "string", "maxLength": 200}, "检索词 / Words to find"),
        within(),
        *(p for spec in subject.facet_specs for p in filters_of(spec)),
        *(_named(found) for found in subject.model.filters()),
        query("sort", {"type": "string", "enum": orders}, "排序 / Order"),
        query("size", {"type": "integer", "enum": list(PAGE_SIZES)}, "每页条数 / Rows a page"),
        query("after", cursor, "游标：上一次回答中的 next / Cursor: `next` of the answer before"),
        query("before", cursor, "游标：上一次回答中的 previous / Cursor: `previous` of the answer before"),
    ]


def within() -> dict[str, Any]:
    """Return the parameter by which a list is narrowed to a drawn area."""
    about = "范围：经度,纬度;… 或 H3 单元 / An area: longitude,latitude;… or an H3 cell"
    return query(WITHIN, {"type": "string", "maxLength": LONGEST}, about)


def filters_of(spec: FieldSpec) -> list[dict[str, Any]]:
    """Return the parameters by which one field filters."""
    about = described(spec)
    if spec.choices:
        return [
            query(
                spec.name,
                {"type": "string", "enum": [str(value) for value, _ in spec.choices]},
                about,
                many=True,
            )
        ]
    if spec.kind == "flag":
        return [query(spec.name, {"type": "string", "enum": ["true", "false"]}, about)]
    if spec.kind in {"date", "instant"}:
        return _edges(spec, {"type": "string", "format": "date"}, about)
    if spec.kind in {"number", "whole_number"}:
        return _edges(spec, {"type": "number"}, about)
    return [query(spec.name, {"type": "string", "maxLength": 200}, about, many=True)]


def _edges(spec: FieldSpec, schema: dict[str, Any], about: str) -> list[dict[str, Any]]:
    return [query(spec.name + edge, schema, about) for edge in ("_from", "_to")]
