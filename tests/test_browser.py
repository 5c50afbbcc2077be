"""What a person sees, in a real Chromium, on the running demonstration city: every page that a role's own links lead to
opens, says nothing to the console, breaks no security policy, fits its screen and has no serious fault for those who
read with other means than eyes. Pictures are left in artifacts/.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

import pytest
from conftest import ARTIFACTS, Installation

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
IDENTITY = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/)\d{6,}(?=/|$)|(?<=/)[0-9a-f]{32,}(?=/|$)")
# One law's page is like another's.
LAW = re.compile(r"(/rules/law/)[^/]+")
CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff01-\uff5e]")
ROLES = ("county_officer", "grid_inspector", "safety_officer", "administrator")
DESKTOP, TABLET, PHONE = (1440, 900), (1024, 768), (390, 844)
# The phone knows where it is and says so: what is done there is part of the pages.
AT_HOME: dict[str, Any] = {
    "permissions": ["geolocation"],
    "geolocation": {"longitude": 125.3245, "latitude": 43.8868},
}
MOST_PAGES = 40
LIVING_MAP = re.compile(r"/assets/map-(?!first)[^/]*\.js$")
# Signing out is a link no crawler should follow; exports are files; the field app asks the server who stands there and is
# told that nobody does, which a browser reports (tests/test_field.py walks it).
LEFT_OUT = re.compile(
    r"/sign-out|/export|/template$|/static/|/api/|/download|\.(?:xlsx|csv|svg|json|zip|pdf)$|/evidence/|/field/$"
)

pytestmark = pytest.mark.browser


# How fast the graphics driver copies its pixels is this machine's matter, no fault of the page: without a graphics card
# the browser reads every map back from memory and remarks on it whenever the machine is busy.
DRIVER_REMARK = re.compile(r"GL Driver Message \(OpenGL, Performance,")


class Watch:
    """What a page says that nobody should have to hear."""

    def __init__(self, page: Any) -> None:
        self.said: list[str] = []
        page.on("console", self.hear)
        page.on("pageerror", lambda error: self.said.append(f"script: {error}"))
        page.on("response", lambda r: self.said.append(f"{r.status} {r.url}") if r.status >= 400 else None)

    def hear(self, message: Any) -> None:
        """Keep every error and warning of the console but the driver's remarks on its own speed."""
        if message.type in ("error", "warning") and not DRIVER_REMARK.search(message.text):
            self.said.append(f"{message.type}: {message.text}")


def sign_in(page: Any, installation: Installation, role: str) -> None:
    """Through the door people use."""
    account = next(a for a in installation.accounts if a["role"] == role)
    page.goto(f"{installation.address}/sign-in")
    page.fill("input[name=username]", account["username"])
    page.fill("input[name=password]", account["password"])
    page.locator("form:has(input[name=password]) button").first.click()
    page.wait_for_url(lambda url: "/sign-in" not in url)


def speak(page: Any, language: str) -> None:
    """Choose the language where people do: an account's own wins over its browser's."""
    own = f"{urlsplit(page.url).scheme}://{urlsplit(page.url).netloc}"
    page.goto(f"{own}/profile/")
    with page.expect_navigation():
        page.locator(f"main button[name=language][value={'en' if language == 'en' else 'zh-hans'}]").click()


def kind_of(path: str) -> str:
    """The page behind an address: the identities in it taken out."""
    return LAW.sub(r"\1…", IDENTITY.sub("…", urlsplit(path).path))


def links_of(page: Any) -> list[str]:
    """Every address of our own that the page links to."""
    found = page.eval_on_selector_all(
        "a[href]",
        "all => all.map(a => a.href.baseVal === undefined ? a.href : new URL(a.href.baseVal, document.baseURI).href)",
    )
    own = f"{urlsplit(page.url).scheme}://{urlsplit(page.url).netloc}"
    return [link.split("#")[0] for link in found if link.startswith(own) and not LEFT_OUT.search(link)]


def faults_for_other_senses(page: Any) -> list[str]:
    """What axe calls serious or critical."""
    page.evaluate(AXE)
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")["violations"]
    grave = [v for v in found if v["impact"] in ("serious", "critical")]
    return [f"{v['id']} ({v['impact']}): {v['nodes'][0]['html'][:160]}" for v in grave]


def overflow(page: Any) -> int:
    """How many pixels the page is wider than its screen."""
    return int(
        page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    )


def walk(page: Any, watch: Watch, start: str) -> tuple[dict[str, str], list[str]]:
    """Follow a role's links, one page of each kind; gives the kinds seen and the faults found."""
    seen: dict[str, str] = {}
    faults: list[str] = []
    waiting = [start]
    while waiting and len(seen) < MOST_PAGES:
        address = waiting.pop(0)
        if kind_of(address) in seen:
            continue
        seen[kind_of(address)] = address
        watch.said.clear()
        page.goto(address)
        page.wait_for_load_state("load")
        said = [*watch.said, *faults_for_other_senses(page)]
        if overflow(page) > 1:
            said.append(f"{overflow(page)} px wider than the screen")
        faults += [f"{kind_of(address)}: {line}" for line in said]
        waiting += [link for link in links_of(page) if kind_of(link) not in seen]
    return seen, faults


@pytest.mark.parametrize("role", ROLES)
def test_every_page_a_role_is_led_to(chromium: Any, installation: Installation, role: str) -> None:
    context = chromium.new_context(
        viewport={"width": DESKTOP[0], "height": DESKTOP[1]}, locale="zh-CN", **AT_HOME
    )
    page = context.new_page()
    watch = Watch(page)
    sign_in(page, installation, role)
    seen, faults = walk(page, watch, f"{installation.address}/")
    context.close()
    assert len(seen) >= 5, seen
    assert not faults, "\n".join(faults)


def test_every_page_nobody_is_led_to(chromium: Any, installation: Installation) -> None:
    context = chromium.new_context(
        viewport={"width": PHONE[0], "height": PHONE[1]}, locale="zh-CN", **AT_HOME
    )
    page = context.new_page()
    seen, faults = walk(page, Watch(page), f"{installation.address}/rules/")
    context.close()
    assert seen
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("size", [PHONE, TABLET, DESKTOP], ids=["phone", "tablet", "desktop"])
@pytest.mark.parametrize(("language", "scheme"), [("zh-CN", "light"), ("en", "dark")])
def test_the_pages_of_a_day_on_every_screen(
    chromium: Any, installation: Installation, size: tuple[int, int], language: str, scheme: str
) -> None:
    context = chromium.new_context(
        viewport={"width": size[0], "height": size[1]}, locale=language, color_scheme=scheme, **AT_HOME
    )
    page = context.new_page()
    watch = Watch(page)
    sign_in(page, installation, "county_officer")
    speak(page, language)
    faults = []
    for name, path in pages_of_a_day(page).items():
        page.goto(path)
        # Not "networkidle": a live page keeps its line open.
        page.wait_for_timeout(2500 if name == "map" else 300)
        ARTIFACTS.mkdir(exist_ok=True)
        page.screenshot(path=ARTIFACTS / f"{name}-{size[0]}-{language}-{scheme}.png")
        if overflow(page) > 1:
            faults.append(f"{name}: {overflow(page)} px wider than the screen")
        faults += [f"{name}: {fault}" for fault in faults_for_other_senses(page)]
    speak(page, "zh-CN")
    context.close()
    assert not watch.said, "\n".join(watch.said)
    assert not faults, "\n".join(faults)


def pages_of_a_day(page: Any) -> dict[str, str]:
    """Home, a list, a matter, the map: found by their links, so that a renamed address is no reason to fail."""
    own = f"{urlsplit(page.url).scheme}://{urlsplit(page.url).netloc}"
    found = {"home": f"{own}/", "map": f"{own}/map/", "list": f"{own}/hidden-dangers/"}
    page.goto(found["list"])
    matters = [link for link in links_of(page) if re.search(r"/hidden-dangers/[0-9a-f-]{36}/$", link)]
    return found | ({"matter": matters[0]} if matters else {})


def test_the_language_can_be_changed(visit: Callable[..., Any]) -> None:
    page = visit("/sign-in", language="en")
    assert page.locator("html").get_attribute("lang").startswith("en")
    page = visit("/sign-in")
    assert page.locator("html").get_attribute("lang").lower().startswith("zh")


def test_in_english_only_what_people_wrote_is_chinese(chromium: Any, installation: Installation) -> None:
    context = chromium.new_context(viewport={"width": DESKTOP[0], "height": DESKTOP[1]}, locale="en")
    page = context.new_page()
    sign_in(page, installation, "county_officer")
    speak(page, "en")
    found = []
    for name, path in pages_of_a_day(page).items():
        page.goto(path)
        page.wait_for_load_state("load")
        said = page.locator(
            "aside a, th, .btn:not(:has(.visually-hidden)), .panel > header h2, .tabs a, footer span"
        ).all_inner_texts()
        found += [f"{name}: {words}" for words in said if CHINESE.search(words)]
    speak(page, "zh-CN")
    context.close()
    # The brand stands beside the city's name, and one button offers the other language.
    assert not [line for line in found if "中文" not in line], "\n".join(found)


def test_the_first_picture_of_a_map_answers_before_the_map_and_without_scripts(
    chromium: Any, installation: Installation
) -> None:
    context = chromium.new_context(
        base_url=installation.address, viewport={"width": PHONE[0], "height": PHONE[1]}, has_touch=True, locale="zh-CN"
    )  # fmt: skip
    page = context.new_page()
    watch = Watch(page)
    sign_in(page, installation, "county_officer")
    held: list[Any] = []
    page.route(
        LIVING_MAP, lambda route: held.append(route)
    )  # the living map is on its way for as long as the test likes
    page.goto("/map/?layers=enterprises")
    page.wait_for_selector(".map-first[data-ready]")
    signs = page.locator(".first-sign")
    count = signs.count()
    assert count > 0
    signs.last.tap()
    page.wait_for_selector(".map-answer:not([aria-busy]) .map-card")
    assert (
        page.evaluate(
            "async () => { "
            + AXE
            + "; return (await axe.run('.map-first')).violations.map((one) => one.id) }"
        )
        == []
    )
    for route in held:
        route.continue_()
    page.wait_for_selector("[data-map][data-usable]")
    assert page.locator(".map-first").count() == 0
    assert page.locator(".map-answer .map-card").count() > 0  # what was tapped is not lost
    page.keyboard.press("Escape")
    assert page.locator(".map-answer").count() == 0
    state = context.storage_state()
    context.close()
    assert watch.said == []
    plain = chromium.new_context(
        base_url=installation.address, storage_state=state, java_script_enabled=False
    )
    page = plain.new_page()
    page.goto("/map/?layers=enterprises")
    assert page.locator(".first-sign").count() > 0
    way = page.locator(".first-sign").last
    total = int(way.locator("text").text_content() or 0)
    with page.expect_navigation():
        way.click()
    assert page.locator("[data-rows] tbody tr").count() == min(total, 50)
    plain.close()


AHEAD = re.compile(r"/api/v1/map/(?:boundaries|tiles\.json)")
MAPS = (
    "/map/",
    "/map/?layers=enterprises,hidden-dangers",
    "/map/?layers=hidden-dangers&severity=major&open=1",
    "/hidden-dangers/?view=map",
    "/enterprises/?view=map&q=有限&scale=small&scale=micro&territory=220102",
    "/enterprises/?view=map&within=125.1,43.7;125.5,43.7;125.5,44.1;125.1,44.1",
)
# What the script asks for is noted before the browser answers it out of what was fetched ahead.
NOTING = """window.askedFor = []; const real = window.fetch;
window.fetch = (what, ...more) => {
  window.askedFor.push(new URL(what.url ?? what, location.href).href);
  return real(what, ...more);
};"""


def test_what_a_page_names_ahead_is_what_its_map_asks_for_and_is_fetched_once(
    chromium: Any, installation: Installation
) -> None:
    context = chromium.new_context(base_url=installation.address, locale="zh-CN")
    page = context.new_page()
    sign_in(page, installation, "county_officer")
    page.add_init_script(NOTING)
    sent: list[str] = []
    page.on("request", lambda one: sent.append(one.url) if AHEAD.search(one.url) else None)
    for is_narrowed, path in [*((False, one) for one in MAPS), *((True, one) for one in MAPS[:4])]:
        if is_narrowed and path == MAPS[0]:
            look_at_a_part(page)
        sent.clear()
        page.goto(path)
        page.wait_for_selector("[data-map][data-usable]")
        named = page.evaluate(
            "[...document.querySelectorAll('link[rel=preload][as=fetch]')].map((one) => one.href)"
        )
        assert len(named) == 2, path
        # Not "networkidle": a live page keeps its line open. A second answer to the same question would come as soon.
        page.wait_for_function("named => named.every((one) => window.askedFor.includes(one))", arg=named)
        page.wait_for_timeout(300)
        assert ("territory=" in named[1]) == (is_narrowed or "territory=" in path), "narrowed as the page is"
        asked = [one for one in page.evaluate("window.askedFor") if AHEAD.search(one)]
        assert sorted(asked) == sorted(named), path
        assert sorted(sent) == sorted(named), f"{path}: fetched once, by what was named ahead"
    context.close()


def look_at_a_part(page: Any) -> None:
    """Narrow what the person looks at to the first place below the own one, as the choice in the head of a page does."""
    page.goto("/")
    page.locator("#scope-chip > summary").click()
    with page.expect_navigation():
        page.locator("#scope-chip hr ~ button[name=territory]").first.click()
