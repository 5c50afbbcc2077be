"""Codes to be read from paper: an address of our own as a QR code, in the page or as a picture of its own.

The head that only paper shows names its code as a picture that browsers fetch when they print: nearly no page is printed, and
drawing a code takes as long as half a list.
"""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from urllib.parse import urlencode

import segno
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from anlan.faces.office.assets import at

LONGEST = 1000  # characters of an address; a code of more is read from paper by no telephone
KEPT_SECONDS = 86400


@lru_cache(maxsize=512)
def inline(address: str) -> SafeString:
    """Return an address as a code within a page; empty where it is too long to be read."""
    if len(address) > LONGEST:
        return SafeString("")
    return mark_safe(_code(address).svg_inline(scale=2, border=0, omitsize=True))  # noqa: S308 - drawn here


def picture_of(request: HttpRequest) -> str:
    """Return where the code of the present page is drawn; empty where its address is too long to be read."""
    path = request.get_full_path()
    return (
        f"{at('code')}?{urlencode({'of': path})}" if len(request.build_absolute_uri(path)) <= LONGEST else ""
    )


@require_safe
def picture(request: HttpRequest) -> HttpResponse:
    """Draw the code of a page of our own (``of``, a path): anybody may ask, it holds nothing but the address asked for."""
    path = request.GET.get("of", "")
    if not path.startswith("/") or path.startswith(("//", "/\\")) or len(path) > LONGEST:
        raise Http404
    address = request.build_absolute_uri(path)
    if len(address) > LONGEST:
        raise Http404
    drawn = BytesIO()
    _code(address).save(drawn, kind="svg", scale=2, border=0, omitsize=True, xmldecl=False)
    answer = HttpResponse(drawn.getvalue(), content_type="image/svg+xml")
    answer["Cache-Control"] = f"private, max-age={KEPT_SECONDS}"
    return answer


def _code(address: str) -> segno.QRCode:
    # Any of the eight masks may be read; weighing them all would cost several times as much.
    return segno.make(address, error="l", micro=False, mask=0)
