"""Opening somebody else's ZIP without being harmed: names, counts, sizes and JSON are checked before they are used.

Sizes are counted while reading, never believed; nothing is ever extracted to disk. Pure: no Django, no
database.
"""

from __future__ import annotations

import json
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO

PIECE = 1024 * 1024
MEGABYTE = 1024 * 1024


class BadArchive(Exception):
    """The file cannot be opened safely; ``code`` is stable, ``detail`` names the member at fault."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class Limits:
    """The most that is read (bytes are uncompressed)."""

    members: int = 2000
    total: int = 2048 * MEGABYTE
    manifest: int = 32 * MEGABYTE


class Archive:
    """A ZIP whose members are read by name, within limits."""

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        """Check the directory of the file; raise ``BadArchive``."""
        self.limits = limits
        self._left = limits.total
        try:
            self._zip = zipfile.ZipFile(file)
            members = self._zip.infolist()
        except (
            zipfile.BadZipFile,
            OSError,
            ValueError,
            NotImplementedError,
            EOFError,
            UnicodeError,
        ) as trouble:
            raise BadArchive("not_a_zip") from trouble
        if len(members) > limits.members:
            raise BadArchive("too_many_members")
        self._members: dict[str, zipfile.ZipInfo] = {}
        for member in members:
            self._admit(member)

    @property
    def names(self) -> set[str]:
        """Return the names of all members."""
        return set(self._members)

    def pieces(self, name: str, most: int | None = None) -> Iterator[bytes]:
        """Yield a member piece by piece; raise ``BadArchive`` when it is damaged, missing or larger than
        allowed.
        """
        if name not in self._members:
            raise BadArchive("missing_member", name)
        left = self.limits.total if most is None else most
        try:
            with self._zip.open(self._members[name]) as member:
                while piece := member.read(PIECE):
                    left -= len(piece)
                    self._left -= len(piece)
                    if left < 0 or self._left < 0:
                        raise BadArchive("too_large", name)
                    yield piece
        except (
            zipfile.BadZipFile,
            zlib.error,
            OSError,
            ValueError,
            NotImplementedError,
            EOFError,
            RuntimeError,
        ) as t:
            raise BadArchive("damaged_member", name) from t

    def json(self, name: str) -> Any:
        """Return a member parsed as strict JSON: no repeated keys, no fractions, no half characters, no deep nesting."""
        content = b"".join(self.pieces(name, self.limits.manifest))
        try:
            found = json.loads(
                content.decode("utf-8"),
                object_pairs_hook=_no_repeats,
                parse_float=_no_fraction,
                parse_constant=_no_fraction,
            )
            json.dumps(found, ensure_ascii=False).encode("utf-8")  # half a character can be shown to nobody
            return found
        except (ValueError, RecursionError) as trouble:
            raise BadArchive("bad_json", name) from trouble

    def _admit(self, member: zipfile.ZipInfo) -> None:
        name = member.filename
        path = PurePosixPath(name)
        unsafe = (
            path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name or not name.isprintable()
        )
        if unsafe or not name or str(path) != name.removesuffix("/"):
            raise BadArchive("unsafe_name", name[:100])
        if stat.S_ISLNK(member.external_attr >> 16):
            raise BadArchive("unsafe_name", name[:100])
        if name in self._members:
            raise BadArchive("repeated_name", name[:100])
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or member.flag_bits & 1:
            raise BadArchive("unsupported_member", name[:100])
        if member.file_size > self.limits.total:
            raise BadArchive("too_large", name[:100])
        # A bundle that somebody unpacked and packed again lists its folders, too.
        if not name.endswith("/"):
            self._members[name] = member


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("repeated key")
    return found


def _no_fraction(text: str) -> Any:
    raise ValueError(f"fraction {text[:20]}")
