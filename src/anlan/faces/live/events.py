"""`/live/?topic=inbox&topic=matter:<id>&topic=rows:<slug>`: what changed, as server-sent events, for a signed-in person.
A slug is that of a register or a loop.

An event is forwarded only if the person may see the matter, or a row of the list, at that moment. Of a register's rows that
stand on a map it also says where they stand and in which level, so that an open map shows a new colour before it has fetched
anything; of nothing else more than the name. Who the person is, is asked again every minute: a session that ended, a post that
was left, closes the line.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.sessions.backends.base import SessionBase
from django.db import close_old_connections, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse

from anlan.faces.live.hub import Box, Hub, Told, TooMany, hub
from anlan.kernel.identity.sessions import account_of, actor_of, owes_second_factor
from anlan.kernel.loops import loop_named
from anlan.kernel.notices.reading import OF_PERSON
from anlan.kernel.registers import register_named
from anlan.kernel.registers.tiles import MapLayer
from anlan.kernel.scope import Actor
from anlan.kernel.words import Words

HEARTBEAT_SECONDS = 20.0
ASKED_AGAIN_SECONDS = 60.0
GATHERING_SECONDS = 0.3  # several changes within a blink are looked up together
FIRST_SECONDS = 0.03  # what comes after that long a calm is told sooner
# Where so many change at once, nobody reads each: what follows is gathered for longer.
MANY, MANY_SECONDS = 20, 1.0
MOST_SIGNS = 20  # rows whose place and level are told with the event; of more, a map asks for its tiles
MOST_TOPICS = 50
INBOX, MATTER, ROWS = "inbox", "matter:", "rows:"
Signs = list[dict[str, Any]] | None
_SIGN_IN = Words("请先登录。", "Sign in first.")
_MANY = Words("打开的页面过多。", "Too many pages are open.")
_TOPIC = Words("没有这个主题。", "There is no such topic.")


@dataclass(frozen=True)
class Topics:
    """What a page listens to."""

    inbox: bool
    matters: frozenset[uuid.UUID]
    lists: frozenset[str] = frozenset()

    def names(self) -> list[str]:
        """Return every topic by name."""
        named = [
            *(f"{MATTER}{pk}" for pk in sorted(self.matters)),
            *(f"{ROWS}{slug}" for slug in sorted(self.lists)),
        ]
        return [*([INBOX] if self.inbox else []), *named]


async def live(request: HttpRequest) -> HttpResponseBase:
    """Answer the stream, or say why not."""
    if request.method != "GET":
        return HttpResponse(status=405, headers={"Allow": "GET"})
    topics = topics_of(request.GET.getlist("topic"))
    if topics is None:
        return _refusal(422, "invalid", _TOPIC)
    actor = await sync_to_async(_actor)(request.session)
    if actor is None or actor.account_id is None:
        return _refusal(401, "unauthenticated", _SIGN_IN)
    here = hub()
    try:
        box = here.join(actor.account_id)
    except TooMany:
        return _refusal(429, "too_many", _MANY)
    response = StreamingHttpResponse(
        _Stream(here, box, request.session, actor, topics).events(),
        content_type="text/event-stream; charset=utf-8",
    )
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def topics_of(asked: Iterable[str]) -> Topics | None:
    """Return the topics asked for, all of them well made; None otherwise. Asked for nothing, it is the inbox."""
    names = list(dict.fromkeys(asked)) or [INBOX]
    if len(names) > MOST_TOPICS:
        return None
    matters, lists = set(), set()
    for name in names:
        if name == INBOX:
            continue
        if name.startswith(ROWS):
            if _model_named(name.removeprefix(ROWS)) is None:
                return None
            lists.add(name.removeprefix(ROWS))
            continue
        try:
            matters.add(uuid.UUID(name.removeprefix(MATTER) if name.startswith(MATTER) else ""))
        except ValueError:
            return None
    return Topics(INBOX in names, frozenset(matters), frozenset(lists))


class _Stream:
    """One person's line."""

    def __init__(self, here: Hub, box: Box, session: SessionBase, actor: Actor, topics: Topics) -> None:
        self.here, self.box, self.session, self.actor, self.topics = here, box, session, actor, topics

    async def events(self) -> AsyncIterator[bytes]:
        """Yield events and heartbeats until the reader leaves or may no longer listen."""
        try:
            yield b"retry: 5000\n\n: ready\n\n"
            asked_at, told_at, gathering = time.monotonic(), float("-inf"), GATHERING_SECONDS
            while True:
                rung = await self._rung()
                if time.monotonic() - asked_at > ASKED_AGAIN_SECONDS:
                    actor = await sync_to_async(_actor_again)(self.session.session_key, type(self.session))
                    if actor is None or actor.account_id != self.actor.account_id:
                        return
                    self.actor, asked_at = actor, time.monotonic()
                if not rung:
                    yield b": beat\n\n"
                    continue
                await asyncio.sleep(max(FIRST_SECONDS, told_at + gathering - time.monotonic()))
                gathering = MANY_SECONDS if self.box.is_crowded(MANY) else GATHERING_SECONDS
                for name, signs in (await self._heard()).items():
                    told_at = time.monotonic()
                    yield _event(name, signs)
        finally:
            self.here.leave(self.box)

    async def _rung(self) -> bool:
        try:
            await asyncio.wait_for(self.box.bell.wait(), HEARTBEAT_SECONDS)
        except TimeoutError:
            return False
        return True

    async def _heard(self) -> dict[str, Signs]:
        """Return the topics that what came in concerns, with the signs of their rows where these are told."""
        told, everything = self.box.emptied()
        if everything:
            return dict.fromkeys(self.topics.names())
        mine = {one for one in told if register_named(one[0]) is None}
        if not self.topics.inbox:
            mine = {one for one in mine if one[1] in self.topics.matters}
        of_lists = {one for one in told if one[0] in self.topics.lists}
        found = await sync_to_async(lists_seen_among)(self.actor, of_lists) if of_lists else {}
        if not mine:
            return found
        seen = await sync_to_async(seen_among)(self.actor, mine)
        found |= dict.fromkeys(f"{MATTER}{pk}" for pk in sorted(seen & self.topics.matters))
        return found | ({INBOX: None} if seen and self.topics.inbox else {})


def seen_among(actor: Actor, told: Iterable[Told]) -> set[uuid.UUID]:
    """Return the matters of a batch that the actor may see, one query a kind; the person itself if its notices changed."""
    by_loop: dict[str, list[uuid.UUID]] = {}
    for slug, pk in told:
        by_loop.setdefault(slug, []).append(pk)
    seen: set[uuid.UUID] = {pk for pk in by_loop.pop(OF_PERSON, ()) if pk == actor.person_id}
    try:
        for slug, ids in by_loop.items():
            loop = loop_named(slug)
            if loop is not None:
                seen.update(loop.model.seen_by(actor).filter(pk__in=ids).values_list("pk", flat=True))
    finally:
        _give_back()
    return seen


def lists_seen_among(actor: Actor, told: Iterable[Told]) -> dict[str, Signs]:
    """Return the topics of lists of which the actor sees at least one of the rows told, one query a list, with their signs."""
    by_slug: dict[str, list[uuid.UUID]] = {}
    for slug, pk in told:
        by_slug.setdefault(slug, []).append(pk)
    found: dict[str, Signs] = {}
    try:
        for slug, ids in sorted(by_slug.items()):
            model = _model_named(slug)
            rows = model.seen_by(actor).filter(pk__in=ids) if model is not None else None
            if rows is None:
                continue
            if len(ids) <= MOST_SIGNS and register_named(slug) is not None:
                signs = _signs(MapLayer(slug, rows))
                if signs:
                    found[f"{ROWS}{slug}"] = signs if all(one["at"] for one in signs) else None
            elif rows.exists():
                found[f"{ROWS}{slug}"] = None
    finally:
        _give_back()
    return found


def _signs(layer: MapLayer) -> list[dict[str, Any]]:
    """Return of some rows of a register where each stands and its level; an archived one has none any more."""
    names = ["pk", "archived_at", "longitude", "latitude", *([layer.graded_by] if layer.graded_by else [])]
    return [
        {
            "id": str(pk),
            "at": [float(east), float(north)] if east is not None and north is not None else None,
            "level": None if gone else layer.level(grade[0]) if grade else 0,
        }
        for pk, gone, east, north, *grade in layer.rows.order_by().values_list(*names)
    ]


def _model_named(slug: str) -> Any:
    """Return the model of a register or a loop; None where there is none."""
    model = register_named(slug)
    loop = loop_named(slug) if model is None else None
    return loop.model if loop is not None else model


def _actor(session: SessionBase) -> Actor | None:
    try:
        actor, account = actor_of(session), account_of(session)
        if actor is None or account is None or account.has_one_time_password:
            return None
        return None if owes_second_factor(account, actor) else actor
    finally:
        _give_back()


def _give_back() -> None:
    """Give the connection back to the pool: an open page must not hold one while it waits."""
    if not connection.in_atomic_block:
        close_old_connections()


def _actor_again(key: str | None, kind: type[SessionBase]) -> Actor | None:
    return _actor(kind(key)) if key else None


def _event(name: str, signs: Signs = None) -> bytes:
    said = {"topic": name} | ({"signs": signs} if signs else {})
    return f"event: {name}\ndata: {json.dumps(said)}\n\n".encode()


def _refusal(status: int, code: str, words: Words) -> HttpResponse:
    body = {
        "type": f"/problems/{code}",
        "title": str(words),
        "status": status,
        "code": code,
        "detail": str(words),
    }
    return JsonResponse(
        body,
        status=status,
        content_type="application/problem+json",
        json_dumps_params={"ensure_ascii": False},
    )
