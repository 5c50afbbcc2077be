"""The key ring: files in one folder, made once, read when needed, renewed by adding a newer key.

``seal-<id>.key`` are encryption keys (32 random bytes each); the newest by name seals, all of them open, so
old text stays readable after a rotation. ``index.key`` serves exact look-up, ``sign.key`` signs the daily
anchor of the ledger. A key is never overwritten and never removed here: a lost key is lost text.
"""

from __future__ import annotations

import os
import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from threading import Lock

KEY_BYTES = 32
SEAL_PREFIX, SUFFIX = "seal-", ".key"
INDEX_FILE, SIGN_FILE = "index.key", "sign.key"


class VaultError(Exception):
    """A key is missing or a sealed text cannot be opened; the message says which, never the text."""


@dataclass
class KeyRing:
    """The keys of one folder; re-read when a key id is met that was not there at the last reading."""

    folder: Path
    _seals: dict[str, bytes] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def current(self) -> tuple[str, bytes]:
        """Return the id and the key that seals now."""
        if not self._seals:
            self._read()
        if not self._seals:
            raise VaultError(
                f"no encryption key in {self.folder}: run ./anlan up, or restore the folder from a backup"
            )
        newest = max(self._seals)
        return newest, self._seals[newest]

    def key(self, key_id: str) -> bytes:
        """Return the key of that id, or raise ``VaultError`` naming the missing one."""
        if key_id not in self._seals:
            self._read()
        if key_id not in self._seals:
            raise VaultError(f"encryption key {key_id!r} is not in {self.folder}: restore it from a backup")
        return self._seals[key_id]

    def index_key(self) -> bytes:
        """Return the key of the blind index."""
        return _load(self.folder / INDEX_FILE)

    def sign_key(self) -> bytes:
        """Return the seed of the signing key."""
        return _load(self.folder / SIGN_FILE)

    def _read(self) -> None:
        with self._lock:
            files = sorted(self.folder.glob(f"{SEAL_PREFIX}*{SUFFIX}"))
            self._seals = {f.name[len(SEAL_PREFIX) : -len(SUFFIX)]: _load(f) for f in files}


_rings: dict[Path, KeyRing] = {}


def key_ring(folder: Path | None = None) -> KeyRing:
    """Return the ring of ``folder``; without one, of the installation's own ``ANLAN_DATA/keys``."""
    place = folder if folder is not None else _installation_folder()
    if place not in _rings:
        _rings[place] = KeyRing(place)
    return _rings[place]


def ensure_keys(folder: Path) -> None:
    """Make what is missing in ``folder`` (mode 0700, files 0600); leave what is there untouched."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    if not any(folder.glob(f"{SEAL_PREFIX}*{SUFFIX}")):
        _make(folder / f"{SEAL_PREFIX}{_new_key_id()}{SUFFIX}")
    for name in (INDEX_FILE, SIGN_FILE):
        if not (folder / name).exists():
            _make(folder / name)


def rotate(folder: Path) -> str:
    """Add a newer encryption key and return its id; older text stays readable by the older keys."""
    ensure_keys(folder)
    held = {f.name[len(SEAL_PREFIX) : -len(SUFFIX)] for f in folder.glob(f"{SEAL_PREFIX}*{SUFFIX}")}
    key_id = _new_key_id()
    while key_id <= max(held):
        key_id = f"{max(held)}a"
    _make(folder / f"{SEAL_PREFIX}{key_id}{SUFFIX}")
    ring = key_ring(folder)
    ring._read()
    return key_id


def _new_key_id() -> str:
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%S")


def _installation_folder() -> Path:
    from django.conf import settings

    return _keys_in(settings.ANLAN_DATA)


@cache
def _keys_in(data: Path | str) -> Path:
    return Path(data) / "keys"


def _make(path: Path) -> None:
    # Written whole beside its place, then linked: two starting processes cannot end with two different keys.
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _load(path: Path) -> bytes:
    try:
        key = b64decode(path.read_bytes().strip(), validate=True)
    except FileNotFoundError:
        raise VaultError(
            f"key file {path.name} is missing in {path.parent}: restore it from a backup"
        ) from None
    except ValueError:
        raise VaultError(f"key file {path} is damaged: restore it from a backup") from None
    if len(key) != KEY_BYTES:
        raise VaultError(f"key file {path} is damaged: restore it from a backup")
    return key
