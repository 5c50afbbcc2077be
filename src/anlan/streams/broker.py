"""A broker of the operator's own (Mosquitto, EMQX, any of MQTT 5): several ingests share one subscription, each message
goes to one of them.

The broker has acknowledged to the device by then; it keeps the message until we acknowledge, and we do so once it is
committed. Who may
publish where is the broker's to say; the second level of the topic names the device, as with the receiver.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from gmqtt import Client
from gmqtt.mqtt.constants import PubRecReasonCode

from anlan.streams import sparkplug
from anlan.streams.accepting import Acceptor, Message

log = logging.getLogger("anlan.streams")
TOPICS = ("anlan/+/#", "spBv1.0/#")
RECEIVE_MAXIMUM = 2000
SESSION_SECONDS = 3600


async def subscribe(address: str, acceptor: Acceptor) -> None:
    """Take messages from a broker until cancelled; the connection is made again by itself."""
    parts = urlsplit(address)
    # The cities of an installation hear the same broker, each by a group of its own.
    group = f"anlan-{settings.ANLAN_SCHEMA}"
    client = Client(
        f"anlan-{uuid.uuid4().hex[:12]}", clean_session=True, receive_maximum=RECEIVE_MAXIMUM,
        session_expiry_interval=SESSION_SECONDS, optimistic_acknowledgement=False,
    )  # fmt: skip
    client.set_auth_credentials(unquote(parts.username or ""), unquote(parts.password or "") or None)

    async def on_message(_: Any, topic: str, payload: bytes, qos: int, properties: Any) -> Any:
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def settle() -> None:
            if not kept.done():
                kept.set_result(None)

        acceptor.offer(Message(_device(topic), topic, payload, settle))
        await kept
        return PubRecReasonCode.SUCCESS

    client.on_message = on_message
    client.on_connect = lambda *_: [client.subscribe(f"$share/{group}/{one}", qos=1) for one in TOPICS]
    while True:
        try:
            await client.connect(
                parts.hostname or "127.0.0.1", parts.port or (8883 if parts.scheme == "mqtts" else 1883),
                ssl=parts.scheme == "mqtts",
            )  # fmt: skip
            break
        except (OSError, ValueError) as why:
            log.warning("the broker does not answer, tried again: %s", why)
            await asyncio.sleep(2)
    try:
        await asyncio.Event().wait()
    finally:
        with contextlib.suppress(Exception):
            await client.disconnect()


def _device(topic: str) -> str:
    """Return the user name a topic speaks for: its second level, or the edge node of Sparkplug."""
    levels = topic.split("/")
    if topic.startswith(sparkplug.PREFIX):
        return levels[3] if len(levels) > 3 else ""
    return levels[1]
