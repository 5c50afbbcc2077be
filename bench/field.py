"""The field app in a real Chromium at a quarter of its speed: opening with no network, saving, with many photos queued."""

from __future__ import annotations

import time
from collections.abc import Iterator

from bench.chromium import browser, phone_of
from bench.figures import Figure
from bench.phone import FieldPhone
from bench.place import Place, account_of, session_of

NEEDS_CITY = True
NEEDS_PAGES = True
SLOWDOWN = 4
OPENINGS, TAPS = 7, 8
PHOTOS = 500
MOST_OPENING_MS, MOST_SAVING_MS = 2000, 100
# From the tap to the moment at which it is on the disk and shown.
TAP = """async ([item]) => {
  const button = document.querySelector(`[data-item="${item}"] [data-answer="finding"]`);
  const started = performance.now();
  button.click();
  const done = () => document.querySelector(`[data-item="${item}"] [data-answer="finding"][aria-pressed="true"]`);
  const line = new MessageChannel();
  while (!done()) await new Promise((next) => { line.port1.onmessage = next; line.port2.postMessage(0); });
  return performance.now() - started;
}"""


def run(place: Place) -> Iterator[Figure]:
    """Yield opening and saving, with nothing queued and with 500 photos queued."""
    cookie = session_of(account_of("county_officer"))
    with place.serving() as address, browser() as running:
        phone = phone_of(running, f"http://{address.replace('127.0.0.1', 'localhost')}", cookie)
        phone.network(on=False)
        for queued in (0, PHOTOS):
            if queued:
                phone.begin()
                phone.photograph("proof", queued)
                phone.open()
            notes = {"cpu_slowdown": SLOWDOWN, "photos_queued": queued}
            opened = [_opening(phone) for _ in range(OPENINGS)]
            yield Figure("field", f"opens with no network, {queued} photos queued", "ms", opened, judged="p95",
                         at_most=MOST_OPENING_MS, notes=notes)  # fmt: skip
            saved = _savings(phone)
            yield Figure("field", f"saving a finding, {queued} photos queued", "ms", saved, judged="p95",
                         at_most=MOST_SAVING_MS, notes=notes)  # fmt: skip
        phone.close()


def _slow(phone: FieldPhone) -> None:
    phone.context.new_cdp_session(phone.page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})


def _opening(phone: FieldPhone) -> float:
    phone.page.close()
    phone.page = phone.context.new_page()
    _slow(phone)
    started = time.perf_counter()
    phone.open()
    return (time.perf_counter() - started) * 1000


def _savings(phone: FieldPhone) -> list[float]:
    phone.begin()
    _slow(phone)
    items = phone.page.eval_on_selector_all(
        ".field-item[data-answer]:not([data-answer='finding'])", "all => all.map(one => one.dataset.item)"
    )
    found = [float(phone.page.evaluate(TAP, [item])) for item in items[:TAPS] if item != "proof"]
    for item in items[:TAPS]:
        phone.answer(item, "ok")
    phone.open()
    return found
