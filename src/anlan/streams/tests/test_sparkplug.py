"""Sparkplug B: births give aliases, data use them, also after a restart; what is broken is refused, never a crash."""

from __future__ import annotations

import struct
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anlan.streams.batches import Unreadable
from anlan.streams.registry import Device, Tags
from anlan.streams.sparkplug import read

NOW = 1_764_115_200_000


def varint(number: int) -> bytes:
    found = bytearray()
    while True:
        number, byte = number >> 7, number & 127
        found.append(byte | (128 if number else 0))
        if not number:
            return bytes(found)


def field(number: int, value: int | bytes | float, wire: int = 0) -> bytes:
    if isinstance(value, bytes):
        return varint(number << 3 | (wire or 2)) + (b"" if wire in (1, 5) else varint(len(value))) + value
    return varint(number << 3) + varint(int(value))


def metric(name: str = "", alias: int | None = None, **value: Any) -> bytes:
    body = field(1, name.encode()) if name else b""
    body += field(2, alias) if alias is not None else b""
    body += field(3, value["at"]) if "at" in value else b""
    body += field(4, value["kind"]) if "kind" in value else b""
    body += field(7, 1) if value.get("null") else b""
    body += field(10, value["whole"]) if "whole" in value else b""
    body += field(12, struct.pack("<f", value["single"]), 5) if "single" in value else b""
    body += field(13, struct.pack("<d", value["double"]), 1) if "double" in value else b""
    body += field(15, value["text"].encode()) if "text" in value else b""
    return field(2, body)


def edge() -> Device:
    return Device(uuid.uuid4(), "edge-1", "", (), Tags({"Level": 0, "pump/Speed": 1, "pump/Temp": 2}))


def test_a_birth_names_what_data_call_by_alias() -> None:
    device = edge()
    birth = (
        field(1, NOW)
        + metric("bdSeq", whole=3)
        + metric("Node Control/Rebirth", whole=0)
        + metric("Level", 1, double=1.25)
    )
    heard = read("spBv1.0/plant/NBIRTH/edge-1", birth, device, NOW)
    assert (heard.batch.places, heard.batch.values, heard.batch.at) == ([0], [1.25], [NOW])
    device.aliases = heard.aliases or {}
    below = (
        metric("Speed", 2, kind=3, whole=1500) + metric("Temp", 3, single=1.1) + metric("Model", 4, text="X")
    )
    device.aliases = read("spBv1.0/plant/DBIRTH/edge-1/pump", below, device, NOW).aliases or {}
    said = (
        field(1, NOW + 5)
        + metric(alias=2, kind=3, whole=(1 << 32) - 7)
        + metric(alias=3, at=NOW + 9, single=2.2)
    )
    heard = read("spBv1.0/plant/DDATA/edge-1/pump", said, device, NOW)
    assert heard.aliases is None
    assert (heard.batch.places, heard.batch.values, heard.batch.at) == ([1, 2], [-7, 2.2], [NOW + 5, NOW + 9])
    assert read("spBv1.0/plant/NDATA/edge-1", metric(alias=1, double=9.5), device, NOW).batch.places == [0]


def test_nothing_is_known_of_an_alias_without_its_birth_and_nothing_is_a_poor_reading() -> None:
    heard = read(
        "spBv1.0/plant/NDATA/edge-1", metric(alias=8, double=1) + metric("Level", null=True), edge(), NOW
    )
    assert heard.batch.places == [-1, 0]
    assert heard.batch.values == [1.0, None]
    assert heard.batch.qualities == {1: 2}
    assert read("spBv1.0/plant/NDEATH/edge-1", b"", edge(), NOW).batch.at == []


@given(st.binary(max_size=80), st.sampled_from(["NBIRTH", "NDATA", "DDATA/edge-1", "STATE"]))
def test_bytes_of_any_kind_are_read_or_refused(payload: bytes, kind: str) -> None:
    try:
        read(f"spBv1.0/plant/{kind}/edge-1", payload, edge(), NOW)
    except Unreadable:
        return


@pytest.mark.parametrize("topic", ["spBv1.0/x", "spBv1.0/a/NCMD/edge-1", "spBv1.0/a/NDATA/edge-1/b/c"])
def test_other_topics_are_refused(topic: str) -> None:
    with pytest.raises(Unreadable):
        read(topic, b"", edge(), NOW)
