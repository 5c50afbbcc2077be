"""Where originals lie: by their SHA-256, written once, never changed; in a folder or an S3-compatible store.

``ANLAN_EVIDENCE_S3 = {"bucket", "endpoint", "prefix", "region"}`` chooses the second (needs the ``boto3``
package and credentials in its usual places). The same content is stored once, however often it is sent.
"""

from __future__ import annotations

import os
import shutil
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

from django.conf import settings

PIECE = 1024 * 1024


class Storage(Protocol):
    """A place for originals, addressed by their SHA-256."""

    def keep(self, file: Path, sha256: str) -> None:
        """Take a finished local file; durable when this returns. The local file is gone or free to be
        removed.
        """

    def open(self, sha256: str) -> BinaryIO:
        """Return the content as a readable, seekable file; raise ``FileNotFoundError`` when it is not
        there.
        """

    def has(self, sha256: str) -> bool:
        """Say whether the content is there."""


class FolderStorage:
    """Originals in a folder of this machine: ``ab/cd/<sha256>``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        """Return where a content lies or would lie."""
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise FileNotFoundError(sha256)
        return self.folder / sha256[:2] / sha256[2:4] / sha256

    def keep(self, file: Path, sha256: str) -> None:
        """Move the file to its place: whole or not at all, also when the power fails."""
        place = self.path(sha256)
        if place.exists():
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        with file.open("rb") as held:
            os.fsync(held.fileno())
        file.chmod(0o440)
        try:
            os.replace(file, place)
        except OSError:
            # Another file system: copy beside the place first, so that the last move is atomic again.
            draft = place.with_name(f".{place.name}.{os.getpid()}")
            shutil.copyfile(file, draft)
            with draft.open("rb") as held:
                os.fsync(held.fileno())
            os.replace(draft, place)
        sync_folder(place.parent)

    def open(self, sha256: str) -> BinaryIO:
        """Open for reading."""
        return self.path(sha256).open("rb")

    def has(self, sha256: str) -> bool:
        """Say whether the file is there."""
        return self.path(sha256).is_file()


class BucketStorage:
    """Originals in a bucket of an S3-compatible store."""

    def __init__(self, client: Any, bucket: str, prefix: str = "evidence/") -> None:
        self.client = client
        self.bucket = bucket
        self.prefix = prefix

    def _key(self, sha256: str) -> str:
        return f"{self.prefix}{sha256[:2]}/{sha256[2:4]}/{sha256}"

    def keep(self, file: Path, sha256: str) -> None:
        """Upload unless it is there."""
        if not self.has(sha256):
            self.client.upload_file(str(file), self.bucket, self._key(sha256))

    def open(self, sha256: str) -> BinaryIO:
        """Fetch into a temporary file that goes when it is closed."""
        import tempfile

        held = tempfile.TemporaryFile()  # noqa: SIM115 (handed to the caller, who closes it)
        try:
            self.client.download_fileobj(self.bucket, self._key(sha256), held)
        except Exception as trouble:
            held.close()
            if _is_missing(trouble):
                raise FileNotFoundError(sha256) from trouble
            raise
        held.seek(0)
        return cast("BinaryIO", held)

    def has(self, sha256: str) -> bool:
        """Ask the store."""
        try:
            self.client.head_object(Bucket=self.bucket, Key=self._key(sha256))
        except Exception as trouble:
            if _is_missing(trouble):
                return False
            raise
        return True


def storage() -> Storage:
    """Return the store of this installation."""
    chosen: dict[str, str] | None = getattr(settings, "ANLAN_EVIDENCE_S3", None)
    if chosen:
        return _bucket(tuple(sorted(chosen.items())))
    return FolderStorage(evidence_folder())


def evidence_folder() -> Path:
    """Return the folder of originals on this machine."""
    return Path(settings.ANLAN_DATA) / "evidence"


def sync_folder(folder: Path) -> None:
    """Make a rename in this folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@lru_cache(maxsize=4)
def _bucket(chosen: tuple[tuple[str, str], ...]) -> BucketStorage:
    import boto3  # type: ignore[import-not-found,unused-ignore]

    given = dict(chosen)
    client = boto3.client(
        "s3", endpoint_url=given.get("endpoint") or None, region_name=given.get("region") or None
    )
    return BucketStorage(client, given["bucket"], given.get("prefix") or "evidence/")


def _is_missing(trouble: Exception) -> bool:
    answer = getattr(trouble, "response", {}) or {}
    return str(answer.get("Error", {}).get("Code", "")) in ("404", "NoSuchKey", "NotFound")
