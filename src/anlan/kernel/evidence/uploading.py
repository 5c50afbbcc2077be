"""Uploads in pieces (tus 1.0): what has arrived is the length of the file on disk, so nothing is lost by a crash.

An upload belongs to one account, has a declared length that is judged before the first byte, and expires.
Pieces are durable before they are acknowledged; a piece with a checksum is taken whole or not at all. One
writer at a time per upload. Uploads lie in a folder shared by the processes of one machine.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import os
import uuid
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import transaction
from django.db.models import Sum

from anlan.kernel import clock
from anlan.kernel.evidence.errors import EvidenceRefused, empty, too_large, unknown_type
from anlan.kernel.evidence.media import KINDS, MEGABYTE, claimed_type, largest_limit, limit_of
from anlan.kernel.evidence.models import Evidence, Upload
from anlan.kernel.evidence.receiving import captured_from, plain_name, take_in
from anlan.kernel.words import Words

KEPT = timedelta(hours=24)
MOST_OPEN_MB = 1024
MOST_OPEN_UPLOADS = 60
CHECKSUMS = ("sha1", "sha256", "md5")
METADATA = ("name", "type", "at", "lng", "lat", "accuracy")


class UploadTrouble(Exception):
    """An upload cannot go on; ``code`` is one of gone, offset, locked, checksum, bad_checksum, beyond,
    quota.
    """

    def __init__(self, code: str, words: Words) -> None:
        super().__init__(f"{code}: {words.en}")
        self.code = code
        self.words = words


def create(account: uuid.UUID, length: int, metadata: Mapping[str, str]) -> Upload:
    """Begin an upload of ``length`` bytes; raise ``EvidenceRefused`` or ``UploadTrouble`` before any byte
    is sent.
    """
    if length <= 0:
        raise empty()
    kept = {key: str(value)[:500] for key, value in metadata.items() if key in METADATA}
    kept["name"] = plain_name(kept.get("name", ""))
    _judge_claims(length, kept)
    now = clock.now()
    with transaction.atomic():
        standing = Upload.objects.filter(account=account, evidence=None, expires_at__gt=now)
        total = standing.aggregate(total=Sum("length"))["total"] or 0
        if total + length > _most_open() or standing.count() >= MOST_OPEN_UPLOADS:
            words = Words(
                "未完成的上传太多，请先完成或取消", "Too many unfinished uploads: finish or cancel some first"
            )
            raise UploadTrouble("quota", words)
        upload = Upload.objects.create(
            account=account, length=length, metadata=kept, created_at=now, expires_at=now + KEPT
        )
    path = part_path(upload.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    return upload


def find(upload_id: uuid.UUID, account: uuid.UUID) -> Upload:
    """Return the account's own upload; raise ``UploadTrouble`` (gone) for unknown, expired and other
    people's.
    """
    upload = Upload.objects.filter(id=upload_id, account=account).select_related("evidence").first()
    if upload is None or (upload.evidence_id is None and _is_over(upload)):
        raise UploadTrouble("gone", Words("上传不存在或已过期", "The upload does not exist or has expired"))
    return upload


def offset_of(upload: Upload) -> int:
    """Return how many bytes have arrived."""
    return upload.length if upload.evidence_id else part_path(upload.id).stat().st_size


def append(upload: Upload, offset: int, pieces: Iterable[bytes], checksum: str = "") -> int:
    """Add a piece at ``offset`` and return the new offset; raise ``UploadTrouble``, leaving what was there before.

    ``checksum`` is ``"<algorithm> <digest, base64>"`` as tus writes it.
    """
    algorithm, expected = _checksum(checksum)
    with _alone(upload) as file:
        size = file.seek(0, os.SEEK_END)
        if offset != size:
            words = Words(
                "已收到 {size} 字节，请从那里继续", "{size} bytes have arrived: continue from there"
            )
            raise UploadTrouble("offset", words.filled(size=size))
        digest = hashlib.new(algorithm, usedforsecurity=False) if algorithm else None
        try:
            for piece in pieces:
                size += len(piece)
                if size > upload.length:
                    raise UploadTrouble(
                        "beyond", Words("内容超过了声明的长度", "More was sent than was declared")
                    )
                if digest:
                    digest.update(piece)
                file.write(piece)
            if digest and not hmac.compare_digest(digest.digest(), expected):
                raise UploadTrouble(
                    "checksum", Words("这一段校验不符，请重发", "The piece does not fit its checksum: resend")
                )
        except UploadTrouble:
            file.truncate(offset)
            raise
        finally:
            file.flush()
            os.fsync(file.fileno())
    return size


def finish(upload: Upload) -> Evidence:
    """Turn a complete upload into evidence and return it; asked again, return the same.

    Raises ``EvidenceRefused`` when the content is not accepted; the upload is then gone.
    """
    with transaction.atomic():
        held = Upload.objects.select_for_update().select_related(None).get(id=upload.id)
        if held.evidence_id:
            return Evidence.unscoped("an upload names the evidence it became").get(id=held.evidence_id)
        name, declared = held.metadata.get("name", ""), held.metadata.get("type", "")
        path = part_path(held.id)
        try:
            evidence = take_in(
                path, name, declared, account_id=held.account, captured=captured_from(held.metadata)
            )
        except EvidenceRefused as refusal:
            problem = refusal
        else:
            held.evidence = evidence
            held.save(update_fields=["evidence"])
            path.unlink(missing_ok=True)
            return evidence
    terminate(upload)
    raise problem


def terminate(upload: Upload) -> None:
    """Cancel an upload and remove what has arrived; evidence that came of it stays."""
    part_path(upload.id).unlink(missing_ok=True)
    Upload.objects.filter(id=upload.id).delete()


def sweep_uploads() -> int:
    """Remove expired uploads and files that belong to none; return how many went. Run now and then."""
    now = clock.now()
    over = list(Upload.objects.filter(expires_at__lte=now)[:1000])
    for upload in over:
        terminate(upload)
    known = {str(one) for one in Upload.objects.values_list("id", flat=True)}
    for path in _folder().glob("*.part"):
        old = clock.now().timestamp() - path.stat().st_mtime > KEPT.total_seconds()
        if path.stem not in known and old:
            path.unlink(missing_ok=True)
    return len(over)


def part_path(upload_id: uuid.UUID) -> Path:
    """Return where the bytes of an upload gather."""
    return _folder() / f"{upload_id}.part"


def _folder() -> Path:
    return Path(settings.ANLAN_DATA) / "uploads"


def _judge_claims(length: int, metadata: Mapping[str, str]) -> None:
    if length > largest_limit():
        raise too_large(largest_limit())
    claims = claimed_type(metadata["name"], metadata.get("type", ""))
    kinds = {KINDS[claim] for claim in claims if claim in KINDS}
    if claims and not kinds:
        raise unknown_type()
    most = max((limit_of(kind) for kind in kinds), default=largest_limit())
    if length > most:
        raise too_large(most)


def _is_over(upload: Upload) -> bool:
    return upload.expires_at <= clock.now() or not part_path(upload.id).exists()


def _most_open() -> int:
    return int(getattr(settings, "ANLAN_UPLOAD_QUOTA_MB", MOST_OPEN_MB)) * MEGABYTE


def _checksum(text: str) -> tuple[str, bytes]:
    if not text:
        return "", b""
    algorithm, _, encoded = text.partition(" ")
    try:
        expected = b64decode(encoded, validate=True)
    except ValueError:
        expected = b""
    if algorithm not in CHECKSUMS or not expected:
        words = Words("校验方式不支持或格式不对", "The checksum's algorithm or form is not supported")
        raise UploadTrouble("bad_checksum", words)
    return algorithm, expected


@contextmanager
def _alone(upload: Upload) -> Iterator[BinaryIO]:
    try:
        file = part_path(upload.id).open("r+b")
    except FileNotFoundError:
        raise UploadTrouble(
            "gone", Words("上传不存在或已过期", "The upload does not exist or has expired")
        ) from None
    with file:
        try:
            # Let go by the system itself when the process dies.
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            words = Words("同一上传正由另一连接写入", "Another connection is writing to this upload")
            raise UploadTrouble("locked", words) from None
        yield file
