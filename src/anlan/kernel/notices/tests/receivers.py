"""Real receivers on this machine for tests: an SMTP server, and an HTTP server that answers, hangs, drips or redirects."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller

from anlan.kernel import clock
from anlan.kernel.notices.models import Preference


class Postbox:
    """What an SMTP server received; ``refuses`` are answers to give instead of taking the mail."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refuses: list[str] = []
        self.port = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.refuses:
            return self.refuses.pop(0)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        mail["X-To"] = ", ".join(envelope.rcpt_tos)
        self.mails.append(mail)  # type: ignore[arg-type]
        return "250 taken"

    def text(self, number: int = -1) -> str:
        part = self.mails[number].get_body(("plain",))
        assert part is not None
        return str(part.get_content())


@contextmanager
def postbox() -> Iterator[Postbox]:
    """A mail server that takes everything."""
    box = Postbox()
    controller = Controller(box, hostname="127.0.0.1", port=0)
    # The port is chosen by the system and known only when the server listens.
    controller.port = _free_port()
    controller.start()
    box.port = controller.port
    try:
        yield box
    finally:
        controller.stop()


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Hook:
    """What an HTTP receiver got, and how it behaves: ok, fail, hang, drip, redirect, gone, flood."""

    def __init__(self) -> None:
        self.behaves = "ok"
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.url = ""
        self.redirects_to = ""
        self.is_over = threading.Event()


@contextmanager
def hook() -> Iterator[Hook]:
    """A receiver of webhooks."""
    held = Hook()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            held.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            getattr(self, f"_{held.behaves}")()

        def do_GET(self) -> None:
            held.got.append(({"method": "GET"}, b""))
            self._ok()

        def _ok(self) -> None:
            self._say(200, b"thanks")

        def _fail(self) -> None:
            self._say(500, b"broken")

        def _gone(self) -> None:
            self._say(410, b"gone")

        def _busy(self) -> None:
            self._say(429, b"", {"Retry-After": "120"})

        def _redirect(self) -> None:
            self._say(302, b"", {"Location": held.redirects_to})

        def _hang(self) -> None:
            held.is_over.wait(60)

        def _drip(self) -> None:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while not held.is_over.wait(0.2):
                try:
                    self.wfile.write(b"x")
                    self.wfile.flush()
                except OSError:
                    return

        def _flood(self) -> None:
            self.wfile.write(b"HTTP/1.1 500 no\r\n\r\n")
            try:
                for _ in range(2000):
                    self.wfile.write(b"y" * 65536)
            except OSError:
                return
            finally:
                self.close_connection = True

        def _say(self, status: int, body: bytes, more: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in (more or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    held.url = f"http://127.0.0.1:{server.server_port}/hook"
    try:
        yield held
    finally:
        held.is_over.set()
        server.shutdown()
        server.server_close()


def with_mail(actor: Any, **more: Any) -> Preference:
    """Let somebody have a confirmed address."""
    return Preference.objects.create(
        person_id=actor.person_id,
        address=f"{actor.post_kind}@city.example",
        hint="x",
        verified_at=clock.now(),
        **more,
    )
