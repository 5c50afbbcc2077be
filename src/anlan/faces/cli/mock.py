"""``./anlan mock dual-prevention``: a receiver to try uploads against, on this machine, without platform and database.

It checks what a platform would (signature, fields, lengths, codes, parents) and answers with receipts; every portion is told on
standard output. ``--fail-every N`` makes it answer 503 now and then, as platforms do.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from anlan.domains.exchange.receiving import MOST_BYTES, Platform

NAME = "mock"
HELP_ZH = "模拟上级平台接收数据，供对接调试（dual-prevention：双重预防六类数据）"
HELP_EN = "Stand in for a platform above and receive uploads (dual-prevention: the six data sets)"
NEEDS = "nothing"
PLATFORMS = ("dual-prevention",)
SECRET = "mock-secret-2017"  # noqa: S105 - printed at the start, opens nothing but this stand-in
PORT = 8790
UNAVAILABLE = 503


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take the platform, where to listen, and how badly to behave."""
    parser.add_argument("platform", choices=PLATFORMS, help="平台 / platform")
    parser.add_argument("--port", type=int, default=PORT, help=f"端口，默认 {PORT} / port")
    parser.add_argument("--secret", default=SECRET, help="密钥 / secret of the signature")
    parser.add_argument(
        "--fail-every", type=int, default=0, metavar="N", help="每 N 批答一次 503 / answer 503 now and then"
    )


def run(args: argparse.Namespace) -> int:
    """Listen on 127.0.0.1 until interrupted."""
    server = serving(args.port, args.secret, fail_every=args.fail_every)
    port = server.server_address[1]
    print(f"模拟平台已启动 / listening: http://127.0.0.1:{port}/dual-prevention", flush=True)
    print(f"密钥 / secret: {args.secret}\nCtrl-C 停止 / stops it", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
    return 0


def serving(
    port: int, secret: str, *, fail_every: int = 0, now: Callable[[], float] = time.time
) -> ThreadingHTTPServer:
    """Return a server over a fresh platform (its ``platform``), not yet serving; port 0 takes any free one."""
    platform = Platform(secret)
    asked = [0]

    class Handler(BaseHTTPRequestHandler):
        timeout = 15

        def do_POST(self) -> None:  # the name the library calls
            asked[0] += 1
            length = self.headers.get("Content-Length", "")
            if fail_every and asked[0] % fail_every == 0:
                self._answer(UNAVAILABLE, {"code": UNAVAILABLE, "msg": "503"})
                return
            if not (length.isascii() and length.isdigit()) or int(length) > MOST_BYTES:
                self.close_connection = True
                self._answer(413, {"code": 413, "msg": "Content-Length"})
                return
            body = self.rfile.read(int(length))
            data_set = self.path.partition("?")[0].rstrip("/").rpartition("/")[2]
            self._answer(*platform.take(data_set, dict(self.headers.items()), body, now()))

        def _answer(self, status: int, said: dict[str, Any]) -> None:
            text = json.dumps(said, ensure_ascii=False).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, form: str, *values: Any) -> None:
            held = {name: len(rows) for name, rows in platform.rows.items() if rows}
            print(f"{self.log_date_time_string()} {form % values} {held}", flush=True)

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.platform = platform  # type: ignore[attr-defined]
    return server
