"""How an operation is added to a router: one shape of ids, summaries and schemas for all."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import BaseModel, Field

Id = Annotated[str, Field(json_schema_extra={"format": "uuid"})]
View = Callable[..., HttpResponse]


class Adder:
    """Adds the operations of one subject to its router."""

    def __init__(self, router: Router, name: str) -> None:
        """Take the router and the name that operation ids begin with."""
        self.router, self.name = router, name

    def get(
        self,
        path: str,
        view: View,
        model: type[BaseModel] | None,
        summary: str,
        extra: dict[str, Any] | None = None,
        **more: Any,
    ) -> None:
        """Add a reading operation; one without a model answers in a format of somebody else's."""
        self._add("GET", path, view, model, summary, extra, 200, more)

    def post(
        self, path: str, view: View, model: type[BaseModel] | None, summary: str, extra: dict[str, Any] | None = None,
        status: int = 200, **more: Any,
    ) -> None:  # fmt: skip
        """Add a writing operation."""
        self._add("POST", path, view, model, summary, extra, status, more)

    def patch(
        self, path: str, view: View, model: type[BaseModel], summary: str, extra: dict[str, Any] | None = None
    ) -> None:
        """Add a changing operation."""
        self._add("PATCH", path, view, model, summary, extra, 200, {})

    def delete(self, path: str, view: View, summary: str) -> None:
        """Add an ending operation."""
        self._add("DELETE", path, view, None, summary, None, 204, {})

    def _add(
        self, method: str, path: str, view: View, model: type[BaseModel] | None, summary: str, extra: dict[str, Any] | None,
        status: int, more: dict[str, Any],
    ) -> None:  # fmt: skip
        operation = _free(view)
        operation_id = f"{self.name}_{view.__name__}"
        self.router.add_api_operation(
            path, [method], operation, response={status: model}, summary=summary, openapi_extra=extra or {},
            operation_id=operation_id, url_name=operation_id, **more,
        )  # fmt: skip


def _free(view: View) -> View:
    """Return a plain function for a method, because the router hangs its own attributes on it."""

    @wraps(view)
    def operation(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return view(request, *args, **kwargs)

    return operation
