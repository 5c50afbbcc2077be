"""The scripted visit to a small shop with one finding, in a real Chromium: what the paperwork of it costs."""

from __future__ import annotations

import time
from collections.abc import Iterator

from bench.chromium import browser, phone_of
from bench.figures import Figure
from bench.place import Place, account_of, session_of

NEEDS_CITY = True
NEEDS_PAGES = True
NOTE = "后厨门口"
MOST_KEYSTROKES, SIGNATURES, DOCUMENTS = 15, 2, 2


def run(place: Place) -> Iterator[Figure]:
    """Yield keystrokes, signatures, documents, facts typed again, and how long a machine's hand takes."""
    cookie = session_of(account_of("county_officer"))
    with place.serving() as address, browser() as running:
        phone = phone_of(running, f"http://{address.replace('127.0.0.1', 'localhost')}", cookie)
        started = time.perf_counter()
        phone.network(on=False)
        site = phone.begin()
        phone.answer("wiring", "finding")
        phone.photograph("wiring")
        phone.write("wiring", NOTE)
        fields = phone.page.locator("input[type=text], textarea").count()
        phone.rest_is_in_order()
        phone.sign()
        phone.network(on=True)
        phone.wait_until_sent()
        seconds = time.perf_counter() - started
        rows = phone.read("site-visits?size=100&sort=-opened_at")["items"]
        visit = next(row for row in rows if row["enterprise"]["id"] == site)
        phone.close()
    yield Figure("visit", "keystrokes", "keys", [visit["keystrokes"]], at_most=MOST_KEYSTROKES)
    yield Figure(
        "visit",
        "signatures, one a party",
        "signatures",
        [visit["signatures"]],
        at_most=SIGNATURES,
        at_least=SIGNATURES,
    )
    yield Figure(
        "visit",
        "documents produced",
        "documents",
        [visit["documents"]],
        at_most=DOCUMENTS,
        at_least=DOCUMENTS,
    )
    # Every field of text on the way is a note about the finding; what is known is shown, never asked.
    yield Figure("visit", "facts typed again", "fields", [max(0, fields - 1)], at_most=0)
    yield Figure("visit", "from the door to the answer of the server, by a machine's hand", "s", [seconds])
