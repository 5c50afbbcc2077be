"""A phone in a real Chromium: one browser context with the field app on it, held in one hand by these few words.

The tests of the field app and its benches hold the same phone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

SCREEN = {"width": 390, "height": 844}
AT_HOME: dict[str, Any] = {
    "permissions": ["geolocation"],
    "geolocation": {"longitude": 125.3245, "latitude": 43.8868},
}
# A photo of its own each time, made in the page: no two pictures are the same.
SHOOT = """async ([item, count, camera]) => {
  const input = () => document.querySelector(`[${camera}="${item}"]`);
  for (let n = 0; n < count; n += 1) {
    const canvas = new OffscreenCanvas(64, 48), pen = canvas.getContext('2d');
    for (let x = 0; x < 16; x += 1) { pen.fillStyle = `hsl(${Math.random() * 360} 80% 50%)`; pen.fillRect(x * 4, 0, 4, 48); }
    const blob = await canvas.convertToBlob({ type: 'image/jpeg' });
    const files = new DataTransfer();
    files.items.add(new File([blob], 'p.jpg', { type: 'image/jpeg' }));
    const before = input();
    before.files = files.files;
    before.dispatchEvent(new Event('change'));
    while (input() === before) await new Promise((done) => setTimeout(done, 4));
  }
}"""


class FieldPhone:
    """One device of one person."""

    def __init__(self, chromium: Any, address: str, enter: Callable[[Any], None]) -> None:
        """Take a new context of the browser; ``enter`` signs its page in."""
        self.address, self.enter = address, enter
        self.context = chromium.new_context(
            base_url=address, viewport=SCREEN, locale="zh-CN", has_touch=True, **AT_HOME
        )
        self.page = self.context.new_page()
        enter(self.page)
        self.open()
        self.page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
        self.page.wait_for_function("() => navigator.serviceWorker.controller !== null")

    def open(self, path: str = "") -> None:
        """Open the app, as from its icon."""
        self.page.goto(f"/field/{path}")
        self.page.wait_for_selector("body[data-ready]")

    def restart(self) -> None:
        """The page is killed and the app opened anew."""
        self.page.close()
        self.page = self.context.new_page()
        self.open()

    def network(self, *, on: bool) -> None:
        """Cut the network or bring it back.

        A page that was opened while the network was cut is told of its end by a phone, but not by every Chromium that plays one:
        to such a page it says all the time that there is a network.
        """
        is_told = not on or self.page.is_closed() or self.page.evaluate("() => !navigator.onLine")
        self.context.set_offline(not on)
        if not is_told:
            self.page.evaluate("() => dispatchEvent(new Event('online'))")

    def begin(self, number: int = 0) -> str:
        """Begin or go on with a visit to one of the sites; returns the site."""
        self.page.locator(".field-list .field-card").nth(number).click()
        self.page.locator(".field-foot .primary").click()
        self.page.wait_for_selector(".field-item")
        return re.search(r"#/visit/([0-9a-f-]+)", self.page.url)[1]  # type: ignore[index]

    def answer(self, item: str, answer: str) -> None:
        """Tap one answer and wait until it is kept."""
        self.page.locator(f'[data-item="{item}"] [data-answer="{answer}"]').click()
        self.page.wait_for_selector(f'[data-item="{item}"] [data-answer="{answer}"][aria-pressed="true"]')

    def write(self, item: str, text: str) -> None:
        """Type words about a finding and wait until the phone says that it has kept them; the finger stays in the field."""
        self.page.locator(f'[data-item="{item}"] .field-note').press_sequentially(text)
        self.page.wait_for_selector(".field-kept:not([data-not-kept])")

    def rest_is_in_order(self) -> None:
        """Tap once for everything not answered yet."""
        self.page.locator("[data-act=rest]").click()
        self.page.wait_for_selector("[data-act=sign][data-ready]")

    def photograph(self, item: str, count: int = 1) -> None:
        """Take photos of an item."""
        self.page.evaluate(SHOOT, [item, count, "data-camera"])

    def put_right(self, item: str) -> None:
        """Take the photo that shows a finding put right on the spot."""
        self.page.wait_for_selector(f'[data-camera-after="{item}"]', state="attached")
        self.page.evaluate(SHOOT, [item, 1, "data-camera-after"])
        self.page.wait_for_selector(f'[data-item="{item}"] [data-fixed]')

    def sign(self) -> None:
        """Both parties sign with a finger, and the visit is finished."""
        self.page.locator("[data-act=sign]").click()
        for party in ("inspector", "enterprise"):
            self.write_name(party)
        self.page.locator("[data-act=finish]:not([disabled])").click()
        self.page.wait_for_selector("[data-cost]")

    def write_name(self, party: str, lower: int = 30) -> None:
        """Write with the finger on the place of a party, and wait until the name is kept."""
        pad = self.page.locator(f"[data-pad={party}]")
        pad.scroll_into_view_if_needed()
        box = pad.bounding_box()
        self.page.mouse.move(box["x"] + 40, box["y"] + lower)
        self.page.mouse.down()
        for step in range(8):
            self.page.mouse.move(box["x"] + 40 + step * 25, box["y"] + lower + step % 3 * 20)
        self.page.mouse.up()
        self.page.wait_for_selector(f".field-sign[data-signed] [data-pad={party}]")

    def unsent(self) -> int:
        """The count that is always in sight."""
        text = self.page.locator("[data-unsent]").first.text_content()
        return int(text or 0)

    def wait_until_sent(self, seconds: int = 30) -> None:
        """Wait until nothing waits any more."""
        self.page.wait_for_function(
            "() => document.querySelector('[data-unsent]')?.textContent === '0'", timeout=seconds * 1000
        )

    def read(self, path: str) -> Any:
        """Read the API as the person who is signed in."""
        return self.page.request.get(f"{self.address}/api/v1/{path}").json()

    def close(self) -> None:
        """Put the phone away."""
        self.context.close()
