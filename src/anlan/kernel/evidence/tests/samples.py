"""Small real files, made on the spot."""

from __future__ import annotations

import io
import struct
import wave
import zipfile
import zlib

from PIL import ExifTags, Image


def photo(fmt: str = "JPEG", size: tuple[int, int] = (640, 480), **save: object) -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(out, fmt, **save)
    return out.getvalue()


def photo_with_claims(offset: str | None = "+08:00") -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    details = exif.get_ifd(ExifTags.IFD.Exif)
    details[ExifTags.Base.DateTimeOriginal] = "2026:03:06 14:20:00"
    if offset:
        details[ExifTags.Base.OffsetTimeOriginal] = offset
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps[ExifTags.GPS.GPSLatitudeRef], gps[ExifTags.GPS.GPSLatitude] = "N", (43.0, 53.0, 30.0)
    gps[ExifTags.GPS.GPSLongitudeRef], gps[ExifTags.GPS.GPSLongitude] = "E", (125.0, 19.0, 12.0)
    return photo(exif=exif)


def polyglot() -> bytes:
    """A valid JPEG that is also a page and a ZIP."""
    tail = io.BytesIO()
    with zipfile.ZipFile(tail, "w") as package:
        package.writestr("run.js", "alert(1)")
    return photo() + b"<html><script>alert(document.cookie)</script></html>" + tail.getvalue()


def pixel_bomb(width: int = 60000, height: int = 60000) -> bytes:
    """A PNG of some hundred bytes that says it has billions of pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 999))
        + chunk(b"IEND", b"")
    )


def office(main: str, *more: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name in ("[Content_Types].xml", main, *more):
            package.writestr(name, "<x/>")
    return out.getvalue()


def sound() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as recording:
        recording.setnchannels(1)
        recording.setsampwidth(2)
        recording.setframerate(8000)
        recording.writeframes(b"\0\0" * 800)
    return out.getvalue()


def film(brand: bytes = b"isom") -> bytes:
    return struct.pack(">I", 20) + b"ftyp" + brand + b"\0\0\2\0" + brand + struct.pack(">I", 8) + b"mdat"
