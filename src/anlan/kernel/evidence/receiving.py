"""Receiving a file: streamed to disk while it is hashed, judged by content, stored by hash, written down.

Never holds a whole file in memory. A refused file leaves nothing behind; after a crash at worst an original
lies in the store without a row, which harms nobody and is used again when the same file is sent again.
"""

from __future__ import annotations

import secrets
import unicodedata
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from anlan.kernel import clock
from anlan.kernel.evidence import images
from anlan.kernel.evidence.errors import empty, too_large
from anlan.kernel.evidence.media import KINDS, PHOTO, checked_type, largest_limit, limit_of
from anlan.kernel.evidence.models import Evidence
from anlan.kernel.evidence.storage import PIECE, storage
from anlan.kernel.ledger.digests import Digest, Seal

LONGEST_NAME = 200
UNSHOWN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


@dataclass(frozen=True)
class Captured:
    """When and where the sender says it was captured: aware time, WGS84 degrees, doubt in metres."""

    at: datetime | None = None
    lng: float | None = None
    lat: float | None = None
    accuracy_m: float | None = None


def receive(
    pieces: Iterable[bytes],
    name: str,
    declared_type: str = "",
    *,
    account_id: uuid.UUID | None,
    captured: Captured | None = None,
    is_demo: bool = False,
) -> Evidence:
    """Take a file piece by piece and return its row, bound to nothing yet; raise ``EvidenceRefused``.

    ``pieces`` may be an open file, an uploaded file of Django, or any iterable of bytes.
    """
    with incoming() as path:
        digest, size, limit = Digest(), 0, largest_limit()
        with path.open("wb") as out:
            for piece in _pieces(pieces):
                size += len(piece)
                if size > limit:
                    raise too_large(limit)
                digest.update(piece)
                out.write(piece)
        return take_in(
            path,
            name,
            declared_type,
            account_id=account_id,
            captured=captured,
            seal=digest.seal(),
            is_demo=is_demo,
        )


def take_in(
    path: Path,
    name: str,
    declared_type: str = "",
    *,
    account_id: uuid.UUID | None,
    captured: Captured | None = None,
    seal: Seal | None = None,
    is_demo: bool = False,
) -> Evidence:
    """Judge, store and write down a file that lies complete on this machine; the file at ``path`` is used
    up.
    """
    media_type, width, height, claims = _judged(path, name, declared_type)
    size = path.stat().st_size
    seal = seal or seal_file(path)
    storage().keep(path, seal.sha256)
    said = captured or Captured()
    return Evidence._base_manager.create(
        path="", sha256=seal.sha256, sm3=seal.sm3, size=size, media_type=media_type, name=plain_name(name),
        width=width, height=height, captured_at=said.at, captured_lng=said.lng, captured_lat=said.lat,
        accuracy_m=said.accuracy_m, camera_at=claims.at, camera_lng=claims.lng, camera_lat=claims.lat,
        uploaded_by=account_id, received_at=clock.now(), is_demo=is_demo,
    )  # fmt: skip


def _judged(path: Path, name: str, declared: str) -> tuple[str, int | None, int | None, images.CameraClaims]:
    """Return type, width, height and the camera's claims, or raise ``EvidenceRefused``."""
    size = path.stat().st_size
    if not size:
        raise empty()
    with path.open("rb") as file:
        media_type = checked_type(file, name, declared)
        limit = limit_of(KINDS[media_type])
        if size > limit:
            raise too_large(limit)
        if KINDS[media_type] == PHOTO:
            return media_type, *images.inspect(file, media_type)
    return media_type, None, None, images.CameraClaims()


def captured_from(words: dict[str, str]) -> Captured:
    """Return the sender's claims from text (keys at, lng, lat, accuracy); what cannot be read is left out."""
    at = None
    try:
        at = datetime.fromisoformat(words.get("at", ""))
        at = at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):
        at = None
    lng, lat = _number(words.get("lng"), -180, 180), _number(words.get("lat"), -90, 90)
    if lng is None or lat is None:
        lng = lat = None
    return Captured(at, lng, lat, _number(words.get("accuracy"), 0, 100_000))


def plain_name(name: str) -> str:
    """Return the file's own name, without folders, control characters or tricks of writing direction."""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(c for c in last if unicodedata.category(c) not in UNSHOWN).strip(" .")
    if len(kept) > LONGEST_NAME:
        ending = kept.rpartition(".")[2] if "." in kept[-10:] else ""
        kept = f"{kept[: LONGEST_NAME - 11]}.{ending}" if ending else kept[:LONGEST_NAME]
    return kept or "file"


def seal_file(path: Path) -> Seal:
    """Return both digests of a file, read piece by piece."""
    digest = Digest()
    with path.open("rb") as file:
        for piece in iter(lambda: file.read(PIECE), b""):
            digest.update(piece)
    return digest.seal()


@contextmanager
def incoming() -> Iterator[Path]:
    """Give a fresh place for a file being received, on the disk of the store; it is cleared afterwards."""
    folder = Path(settings.ANLAN_DATA) / "incoming"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / secrets.token_hex(16)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _pieces(source: Iterable[bytes]) -> Iterable[bytes]:
    chunks = getattr(source, "chunks", None)
    if callable(chunks):
        return chunks()  # type: ignore[no-any-return]
    read = getattr(source, "read", None)
    if callable(read):
        return iter(lambda: read(PIECE), b"")
    return source


def _number(text: str | None, low: float, high: float) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if low <= value <= high else None
