"""Kill -9 of the web, the worker and PostgreSQL while acts are taken and files are sent: no acknowledged act is lost, none
is done twice, none is done by half, lateness fires once, and the ledger verifies afterwards.
"""

from __future__ import annotations

import base64
import hashlib
import io
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from conftest import Installation, start_copy, stop_installation
from PIL import Image
from test_up import anlan, healthy, killed, wait_until

VICTIMS = (b"granian", b"pgdata", b"worker")
KILLS = 6
PATIENCE = 90


@pytest.fixture(scope="module")
def doomed(demonstration: Installation) -> Iterator[Installation]:
    """An installation of its own, to be killed."""
    running = start_copy(demonstration, "doomed")
    yield running
    stop_installation(running)


class Client:
    """A phone that sends again until it is answered, always with the same key."""

    def __init__(self, installation: Installation, role: str) -> None:
        self.account = next(a for a in installation.accounts if a["role"] == role)
        self.http = httpx.Client(base_url=f"{installation.address}/api/v1", timeout=20)
        self.tries = Counter[str]()
        self.sign_in()

    def sign_in(self) -> None:
        answer = self.until_answered(
            "POST",
            "/session",
            json={"username": self.account["username"], "password": self.account["password"]},
        )
        self.http.headers["X-CSRFToken"] = answer.json()["csrf_token"]

    def until_answered(self, method: str, path: str, **more: Any) -> httpx.Response:
        limit = time.monotonic() + PATIENCE
        while True:
            self.tries[method] += 1
            try:
                answer = self.http.request(method, path, **more)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code < 500:
                assert answer.status_code < 400, answer.text
                return answer
            assert time.monotonic() < limit, f"{method} {path} is never answered"
            time.sleep(0.1)


def comments_of(client: Client, matter: str) -> list[str]:
    """What was said on a matter, as its history has it."""
    texts, address = [], f"/hidden-dangers/{matter}/history"
    while address:
        page = client.until_answered("GET", address).json()
        for entry in page["items"]:
            texts += [str(value) for value in _texts(entry) if str(value).startswith("word-")]
        address = page.get("next") or ""
        address = address.removeprefix("/api/v1") if address.startswith("/") else address
    return texts


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def speak(client: Client, matters: list[str], said: list[tuple[str, str]], stop: threading.Event) -> None:
    """Comment on one matter after another until told to stop; note each only when it was acknowledged."""
    number = 0
    while not stop.is_set():
        matter, word, key = matters[number % len(matters)], f"word-{uuid.uuid4()}", str(uuid.uuid4())
        path = f"/hidden-dangers/{matter}/steps/comment"
        body = {"answers": {"text": word}}
        client.until_answered("POST", path, json=body, headers={"Idempotency-Key": key})
        said.append((matter, word))
        number += 1


def kill_at_random(installation: Installation, chance: random.Random) -> None:
    """Kill something every few seconds; the installation must answer again each time."""
    for victim in [*VICTIMS, *chance.choices(VICTIMS, k=KILLS - len(VICTIMS))]:
        time.sleep(chance.uniform(0.5, 2))
        wait_until(lambda victim=victim: killed(installation.data, victim), PATIENCE)
        wait_until(lambda: healthy(installation.address), PATIENCE)


def test_no_acknowledged_act_is_lost_or_done_twice(doomed: Installation) -> None:
    clients = [Client(doomed, role) for role in ("county_officer", "city_officer")]
    said: list[tuple[str, str]] = []
    stop = threading.Event()
    threads = []
    for client in clients:
        matters = [row["id"] for row in client.until_answered("GET", "/hidden-dangers").json()["items"][:4]]
        assert matters
        threads.append(threading.Thread(target=speak, args=(client, matters, said, stop)))
    for thread in threads:
        thread.start()
    kill_at_random(doomed, random.Random(20171122))
    stop.set()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    assert len(said) >= 20
    for matter in {matter for matter, _ in said}:
        heard = Counter(comments_of(clients[1], matter))
        promised = [word for where, word in said if where == matter]
        assert {word: heard[word] for word in promised} == dict.fromkeys(promised, heard[promised[0]])
        # A history shows a comment once or, with its sentence, a fixed number of times; never more for one than another.
        assert all(heard[word] >= 1 for word in promised)
    verified = anlan("verify", "--data", str(doomed.data))
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_an_upload_survives_kills_and_arrives_whole(doomed: Installation) -> None:
    client = Client(doomed, "county_officer")
    content = picture()
    name = base64.b64encode("现场.png".encode()).decode()
    metadata = f"filename {name},filetype {base64.b64encode(b'image/png').decode()}"
    headers = {"Tus-Resumable": "1.0.0"}
    created = client.until_answered(
        "POST",
        "/uploads/",
        headers=headers | {"Upload-Length": str(len(content)), "Upload-Metadata": metadata},
    )
    place = created.headers["Location"].split("/api/v1", 1)[1]
    step = len(content) // 6 + 1
    for number in range(12):
        asked = client.until_answered("HEAD", place, headers=headers)
        offset = int(asked.headers["Upload-Offset"])
        if offset >= len(content):
            break
        if number % 2 == 0:
            killed(doomed.data, VICTIMS[number // 2 % 2])
        send(client, place, headers, content[offset : offset + step], offset)
    done = client.until_answered("HEAD", place, headers=headers)
    assert int(done.headers["Upload-Offset"]) == len(content)
    stored = doomed.data / "evidence"
    digest = hashlib.sha256(content).hexdigest()
    wait_until(lambda: any(digest in str(f.relative_to(stored)).replace("/", "") for f in stored.rglob("*")))


def send(client: Client, place: str, headers: dict[str, str], part: bytes, offset: int) -> None:
    """Send one part; whether it arrived is asked for afterwards, as a phone does."""
    more = headers | {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
    try:
        client.http.patch(place, content=part, headers=more)
    except httpx.TransportError:
        wait_until(lambda: healthy(str(client.http.base_url).removesuffix("/api/v1/")), PATIENCE)


def picture() -> bytes:
    """A photograph of noise: it does not compress, so that it takes several parts."""
    out = io.BytesIO()
    size = (400, 300)
    Image.frombytes("RGB", size, random.Random(7).randbytes(size[0] * size[1] * 3)).save(out, "PNG")
    return out.getvalue()
