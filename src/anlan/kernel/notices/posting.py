"""Calling a webhook: looked up, checked, called at that very address, within one limit of time, redirects not followed."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from datetime import timedelta
from urllib.parse import urlsplit

import httpx

from anlan import __version__
from anlan.kernel.notices.answering import Answer
from anlan.kernel.notices.guarding import called_at, fault_of, may_call

SECONDS = 15.0  # for the whole of an attempt: look-up, connection, answer
READ_AT_MOST = 2000  # bytes of an answer that are kept
LONGEST_WAIT = timedelta(hours=1)
GONE, TOO_MANY, UNAVAILABLE = 410, 429, 503


async def post(url: str, headers: dict[str, str], body: bytes, *, seconds: float = SECONDS) -> Answer:
    """Post a body and return the answer; never raises for what a receiver may do."""
    fault = fault_of(url)
    if fault is not None:
        return Answer(False, fault.zh, is_final=True)
    try:
        async with asyncio.timeout(seconds):
            return await _call(url, headers, body, seconds)
    except TimeoutError:
        return Answer(False, f"no answer within {seconds:g} s")
    except (httpx.HTTPError, OSError, ssl.SSLError, UnicodeError, ValueError) as trouble:
        return Answer(False, f"{type(trouble).__name__}: {trouble}")


async def _call(url: str, headers: dict[str, str], body: bytes, seconds: float) -> Answer:
    addresses = await _looked_up(url)
    refused = [address for address in addresses if not may_call(address)]
    if refused or not addresses:
        return Answer(False, "the name leads to an inner address, which webhooks may not reach")
    target, host, name = called_at(url, addresses[0])
    own = {"Host": host, "Content-Type": "application/json", "User-Agent": f"Anlan/{__version__}", **headers}
    # Neither proxies nor certificates from the environment: what was checked is what is called.
    async with (
        httpx.AsyncClient(
            verify=ssl.create_default_context(), trust_env=False, follow_redirects=False, timeout=seconds
        ) as client,
        client.stream(
            "POST", target, content=body, headers=own, extensions={"sni_hostname": name}
        ) as response,
    ):
        said = await _beginning(response)
        return _answer(response, said)


async def _looked_up(url: str) -> list[str]:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    found = await asyncio.get_running_loop().getaddrinfo(parts.hostname or "", port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def _beginning(response: httpx.Response) -> str:
    """Return the beginning of the answer's body, however long it goes on."""
    said = b""
    with contextlib.suppress(httpx.HTTPError):
        async for chunk in response.aiter_raw():
            said += chunk
            if len(said) >= READ_AT_MOST:
                break
    return said[:READ_AT_MOST].decode("utf-8", "replace").strip()


def _answer(response: httpx.Response, said: str) -> Answer:
    status = response.status_code
    if 200 <= status < 300:
        return Answer(True, said, status, receipt=f"HTTP {status}")
    if 300 <= status < 400:
        return Answer(False, f"HTTP {status}: redirects are not followed", status)
    wait = _asked_to_wait(response) if status in {TOO_MANY, UNAVAILABLE} else None
    return Answer(False, f"HTTP {status} {said}", status, ends_receiver=status == GONE, wait=wait)


def _asked_to_wait(response: httpx.Response) -> timedelta | None:
    text = response.headers.get("Retry-After", "")
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        return None
    return min(LONGEST_WAIT, timedelta(seconds=int(text)))
