"""The live line with a real PostgreSQL: who hears what, and what becomes of a line that breaks."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import login
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.http import HttpRequest
from django.test import AsyncClient, AsyncRequestFactory

from anlan.faces.live import events
from anlan.faces.live.events import INBOX, live, seen_among, topics_of
from anlan.faces.live.hub import Box, Hub, TooMany, hub, told_by
from anlan.kernel.identity.models import Account
from anlan.kernel.identity.sessions import BACKEND
from anlan.kernel.loops.engine import tell


def session_of(username: str) -> SessionStore:
    """Sign somebody in and return the session."""
    request = HttpRequest()
    request.session = SessionStore()
    login(request, Account.objects.get(username=username), backend=BACKEND)
    request.session.save()
    return request.session  # type: ignore[return-value]


@pytest.fixture
def lively(transactional_db: None) -> Any:
    """A city whose transactions really commit, so that the database really tells."""
    from django.conf import settings
    from world import World

    from anlan.kernel.vault import ensure_keys

    ensure_keys(settings.ANLAN_DATA / "keys")
    Account.objects.all().delete()
    world = World()
    Account.objects.update(is_demo=True)  # reminded of the second factor, not held up by it
    yield world
    world.close()


@asynccontextmanager
async def line(session: SessionStore, *topics: str) -> AsyncIterator[AsyncIterator[bytes]]:
    """Open a line as a browser does."""
    request = AsyncRequestFactory().get("/live/", {"topic": list(topics)} if topics else {})
    request.session = session
    response = await live(request)
    assert response.status_code == 200, response.content
    assert response["Content-Type"].startswith("text/event-stream")
    pieces = aiter(response.streaming_content)
    assert b"ready" in await anext(pieces)
    await asyncio.wait_for(hub().is_listening.wait(), 10)
    try:
        yield pieces
    finally:
        await pieces.aclose()  # type: ignore[attr-defined]


async def heard(pieces: AsyncIterator[bytes], seconds: float = 3) -> set[str]:
    """Return the events that come within a time."""
    found: set[str] = set()
    try:
        async with asyncio.timeout(seconds):
            async for piece in pieces:
                if piece.startswith(b"event: "):
                    found.add(piece.split(b"\n")[0].removeprefix(b"event: ").decode())
    except TimeoutError:
        pass
    return found


def test_the_line_tells_each_only_what_they_may_see(lively: Any) -> None:
    danger = lively.reports()
    topic = f"matter:{danger.pk}"
    near, far = session_of("county_officer"), session_of("far_officer")

    async def story() -> tuple[set[str], set[str], set[str]]:
        async with (
            line(near, topic, INBOX) as one,
            line(far, topic, INBOX) as two,
            line(near, INBOX) as three,
        ):
            await sync_to_async(lively.step)(danger, "comment", lively.officer, text="请尽快")
            assert len(hub().boxes) == 3
            found = await asyncio.gather(heard(one), heard(two), heard(three))
        assert not hub().boxes
        assert hub().task is None
        return found[0], found[1], found[2]

    assert asyncio.run(story()) == ({topic, INBOX}, set(), {INBOX})


def test_a_lost_connection_is_made_again_and_everything_looked_at(lively: Any) -> None:
    danger = lively.reports()
    topic, session = f"matter:{danger.pk}", session_of("county_officer")

    def cut() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
            )

    async def story() -> tuple[set[str], set[str]]:
        async with line(session, topic) as pieces:
            await sync_to_async(cut)()
            first = await heard(pieces)
        async with line(session, topic) as pieces:
            await sync_to_async(tell)("hidden-dangers", danger.pk)
            return first, await heard(pieces)

    assert asyncio.run(story()) == ({topic}, {topic})


def test_heartbeats_come_and_a_session_that_ended_closes_the_line(lively: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(events, "HEARTBEAT_SECONDS", 0.05)
    monkeypatch.setattr(events, "ASKED_AGAIN_SECONDS", 0.2)
    session = session_of("safety_officer")

    async def story() -> list[bytes]:
        found: list[bytes] = []
        async with line(session) as pieces:
            found.append(await anext(pieces))
            await sync_to_async(session.flush)()
            async with asyncio.timeout(5):
                found += [piece async for piece in pieces]
        return found

    found = asyncio.run(story())
    assert found[0] == b": beat\n\n"
    assert len(found) < 30


def test_an_account_has_only_so_many_lines(lively: Any) -> None:
    session = session_of("worker")

    async def story() -> int:
        here, boxes = hub(), []
        account = (await sync_to_async(Account.objects.get)(username="worker")).pk
        boxes = [here.join(account) for _ in range(8)]
        request = AsyncRequestFactory().get("/live/")
        request.session = session
        status = (await live(request)).status_code
        for box in boxes:
            here.leave(box)
            here.leave(box)  # twice does no harm
        assert not here.accounts
        return status

    assert asyncio.run(story()) == 429


def test_strangers_and_nonsense_are_refused(db: None) -> None:
    async def story() -> list[int]:
        client = AsyncClient()
        many = "&".join(f"topic=matter:{uuid.uuid4()}" for _ in range(60))
        asked = ["/live/", "/live/?topic=matter:x", "/live/?topic=%00", "/live/?topic=all", f"/live/?{many}"]
        codes = [(await client.get(path)).status_code for path in asked]
        return [*codes, (await client.post("/live/")).status_code]

    codes = asyncio.run(story())
    assert codes[0] == 401
    assert set(codes[1:5]) <= {400, 422}
    assert codes[5] in {403, 405}


def test_one_that_still_owes_its_second_factor_hears_nothing(lively: Any) -> None:
    Account.objects.update(is_demo=False)
    session = session_of("county_officer")

    async def story() -> int:
        request = AsyncRequestFactory().get("/live/")
        request.session = session
        return (await live(request)).status_code

    assert asyncio.run(story()) == 401


def test_what_cannot_be_read_is_dropped() -> None:
    for payload in ("", "x", "[]", "1", "null", '{"loop": 1}', '{"loop": "a", "id": "b"}'):
        assert told_by(payload) is None


def test_topics() -> None:
    assert topics_of([]) == topics_of(["inbox"])
    assert topics_of(["matter:"]) is None
    some = uuid.uuid4()
    found = topics_of([f"matter:{some}", f"matter:{some}", "inbox"])
    assert found is not None
    assert found.names() == ["inbox", f"matter:{some}"]


def test_a_full_box_asks_for_everything() -> None:
    async def story() -> tuple[int, bool]:
        box = Box(uuid.uuid4())
        for _ in range(600):
            box.put(("hidden-dangers", uuid.uuid4()))
        told, everything = box.emptied()
        return len(told), everything

    assert asyncio.run(story()) == (0, True)


def test_seen_is_asked_of_scope(city: Any) -> None:
    danger = city.reports()
    told = {("hidden-dangers", danger.pk), ("no-such-loop", uuid.uuid4()), ("hidden-dangers", uuid.uuid4())}
    assert seen_among(city.officer, told) == {danger.pk}
    assert seen_among(city.far_officer, told) == set()


def test_too_many_is_its_own_refusal() -> None:
    async def story() -> None:
        here, account = Hub(), uuid.uuid4()
        here._listen = lambda: asyncio.sleep(60)  # type: ignore[method-assign, assignment]
        boxes = [here.join(account) for _ in range(8)]
        with pytest.raises(TooMany):
            here.join(account)
        here.join(uuid.uuid4())
        for box in [*boxes, *here.boxes]:
            here.leave(box)

    asyncio.run(story())


def test_a_list_is_a_topic_of_its_own_and_an_unknown_one_is_none() -> None:
    found = topics_of(["rows:enterprises", "inbox"])
    assert found is not None
    assert (found.lists, found.names()) == (frozenset({"enterprises"}), ["inbox", "rows:enterprises"])
    assert topics_of(["rows:hidden-dangers"]) is not None  # a loop has a list as well
    assert topics_of(["rows:nothing"]) is None


def test_a_row_of_a_list_is_told_to_whoever_sees_it_alone(city: Any) -> None:
    told = {("enterprises", city.workshop.pk)}
    assert list(events.lists_seen_among(city.officer, told)) == ["rows:enterprises"]
    assert events.lists_seen_among(city.far_safety_officer, told) == {}


def test_of_a_row_on_the_map_its_place_and_level_are_told_to_whoever_sees_it(city: Any) -> None:
    shop = city.workshop
    shop.longitude, shop.latitude = Decimal("125.3"), Decimal("43.9")
    shop.save()
    told = {("enterprises", shop.pk)}
    sign = {"id": str(shop.pk), "at": [125.3, 43.9], "level": 0}
    assert events.lists_seen_among(city.officer, told) == {"rows:enterprises": [sign]}
    assert events.lists_seen_among(city.far_safety_officer, told) == {}
    crowd = {("enterprises", pk) for pk in (shop.pk, *(uuid.uuid4() for _ in range(events.MOST_SIGNS)))}
    assert events.lists_seen_among(city.officer, crowd) == {"rows:enterprises": None}
