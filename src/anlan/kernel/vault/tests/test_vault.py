"""The vault: what goes in comes out, what was touched does not open, and keys change without losing text."""

from __future__ import annotations

import stat
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anlan.kernel.vault import (
    VaultError,
    blind_index,
    ensure_keys,
    open_sealed,
    rotate,
    seal,
    sign,
    signed_by,
)
from anlan.kernel.vault.keys import KeyRing


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    ensure_keys(tmp_path / "keys")
    return KeyRing(tmp_path / "keys")


def test_keys_are_private_and_never_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    ensure_keys(folder)
    before = {f.name: f.read_bytes() for f in folder.iterdir()}
    ensure_keys(folder)
    assert {f.name: f.read_bytes() for f in folder.iterdir()} == before
    assert len(before) == 3
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert all(stat.S_IMODE(f.stat().st_mode) == 0o600 for f in folder.iterdir())


def test_round_trip_and_key_id_inside(ring: KeyRing) -> None:
    sealed = seal("13800000000", "scope.person.phone", ring)
    assert "13800000000" not in sealed
    assert sealed.split(".")[1] == ring.current()[0]
    assert open_sealed(sealed, "scope.person.phone", ring) == "13800000000"


@given(text=st.text(min_size=1))
def test_any_text_survives(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.getbasetemp() / "property-keys"
    ensure_keys(folder)
    ring = KeyRing(folder)
    if any("\ud800" <= c <= "\udfff" for c in text):
        return
    assert open_sealed(seal(text, "a.b.c", ring), "a.b.c", ring) == text


def test_another_column_does_not_open(ring: KeyRing) -> None:
    with pytest.raises(VaultError, match=r"scope\.person\.name.*altered, moved"):
        open_sealed(seal("x", "scope.person.phone", ring), "scope.person.name", ring)


@pytest.mark.parametrize("position", [0, 5, 12, 20, -1])
def test_one_flipped_byte_does_not_open(ring: KeyRing, position: int) -> None:
    form, key_id, payload = seal("张三 13800000000", "a.b.c", ring).split(".")
    raw = bytearray(urlsafe_b64decode(payload))
    raw[position] ^= 1
    with pytest.raises(VaultError):
        open_sealed(f"{form}.{key_id}.{urlsafe_b64encode(raw).decode()}", "a.b.c", ring)


@pytest.mark.parametrize(
    "value", ["", "plain", "v1.x", "v1.nokey.AAAA", "v2.a.b", "v1.a.é", "v1..", "v1.k.!!!"]
)
def test_malformed_is_named_not_shown(ring: KeyRing, value: str) -> None:
    with pytest.raises(VaultError, match=r"a\.b\.c|key"):
        open_sealed(value, "a.b.c", ring)


def test_rotation_keeps_old_text_readable(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    ensure_keys(folder)
    ring = KeyRing(folder)
    old = seal("old", "a.b.c", ring)
    key_id = rotate(folder)
    # A process that began before the rotation opens what a newer process sealed.
    fresh = KeyRing(folder)
    new = seal("new", "a.b.c", fresh)
    assert new.split(".")[1] == key_id
    assert open_sealed(new, "a.b.c", ring) == "new"
    assert open_sealed(old, "a.b.c", fresh) == "old"
    assert rotate(folder) > key_id


def test_a_lost_key_is_named(ring: KeyRing, tmp_path: Path) -> None:
    sealed = seal("x", "a.b.c", ring)
    key_id = ring.current()[0]
    (tmp_path / "keys" / f"seal-{key_id}.key").unlink()
    with pytest.raises(VaultError, match=key_id):
        open_sealed(sealed, "a.b.c", KeyRing(tmp_path / "keys"))


def test_damaged_key_file(ring: KeyRing, tmp_path: Path) -> None:
    (tmp_path / "keys" / "index.key").write_text("too short")
    with pytest.raises(VaultError, match="damaged"):
        blind_index("x", ring)


def test_blind_index_levels_ways_of_typing(ring: KeyRing) -> None:
    assert blind_index("１３８ 0000 0000", ring) == blind_index("13800000000", ring)
    assert blind_index("13800000000", ring) != blind_index("13800000001", ring)
    assert blind_index("  ", ring) == ""
    assert len(blind_index("x", ring)) == 64


def test_signature(ring: KeyRing) -> None:
    signature, public = sign(b"anchor", ring)
    assert signed_by(b"anchor", signature, public)
    assert not signed_by(b"anchor!", signature, public)
    assert not signed_by(b"anchor", "zz", public)
    assert not signed_by(b"anchor", signature, "00")
