"""A program that calls the API as somebody: a token of that person's post and JSON both ways."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.test import Client

from anlan.kernel import clock
from anlan.kernel.identity.models import Account
from anlan.kernel.identity.signing_in import issue_token
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.models import Post

API = "/api/v1/"


class Program:
    """Calls the API with a bearer token; without an actor it is nobody."""

    def __init__(self, actor: Actor | None = None, *, read_only: bool = False) -> None:
        self.client = Client(raise_request_exception=False)
        self.headers: dict[str, str] = {}
        if actor is not None:
            account, post = Account.objects.get(pk=actor.account_id), Post.objects.get(pk=actor.post_id)
            until = clock.now() + timedelta(days=30)
            _, secret = issue_token(account, post, "test", until, read_only=read_only)
            self.headers["Authorization"] = f"Bearer {secret}"

    def get(self, path: str, query: Any = None, **headers: str) -> HttpResponse:
        """Read."""
        return self.client.get(API + path, query or {}, headers={**self.headers, **_names(headers)})

    def send(self, method: str, path: str, data: Any = None, **headers: str) -> HttpResponse:
        """Write JSON; a text or bytes are sent as they are."""
        content = data if isinstance(data, str | bytes) else json.dumps({} if data is None else data)
        kind = headers.pop("content_type", "application/json")
        return self.client.generic(
            method, API + path, content, content_type=kind, headers={**self.headers, **_names(headers)}
        )

    def post(self, path: str, data: Any = None, **headers: str) -> HttpResponse:
        """Write by POST."""
        return self.send("POST", path, data, **headers)

    def patch(self, path: str, data: Any = None, **headers: str) -> HttpResponse:
        """Write by PATCH."""
        return self.send("PATCH", path, data, **headers)


def _names(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
