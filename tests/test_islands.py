"""What the islands promise, in a real Chromium on the running demonstration: nothing typed or photographed is lost, two
people see each other's acts without reloading, and a list can be worked without a mouse.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import Installation
from PIL import Image

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "locale": "zh-CN"}
DESK = {"viewport": {"width": 1440, "height": 900}, "locale": "zh-CN"}
NEW = "/hidden-dangers/new"


class Person:
    """Somebody at a browser of their own."""

    def __init__(self, chromium: Any, installation: Installation, role: str, device: dict[str, Any]) -> None:
        self.address = installation.address
        self.context = chromium.new_context(**device)
        self.page = self.context.new_page()
        account = next(a for a in installation.accounts if a["role"] == role)
        self.goes("/sign-in")
        self.page.fill("#username", account["username"])
        self.page.fill("#password", account["password"])
        self.page.locator("form:has(#password) button").first.click()
        self.page.wait_for_url(lambda url: "/sign-in" not in url)

    def goes(self, path: str) -> Any:
        """Open a page."""
        self.page.goto(path if path.startswith("http") else self.address + path)
        return self.page

    def photographs(self) -> None:
        """Take a photo and wait until it has arrived."""
        out = io.BytesIO()
        Image.effect_noise((1600, 1200), 60).convert("RGB").save(out, "JPEG")
        photo = {"name": "现场.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}
        self.page.wait_for_selector(".photos.ready")
        self.page.set_input_files(".photos input[type=file] >> nth=0", [photo])
        self.page.wait_for_selector(".photo[data-state=uploaded]", timeout=30_000)

    def describes(self, words: str) -> None:
        """Fill in what a hidden danger needs."""
        self.page.fill("textarea[name=description]", words)
        self.page.evaluate(
            "document.querySelectorAll('form[data-draft] select[required]').forEach((s) => {"
            " if (!s.value) { s.selectedIndex = 1; s.dispatchEvent(new Event('input', {bubbles: true})); } })"
        )

    def sends(self) -> None:
        """Press the primary verb."""
        with self.page.expect_navigation():
            self.page.locator("form[data-draft] .acts .btn-primary").first.click()


@pytest.fixture
def safety_officer(chromium: Any, installation: Installation) -> Iterator[Person]:
    found = Person(chromium, installation, "safety_officer", PHONE)
    yield found
    found.context.close()


def test_a_report_survives_a_fault_and_a_reload_and_is_gone_once_sent(safety_officer: Person) -> None:
    page = safety_officer.goes(NEW)
    safety_officer.photographs()
    safety_officer.sends()  # without a description: refused in words, nothing lost
    assert page.locator(".faults").is_visible()
    page.wait_for_selector(".photo[data-state=uploaded]")
    safety_officer.describes("配电箱门缺失，母排裸露")
    page = safety_officer.goes(NEW)
    page.wait_for_selector(".photo[data-state=uploaded]")
    assert page.input_value("textarea[name=description]") == "配电箱门缺失，母排裸露"
    assert page.locator(".kept").is_visible()
    safety_officer.sends()
    assert re.search(r"/hidden-dangers/[0-9a-f-]{36}/$", page.url), page.url
    assert page.locator(".strip img").count() >= 1
    page = safety_officer.goes(NEW)
    page.wait_for_selector(".photos.ready")
    page.wait_for_timeout(500)
    assert page.locator(".photo").count() == 0
    assert page.input_value("textarea[name=description]") == ""


def test_a_photo_is_sent_again_after_the_network_was_away(safety_officer: Person) -> None:
    page = safety_officer.goes(NEW)
    page.wait_for_selector(".photos.ready")
    safety_officer.context.set_offline(True)
    out = io.BytesIO()
    Image.new("RGB", (400, 300), "green").save(out, "JPEG")
    photo = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}
    page.set_input_files(".photos input[type=file] >> nth=0", [photo])
    page.wait_for_selector(".photo:not([data-state=uploaded])")
    assert page.locator(".tabs [data-unsent]").inner_text() == "1"
    safety_officer.context.set_offline(False)
    page.wait_for_selector(".photo[data-state=uploaded]", timeout=40_000)
    page.locator(".photo-acts button").first.click()
    assert page.locator(".photo").count() == 0


def test_two_browsers_see_the_same_matter_move(
    chromium: Any, installation: Installation, safety_officer: Person
) -> None:
    page = safety_officer.goes(NEW)
    safety_officer.describes("安全出口指示灯不亮")
    safety_officer.sends()
    matter = page.url
    colleague = Person(chromium, installation, "safety_officer", DESK)
    other = colleague.goes(matter)
    other.wait_for_selector('.live[data-live-state="on"]')
    comment = page.locator("details:has(form[action$='/steps/comment'])")
    comment.locator("summary").click()
    comment.locator("textarea").fill("已通知电工")
    comment.locator("button").click()
    other.wait_for_selector(".timeline >> text=已通知电工", timeout=15_000)
    colleague.context.close()


def test_a_list_is_worked_by_keyboard(chromium: Any, installation: Installation) -> None:
    officer = Person(chromium, installation, "county_officer", DESK)
    page = officer.goes("/enterprises/")
    page.keyboard.press("j")
    first = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert page.evaluate("document.activeElement.textContent") == first
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "find"
    page.keyboard.type(first[:4])
    page.wait_for_url(re.compile(r"q="))
    assert page.evaluate("document.activeElement.id") == "find"
    page.keyboard.press("Escape")
    officer.goes("/enterprises/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/enterprises/[0-9a-f-]{36}/"))
    page.locator("[data-dialog=archive]").click()
    assert page.evaluate("document.activeElement.tagName") == "TEXTAREA"
    page.keyboard.press("Escape")
    assert not page.locator("#archive").is_visible()
    officer.context.close()


def test_a_colour_that_changed_is_on_an_open_map_before_any_tile(
    chromium: Any, installation: Installation
) -> None:
    officer = Person(chromium, installation, "city_officer", DESK)
    page = officer.goes("/four-colour-map/")
    page.wait_for_selector("[data-map][data-usable]", timeout=30_000)
    held: list[Any] = []
    page.route("**/map/tiles/**", lambda route: held.append(route))  # from now on no tile arrives
    east, north = 125.32, 43.88
    page.evaluate(
        "([at, level]) => document.body.dispatchEvent("
        "new CustomEvent('rows:enterprise-colours', {detail: {signs: [{at, level}]}}))",
        [[east, north], 4],
    )
    sign = page.locator(".map-fresh.mark-4")
    sign.wait_for(timeout=3_000)
    assert sign.inner_text() == "重"
    page.wait_for_timeout(500)
    assert held, "the tile beneath it was asked for anew, and is still on its way"
    for route in held:
        route.continue_()
    sign.wait_for(state="detached", timeout=15_000)  # the tiles tell it from here on
    officer.context.close()
