"""What a file is, read from its content: accepted kinds, their limits, the check against what was claimed.

The name and the declared type are claims. Only the content decides; where a claim contradicts it, the file
is refused, so that nobody is shown a "photo" that is a page. Reads at most the head of a file, and the
directory of a ZIP.
"""

from __future__ import annotations

import zipfile
from typing import BinaryIO

from django.conf import settings

from anlan.kernel.evidence.errors import mismatch, unknown_type

HEAD_BYTES = 8192
MEGABYTE = 1024 * 1024

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PHOTO, DOCUMENT, VIDEO, AUDIO = "photo", "document", "video", "audio"
KINDS = {
    "image/jpeg": PHOTO,
    "image/png": PHOTO,
    "image/webp": PHOTO,
    "image/gif": PHOTO,
    "image/heic": PHOTO,
    "application/pdf": DOCUMENT,
    DOCX: DOCUMENT,
    XLSX: DOCUMENT,
    "text/plain": DOCUMENT,
    "text/csv": DOCUMENT,
    "video/mp4": VIDEO,
    "video/quicktime": VIDEO,
    "audio/mpeg": AUDIO,
    "audio/mp4": AUDIO,
    "audio/wav": AUDIO,
}
ENDINGS = {
    "jpg": "image/jpeg", "jpeg": "image/jpeg", "jpe": "image/jpeg", "png": "image/png",
    "webp": "image/webp", "gif": "image/gif", "heic": "image/heic", "heif": "image/heic",
    "pdf": "application/pdf", "docx": DOCX, "xlsx": XLSX, "txt": "text/plain", "csv": "text/csv",
    "mp4": "video/mp4", "m4v": "video/mp4", "mov": "video/quicktime",
    "mp3": "audio/mpeg", "m4a": "audio/mp4", "wav": "audio/wav",
}  # fmt: skip
ALIASES = {
    "image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "image/heif": "image/heic",
    "audio/mp3": "audio/mpeg", "audio/x-wav": "audio/wav", "audio/wave": "audio/wav",
    "audio/vnd.wave": "audio/wav", "audio/x-m4a": "audio/mp4", "audio/m4a": "audio/mp4",
    "application/csv": "text/csv", "application/vnd.ms-excel": "text/csv", "video/x-m4v": "video/mp4",
}  # fmt: skip
# Claims that say nothing; and pairs that share one format, where either name is honest.
SILENT = ("", "application/octet-stream", "binary/octet-stream")
SAME = [{"text/plain", "text/csv"}, {"video/mp4", "video/quicktime", "audio/mp4"}]
DEFAULT_LIMITS_MB = {PHOTO: 25, DOCUMENT: 50, VIDEO: 200, AUDIO: 50}
# The first brand of an ISO base media file (ISO/IEC 14496-12) says which of its kinds it is.
VIDEO_BRANDS = b"isom iso2 iso4 iso5 iso6 mp41 mp42 avc1 M4V  MSNV dash 3gp4 3gp5".split()
PHOTO_BRANDS = b"heic heix mif1 msf1 heim heis".split()
ISO_BRANDS = {
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"qt  ": "video/quicktime",
    **{brand.ljust(4): "video/mp4" for brand in VIDEO_BRANDS},
    **dict.fromkeys(PHOTO_BRANDS, "image/heic"),
}


def limit_of(kind: str) -> int:
    """Return the largest size of a kind in bytes (setting ``ANLAN_EVIDENCE_LIMITS_MB``)."""
    given: dict[str, int] = getattr(settings, "ANLAN_EVIDENCE_LIMITS_MB", {})
    return int(given.get(kind, DEFAULT_LIMITS_MB[kind])) * MEGABYTE


def largest_limit() -> int:
    """Return the largest size of any kind in bytes."""
    return max(limit_of(kind) for kind in DEFAULT_LIMITS_MB)


def claimed_type(name: str, declared: str) -> list[str]:
    """Return the types that the name and the declared type claim; unknown and silent claims are left out."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    plain = declared.partition(";")[0].strip().lower()
    plain = ALIASES.get(plain, plain)
    found = [ENDINGS[ending]] if ending in ENDINGS else []
    if plain not in SILENT:
        found.append(plain)
    return found


def checked_type(file: BinaryIO, name: str, declared: str) -> str:
    """Return the media type of the content; raise ``EvidenceRefused`` if it is not accepted or belies its
    claims.
    """
    found = sniff(file)
    if found is None:
        raise unknown_type()
    for claim in claimed_type(name, declared):
        if claim != found and not any({claim, found} <= pair for pair in SAME):
            raise mismatch(claim, found)
    if found == "text/plain" and "text/csv" in claimed_type(name, declared):
        return "text/csv"
    return found


def sniff(file: BinaryIO) -> str | None:
    """Return the media type that the content itself shows, or ``None`` when it is none of the accepted."""
    file.seek(0)
    head = file.read(HEAD_BYTES)
    found = _by_signature(head)
    if found is None and head[:4] == b"PK\x03\x04":
        found = _office(file)
    if found is None and _is_text(file):
        found = "text/plain"
    file.seek(0)
    return found


def _by_signature(head: bytes) -> str | None:
    if head[:3] == b"\xff\xd8\xff":
        return "image/jpeg"
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return "image/png"
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return "image/gif"
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(head[8:12])
    if head[:5] == b"%PDF-":
        return "application/pdf"
    if head[4:8] == b"ftyp":
        return ISO_BRANDS.get(head[8:12])
    if head[:3] == b"ID3" or _is_mpeg_audio(head):
        return "audio/mpeg"
    return None


def _is_mpeg_audio(head: bytes) -> bool:
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bitrate, rate = head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer == 1 and bitrate not in (0, 15) and rate != 3


def _office(file: BinaryIO) -> str | None:
    try:
        with zipfile.ZipFile(file) as package:
            names = set(package.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return None
    # A document with macros is a program, not evidence.
    if "[Content_Types].xml" not in names or any(name.lower().endswith("vbaproject.bin") for name in names):
        return None
    if "word/document.xml" in names:
        return DOCX
    return XLSX if "xl/workbook.xml" in names else None


def _is_text(file: BinaryIO) -> bool:
    file.seek(0)
    head = file.read(HEAD_BYTES)
    if not head or any(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in head):
        return False
    return any(_decodes(head, encoding) for encoding in ("utf-8-sig", "gb18030"))


def _decodes(head: bytes, encoding: str) -> bool:
    try:
        head.decode(encoding)
    except UnicodeDecodeError as trouble:
        # A full head may end within a character.
        return len(head) == HEAD_BYTES and trouble.start >= HEAD_BYTES - 4
    return True
