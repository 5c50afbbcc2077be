"""Pages of domains that need no account, opened by the token in their address: the card of a post.

Whoever has the address may read it and act on it as the page allows; nobody is signed in, and nothing else opens. One network
address opens them so many times a minute and no more (``limiting.py``).
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterator
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from anlan.faces.office.answers import key_of, new_key
from anlan.faces.office.domain_pages import as_file
from anlan.faces.office.shell import page
from anlan.faces.public.limiting import door
from anlan.kernel.identity.sessions import address_of
from anlan.kernel.registers.errors import KeepingError
from anlan.kernel.registers.pages import Asked, Done, Given, OpenPage, Received
from anlan.kernel.scope.actor import NOBODY

LONGEST = 200
LONGEST_TOKEN = 80


def urls(domains: tuple[str, ...]) -> Iterator[URLPattern]:
    """Yield the addresses of the open pages that the domains declare."""
    for domain in domains:
        if importlib.util.find_spec(f"{domain}.pages") is None:
            continue
        for declared in importlib.import_module(f"{domain}.pages").pages:
            if isinstance(declared, OpenPage):
                yield path(f"{declared.slug}/<str:token>", _view(declared), name=declared.slug)


def limited(view: Callable[[HttpRequest], HttpResponse], here: str) -> Callable[[HttpRequest], HttpResponse]:
    """Let one address open a page that needs no account and no token so often and no more, counted with all open pages."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        seconds = door.wait(address_of(request), is_sent=False)
        return _too_often(request, here, seconds) if seconds else view(request)

    return guarded


def _view(declared: OpenPage) -> Callable[..., HttpResponse]:
    @never_cache
    @require_http_methods(["GET", "HEAD", "POST"])
    def answered(request: HttpRequest, token: str) -> HttpResponse:
        is_sent, address = request.method == "POST", address_of(request)
        seconds = door.wait(address, is_sent=is_sent)
        if seconds:
            return _unlisted(_too_often(request, declared.slug, seconds, is_form=True))
        said = request.POST if is_sent else request.GET
        values = {name: str(said[name])[:LONGEST] for name in said}
        try:
            key = key_of(request) if is_sent else None
            answer = declared.answer(Asked(NOBODY, None, values, is_sent, key, token=token[:LONGEST_TOKEN]))
        except KeepingError as refusal:
            door.missed(address)
            raise Http404 from refusal
        if isinstance(answer, Given):
            return as_file(answer)
        if isinstance(answer, Done | Received):
            raise TypeError("an open page shows no row")
        context = {**answer.context, "new_key": values.get("key") or new_key()}
        return _unlisted(page(request, answer.template, context, here=declared.slug, status=answer.status))

    return answered


def _too_often(request: HttpRequest, here: str, seconds: int, is_form: bool = False) -> HttpResponse:
    """Say how long to wait; the same words whether there is such a page or not."""
    context = {"seconds": seconds, "is_form": is_form}
    shown = page(request, "public/too_often.html", context, here=here, status=429)
    shown["Retry-After"] = str(seconds)
    return shown


def _unlisted(shown: HttpResponse) -> HttpResponse:
    shown["Referrer-Policy"] = "same-origin"  # the address is the key: it is told to nobody else
    shown["X-Robots-Tag"] = "noindex"
    return shown
