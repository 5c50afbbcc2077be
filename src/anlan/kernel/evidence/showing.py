"""Opening evidence: the original to the byte, or a picture made for show (made when first asked for, then
kept).
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from anlan.kernel.evidence import images
from anlan.kernel.evidence.models import Evidence
from anlan.kernel.evidence.storage import storage


def open_original(evidence: Evidence) -> BinaryIO:
    """Return the original, readable and seekable; raise ``FileNotFoundError`` when the store lost it."""
    return storage().open(evidence.sha256)


def open_shown(evidence: Evidence, size: str = images.SHOWN) -> BinaryIO:
    """Return a JPEG of a photo in ``size`` (``shown`` or ``thumb``); raise ``EvidenceRefused`` when it
    cannot be made.
    """
    return io.BytesIO(make_shown(evidence, size).read_bytes())


def make_shown(evidence: Evidence, size: str = images.SHOWN) -> Path:
    """Make the picture for show unless it is there, and return where it lies. May run as a job."""
    path = shown_path(evidence.sha256, size)
    if not path.exists():
        with open_original(evidence) as original:
            images.write_whole(path, images.render(original, evidence.media_type, size))
    return path


def shown_path(sha256: str, size: str) -> Path:
    """Return where a picture for show lies; the whole folder may be deleted at any time."""
    return (
        Path(settings.ANLAN_DATA)
        / "shown"
        / sha256[:2]
        / sha256[2:4]
        / f"{sha256}-{images.LONGEST_SIDE[size]}.jpg"
    )
