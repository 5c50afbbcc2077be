"""Images: what a camera wrote into them (a claim), and the copies made for show.

The original is kept to the byte and never shown inline: it may carry a page, a program or a place in its
tail. Shown is only what was decoded and encoded anew, turned upright, without metadata. Images of too many
pixels are refused before they are decoded.
"""

from __future__ import annotations

import io
import os
import warnings
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, BinaryIO

from PIL import ExifTags, Image, ImageOps

from anlan.kernel.clock import CHINA
from anlan.kernel.evidence.errors import bad_image
from anlan.kernel.evidence.storage import sync_folder

MOST_PIXELS = 80_000_000
SHOWN, THUMB = "shown", "thumb"
LONGEST_SIDE = {SHOWN: 1600, THUMB: 320}
QUALITY = {SHOWN: 84, THUMB: 78}
FORMATS = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    "image/heic": "HEIF",
}
Image.MAX_IMAGE_PIXELS = MOST_PIXELS


@dataclass(frozen=True)
class CameraClaims:
    """What the camera wrote: when, and where in WGS84 degrees. Anyone can write it: it proves nothing by
    itself.
    """

    at: datetime | None = None
    lng: float | None = None
    lat: float | None = None


def inspect(file: BinaryIO, media_type: str) -> tuple[int, int, CameraClaims]:
    """Return width, height and the camera's claims; raise ``EvidenceRefused`` for what is no readable
    image.
    """
    with _opened(file, media_type) as image:
        claims = CameraClaims()
        with suppress(Exception):  # metadata is whatever somebody wrote there: a broken one is no metadata
            claims = _claims(image)
        width, height = image.size
        _decode(image)
        return width, height, claims


def _decode(image: Image.Image) -> None:
    """Raise ``EvidenceRefused`` where nobody could ever see the picture: a header alone proves nothing."""
    try:
        image.draft("RGB", (LONGEST_SIDE[THUMB], LONGEST_SIDE[THUMB]))
        image.load()
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError, Image.DecompressionBombError):
        raise bad_image() from None


def render(file: BinaryIO, media_type: str, size: str) -> bytes:
    """Return a JPEG for show: upright, on white, at most ``LONGEST_SIDE`` pixels, no metadata."""
    side = LONGEST_SIDE[size]
    with _opened(file, media_type) as image:
        try:
            image.draft("RGB", (side, side))
            upright: Image.Image = ImageOps.exif_transpose(image)
            upright.thumbnail((side, side), Image.Resampling.LANCZOS)
            flat = _on_white(upright)
        except (OSError, ValueError, SyntaxError, MemoryError, Image.DecompressionBombError):
            raise bad_image() from None
    out = io.BytesIO()
    flat.save(out, "JPEG", quality=QUALITY[size], optimize=True, progressive=True)
    return out.getvalue()


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    os.replace(draft, path)
    sync_folder(path.parent)


def _opened(file: BinaryIO, media_type: str) -> Image.Image:
    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(file, formats=[FORMATS[media_type]])
    except (OSError, ValueError, SyntaxError, KeyError, Image.DecompressionBombError):
        raise bad_image() from None
    if image.width * image.height > MOST_PIXELS or not image.width or not image.height:
        image.close()
        raise bad_image()
    return image


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        clear = image.convert("RGBA")
        ground = Image.new("RGB", clear.size, "white")
        ground.paste(clear, mask=clear.getchannel("A"))
        return ground
    fresh = Image.new("RGB", image.size)
    fresh.paste(image.convert("RGB"))
    return fresh


def _claims(image: Image.Image) -> CameraClaims:
    exif = image.getexif()
    details = exif.get_ifd(ExifTags.IFD.Exif)
    text = details.get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime)
    at = _moment(text, details.get(ExifTags.Base.OffsetTimeOriginal))
    lng, lat = _place(exif.get_ifd(ExifTags.IFD.GPSInfo))
    return CameraClaims(at, lng, lat)


def _moment(text: Any, offset: Any) -> datetime | None:
    try:
        local = datetime.strptime(str(text).strip("\x00 "), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007
    except ValueError:
        return None
    try:
        hours, minutes = str(offset).strip("\x00 ")[1:].split(":")
        sign = -1 if str(offset).startswith("-") else 1
        zone: Any = timezone(sign * timedelta(hours=int(hours), minutes=int(minutes)))
    except (ValueError, TypeError):
        zone = CHINA
    try:
        return local.replace(tzinfo=zone).astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def _place(gps: dict[int, Any]) -> tuple[float | None, float | None]:
    try:
        lat = _degrees(gps[ExifTags.GPS.GPSLatitude], gps[ExifTags.GPS.GPSLatitudeRef], "S")
        lng = _degrees(gps[ExifTags.GPS.GPSLongitude], gps[ExifTags.GPS.GPSLongitudeRef], "W")
    except (KeyError, TypeError, ValueError, ZeroDivisionError, IndexError):
        return None, None
    if not (-90 <= lat <= 90 and -180 <= lng <= 180) or (lat == 0 and lng == 0):
        return None, None
    return round(lng, 6), round(lat, 6)


def _degrees(parts: Any, reference: Any, negative: str) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    value = degrees + minutes / 60 + seconds / 3600
    return -value if str(reference).strip("\x00 ").upper() == negative else value
