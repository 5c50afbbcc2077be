"""The field app in a real Chromium, on the running demonstration city: no network, killed pages, two phones on one site,
hundreds of photos, an expired sign-in, a full phone. Nothing is lost, nothing is doubled, hardly anything is typed.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from bench.phone import FieldPhone
from conftest import Installation
from test_browser import Watch, overflow, sign_in

pytestmark = pytest.mark.browser

MOST_KEYSTROKES = 15
MANY_PHOTOS = 200
TAP_MILLISECONDS = 100
CHINA = timezone(timedelta(hours=8))


@pytest.fixture
def phone(chromium: Any, installation: Installation) -> Iterator[Callable[..., FieldPhone]]:
    """`phone()` is one more device, put away at the end."""
    taken: list[FieldPhone] = []

    def take(role: str) -> FieldPhone:
        taken.append(
            FieldPhone(chromium, installation.address, lambda page: sign_in(page, installation, role))
        )
        return taken[-1]

    yield take
    for one in taken:
        one.close()


def visits_of(phone: FieldPhone, site: str) -> list[dict[str, Any]]:
    """The visits to a site as the platform holds them, the newest first."""
    rows = phone.read("site-visits?size=100&sort=-opened_at")["items"]
    return [row for row in rows if row["enterprise"]["id"] == site]


def test_a_small_shop_with_one_finding_and_no_network(phone: Callable[..., FieldPhone]) -> None:
    one = phone("county_officer")
    one.network(on=False)
    one.restart()  # opens with no network
    site = one.begin()
    one.answer("wiring", "finding")
    one.photograph("wiring")
    one.write("wiring", "后厨")
    one.restart()  # killed in the middle of the visit, with the finger still in the field
    assert one.begin() == site  # a visit under way stands first
    assert one.page.locator('[data-item="wiring"]').get_attribute("data-answer") == "finding"
    assert one.page.locator('[data-item="wiring"] .field-note').input_value() == "后厨"
    one.rest_is_in_order()
    one.sign()
    assert one.unsent() == 4  # the visit, the photo, two signatures
    one.network(on=True)
    one.wait_until_sent()
    visit = visits_of(one, site)[0]
    assert (visit["findings"], visit["keystrokes"], visit["signatures"], visit["documents"]) == (1, 2, 2, 2)
    assert visit["keystrokes"] <= MOST_KEYSTROKES
    whole = one.read(f"site-visits/{visit['id']}")
    assert [piece["purpose"] for piece in whole["evidence"]] == ["signature", "signature"]
    dangers = one.read("hidden-dangers?size=100&sort=-opened_at")["items"]
    mine = [
        row
        for row in dangers
        if row["enterprise"]["id"] == site and row["description"].endswith("裸露：后厨")
    ]
    assert len(mine) == 1  # nothing doubled, and the enterprise has its task with its deadline
    assert one.read(f"hidden-dangers/{mine[0]['id']}")["rectify_by"]
    for key, words in (("record", "现场检查记录"), ("notice", "责令限期整改指令书")):
        one.page.goto(f"/site-visits/{visit['id']}/documents/{key}")
        assert words in one.page.locator(".paper").inner_text()
        assert one.page.locator(".paper-signs img").count() == 2


def test_words_typed_in_a_window_that_another_has_gone_beyond_are_there_when_it_is_read_anew(
    phone: Callable[..., FieldPhone],
) -> None:
    one = phone("county_officer")
    one.network(on=False)
    site = one.begin(3)
    one.answer("wiring", "finding")
    first, one.page = one.page, one.context.new_page()  # the same visit in a second window, which goes on
    one.open(f"#/visit/{site}")
    one.answer("training", "ok")
    first.evaluate("() => { window.isOld = true; }")
    first.locator('[data-item="wiring"] .field-note').fill("后厨")
    first.wait_for_function("() => !window.isOld && document.querySelector('.field-note')")
    assert first.locator('[data-item="wiring"] .field-note').input_value() == "后厨"
    assert first.locator('[data-item="training"]').get_attribute("data-answer") == "ok"


def test_signatures_are_wiped_off_taken_back_and_lapse(phone: Callable[..., FieldPhone]) -> None:
    one = phone("county_officer")
    one.network(on=False)
    one.begin(2)
    one.rest_is_in_order()
    one.photograph("proof")
    one.page.locator("[data-act=sign]").click()
    done = one.page.locator("[data-act=finish]:not([disabled])")
    one.write_name("inspector")
    one.page.locator("[data-act=refuse]").click()
    one.page.locator(".field-dialog .danger").click()
    one.page.wait_for_selector("[data-act=take-back]")
    done.wait_for()  # a refusal is enough to finish
    one.page.locator("[data-act=take-back]").click()
    one.page.wait_for_selector("[data-act=refuse]")
    assert done.count() == 0
    one.write_name("enterprise")
    done.wait_for()
    one.page.locator("[data-redo=enterprise]").click()  # cut off: wiped off and written again
    one.page.wait_for_selector("[data-act=refuse]")
    assert (done.count(), one.page.locator(".field-sign[data-signed]").count()) == (0, 1)
    one.write_name("enterprise")
    one.write_name("enterprise", 90)  # the finger goes on after a rest: the whole name is kept anew
    done.wait_for()
    one.page.locator(".field-back").click()
    one.page.wait_for_selector(".field-note-line")  # said before anything is changed
    one.answer("wiring", "finding")
    one.page.locator("[data-act=sign]").click()
    one.page.wait_for_selector("[data-pad=inspector]")
    assert one.page.locator(".field-note-line").count() == 1
    assert (done.count(), one.page.locator(".field-sign[data-signed]").count()) == (0, 0)
    one.write_name("inspector")
    one.write_name("enterprise")
    done.wait_for()


def test_nothing_wrong_is_one_tap_and_one_photo(phone: Callable[..., FieldPhone]) -> None:
    one = phone("grid_inspector")
    watch = Watch(one.page)
    site = one.begin()
    one.rest_is_in_order()
    one.photograph("proof")
    one.sign()
    one.wait_until_sent()
    visit = visits_of(one, site)[0]
    assert (visit["findings"], visit["keystrokes"], visit["documents"]) == (0, 0, 1)
    assert overflow(one.page) <= 0
    assert not watch.said, "\n".join(watch.said)


def test_two_phones_on_one_site(phone: Callable[..., FieldPhone]) -> None:
    first, second = phone("county_officer"), phone("county_officer")
    site = first.begin()
    second.open(f"#/site/{site}")
    second.page.locator(".field-foot .primary").click()
    second.page.wait_for_selector(".field-item")
    for one in (first, second):
        one.answer("exits_clear", "finding")
        one.photograph("exits_clear")
        one.rest_is_in_order()
    second.network(on=False)
    second.sign()
    first.sign()
    first.wait_until_sent()
    second.network(on=True)
    second.wait_until_sent()
    second.open("#/unsent")
    said = second.page.locator(".field-card[data-series]").first.inner_text()
    assert re.search("两份记录都已保留|Both are kept", said)
    assert "没有重复登记" in said
    visits = visits_of(second, site)[:2]
    assert [visit["findings"] for visit in visits] == [1, 1]
    dangers = second.read("hidden-dangers?size=100&sort=-opened_at")["items"]
    mine = [
        row
        for row in dangers
        if row["enterprise"]["id"] == site and row["description"].startswith("安全出口或疏散")
    ]
    assert len(mine) == 1


def test_many_photos_never_hold_up_text_or_taps(phone: Callable[..., FieldPhone]) -> None:
    one = phone("county_officer")
    one.network(on=False)
    site = one.begin()
    one.answer("wiring", "finding")
    one.photograph("wiring", MANY_PHOTOS)
    started = time.perf_counter()
    one.answer("training", "finding")
    assert (
        time.perf_counter() - started
    ) * 1000 < TAP_MILLISECONDS * 5  # most of it is the test's own way there
    one.rest_is_in_order()
    one.sign()
    assert one.unsent() == MANY_PHOTOS + 3
    one.network(on=True)
    one.page.wait_for_selector(
        ".field-card[data-series]", timeout=30_000
    )  # the text is there, the photos follow
    assert one.unsent() > MANY_PHOTOS - 40
    some_went = "([all]) => Number(document.querySelector('[data-unsent]').textContent) < all"
    one.page.wait_for_function(some_went, arg=[MANY_PHOTOS - 5], timeout=60_000)
    assert [visit["findings"] for visit in visits_of(one, site)[:2]].count(2) == 1


def test_an_expired_sign_in_keeps_the_queue_for_its_person(
    phone: Callable[..., FieldPhone], installation: Installation
) -> None:
    one = phone("county_officer")
    one.network(on=False)
    site = one.begin()
    one.rest_is_in_order()
    one.photograph("proof")
    one.sign()
    names = (cookie["name"] for cookie in one.context.cookies())
    session = next(name for name in names if name.startswith("sessionid"))
    one.context.clear_cookies(name=session)
    one.network(on=True)
    one.page.wait_for_selector('.field-status[data-state="signin"]')
    assert one.unsent() == 4
    sign_in(one.page, installation, "township_officer")  # somebody else, on the same phone
    one.page.goto("/field/#/me")
    one.page.wait_for_function("() => document.body.innerText.includes('项待发，由本人登录后发送')")
    one.page.goto("/")
    one.page.evaluate("() => document.querySelector('form[data-sign-out]').submit()")
    one.page.wait_for_function("() => document.body.innerText.includes('没有发送')")  # refused: items wait
    one.context.clear_cookies(name=session)
    one.enter(one.page)
    one.open("#/unsent")
    one.page.wait_for_selector(".field-card[data-series]", timeout=30_000)
    one.wait_until_sent()
    assert visits_of(one, site)[0]["findings"] == 0


def test_a_full_phone_says_so_and_keeps_the_text(phone: Callable[..., FieldPhone]) -> None:
    one = phone("county_officer")
    one.network(on=False)
    one.begin()
    one.answer("wiring", "finding")
    one.page.evaluate("""() => {
      const put = IDBObjectStore.prototype.put;
      IDBObjectStore.prototype.put = function (value, key) {
        if (value && value.blob) throw new DOMException('full', 'QuotaExceededError');
        return key === undefined ? put.call(this, value) : put.call(this, value, key);
      };
      const files = new DataTransfer();
      files.items.add(new File(['x'], 'p.png', { type: 'image/png' }));
      const input = document.querySelector('[data-camera="wiring"]');
      input.files = files.files;
      input.dispatchEvent(new Event('change'));
    }""")
    one.page.wait_for_selector(".field-toast.bad")
    assert "照片没有保存" in one.page.locator(".field-toast").inner_text()
    one.answer("training", "finding")
    one.restart()
    one.begin()
    assert one.page.locator('[data-item="training"]').get_attribute("data-answer") == "finding"


def test_put_right_on_the_spot_makes_no_notice_and_waits_for_the_re_inspection(
    phone: Callable[..., FieldPhone],
) -> None:
    one = phone("county_officer")
    site = one.begin(1)
    item = one.page.locator(".field-item:not(:has(.alert))").first.get_attribute("data-item") or ""
    one.answer(item, "finding")
    assert one.page.locator("[data-camera-after]").count() == 0  # the problem is shown first
    one.photograph(item)
    one.put_right(item)
    one.rest_is_in_order()
    one.sign()
    assert "1 项当场整改" in one.page.locator("[data-cost]").first.inner_text()
    one.wait_until_sent()
    visit = visits_of(one, site)[0]
    assert (visit["findings"], visit["keystrokes"], visit["documents"]) == (1, 0, 1)
    dangers = one.read("hidden-dangers?size=100&sort=-opened_at")["items"]
    mine = next(row for row in dangers if row["enterprise"]["id"] == site)
    assert mine["state"] == "in_review"


def test_an_answer_lost_on_its_way_back_doubles_nothing(phone: Callable[..., FieldPhone]) -> None:
    one = phone("county_officer")
    site = one.begin(2)
    one.answer("wiring", "finding")
    one.photograph("wiring")
    one.rest_is_in_order()
    lost: list[int] = []

    def lose(route: Any) -> None:
        if not lost:
            lost.append(route.fetch().status)  # the server took it, the network went before the answer came
            route.abort("connectionreset")
        else:
            route.continue_()

    one.context.route("**/api/v1/field/visits", lose)
    earlier = len(visits_of(one, site))
    one.sign()
    one.page.wait_for_selector('.field-status[data-state="offline"]')
    assert (lost, one.unsent() > 0) == ([200], True)
    one.page.evaluate("() => dispatchEvent(new Event('online'))")
    one.wait_until_sent()
    visits = visits_of(one, site)
    assert (len(visits), visits[0]["findings"]) == (earlier + 1, 1)


def test_a_network_that_goes_in_the_middle_of_a_visit(phone: Callable[..., FieldPhone]) -> None:
    one = phone("county_officer")
    site = one.begin(3)
    one.answer("wiring", "finding")
    one.network(on=False)
    one.photograph("wiring")
    one.answer("training", "finding")
    one.restart()
    assert one.begin() == site
    one.rest_is_in_order()
    one.sign()
    one.page.wait_for_selector('.field-status[data-state="offline"]')
    one.network(on=True)
    one.wait_until_sent()
    assert visits_of(one, site)[0]["findings"] == 2


@pytest.mark.parametrize("stirred", ["touch of the line", "touch of the tab", "focus"])
def test_what_waits_goes_when_its_person_looks_though_no_event_says_that_the_network_is_back(
    phone: Callable[..., FieldPhone], stirred: str
) -> None:
    one = phone("county_officer")
    site = one.begin()
    one.rest_is_in_order()
    one.photograph("proof")
    held = len(visits_of(one, site))
    one.context.route("**/api/v1/field/**", lambda route: route.abort("addressunreachable"))
    one.sign()
    for _ in range(6):  # failed so often that the next attempt lies a minute or two ahead
        # The line says "sending" before the event has gone round, and may be through before anybody could look for it.
        said = one.page.evaluate(
            "() => { dispatchEvent(new Event('online')); return document.querySelector('.field-status').dataset.state }"
        )
        assert said == "sending"
        one.page.wait_for_selector('.field-status[data-state="offline"]')
    one.page.wait_for_timeout(3200)
    one.context.unroute("**/api/v1/field/**")
    began = time.monotonic()
    if stirred == "focus":
        one.page.evaluate("() => dispatchEvent(new Event('focus'))")
    else:
        one.page.click(".field-status" if stirred == "touch of the line" else '[href="#/unsent"]')
    one.wait_until_sent()
    assert time.monotonic() - began < 20
    assert len(visits_of(one, site)) == held + 1


@pytest.mark.parametrize("hours", [30, -200])
def test_a_phone_whose_clock_is_wrong_keeps_the_day_of_the_visit(
    phone: Callable[..., FieldPhone], hours: int
) -> None:
    one = phone("county_officer")
    now = datetime.now(UTC)
    one.page.clock.set_fixed_time(now + timedelta(hours=hours))
    one.page.reload()
    one.page.wait_for_selector("body[data-ready]")
    one.page.wait_for_function("() => document.querySelector('.field-status').dataset.state === 'idle'")
    site = one.begin(4)
    one.rest_is_in_order()
    one.photograph("proof")
    one.sign()
    one.wait_until_sent()
    whole = one.read(f"site-visits/{visits_of(one, site)[0]['id']}")
    assert whole["visited_on"] == now.astimezone(CHINA).date().isoformat()
    assert abs(whole["clock_offset"] + hours * 3600) < 120


def test_with_the_page_closed_the_worker_sends_by_itself(phone: Callable[..., FieldPhone]) -> None:
    one = phone("county_officer")
    one.network(on=False)
    site = one.begin(5)
    held = len(visits_of(one, site))
    one.rest_is_in_order()
    one.photograph("proof")
    one.sign()
    elsewhere = one.context.new_page()
    one.page.close()
    one.network(on=True)
    elsewhere.goto(f"{one.address}/api/v1/site-visits?size=1")  # no page of the app: the worker is alone
    worker = one.context.new_cdp_session(elsewhere)
    known: list[dict[str, Any]] = []
    worker.on("ServiceWorker.workerRegistrationUpdated", lambda told: known.extend(told["registrations"]))
    worker.send("ServiceWorker.enable")
    limit = time.monotonic() + 30
    while not (ours := [row for row in known if row["scopeURL"].endswith("/field/")]):
        assert time.monotonic() < limit, known
        elsewhere.wait_for_timeout(100)
    asked = {
        "origin": one.address,
        "registrationId": ours[-1]["registrationId"],
        "tag": "send",
        "lastChance": False,
    }
    worker.send("ServiceWorker.dispatchSyncEvent", asked)
    one.page = elsewhere
    limit = time.monotonic() + 30
    while len(visits_of(one, site)) == held and time.monotonic() < limit:
        elsewhere.wait_for_timeout(300)
    assert len(visits_of(one, site)) == held + 1
    one.open()
    one.wait_until_sent()
