"""Nobody breaks an address, or sees beyond the own side by one, with parameters that no page of ours would ask with.

Every reading address by two officers, one parameter tampered with at a time. There are too many of them for every run: a share
is drawn that is the same each time; ``ANLAN_TAMPER=1`` asks all.
"""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Iterator
from itertools import islice

import pytest
from addresses import FAR_MARK, FOUND_BY, Address, Places, addresses, routes
from django.test import Client
from tampering import FOREIGN, NOWHERE, Attack, hearing, on_maps, parameters, values
from test_tables import WATCHED, ask, text_of

from anlan.kernel.identity.models import Account
from anlan.kernel.indicators.declaration import indicators
from anlan.kernel.scope import Actor

OFFICERS = ("township_officer", "officer")
SHARES = 2
# Of an answer: the token of its forms, its name in the log, the moment it was made.
EACH_TIME = re.compile(
    r'csrf="\w+"|X-CSRFToken": "\w+"|name="csrfmiddlewaretoken" value="\w+"|nonce="[^"]*"'
    r'|"(?:as_of|request_id)": ?"[^"]*"|\d\d:\d\d(:\d\d[.\d]*)?'
    r'|name="key" value="[^"]*"'
)
ODD_WORDS = (
    "0", "-1", "9" * 30, "%00", "x", "..%2F..", "NaN", "%FF", "enterprises", "00000000-0000-0000-0000-000000000000",
    "00000000000000000000000000000000", FOREIGN, "%E9%95%BF" * 100, "1.5", "'", "1e9", "__class__", "territory",
)  # fmt: skip
POSTED = " "  # a kind of address that nobody reads
DRAWN = float(os.environ.get("ANLAN_TAMPER", "0.003"))  # of all that could be asked


@pytest.fixture
def officers(places: Places) -> dict[str, str]:
    """A signed-in session of an officer of a township and of one of its county."""
    Account.objects.update(is_demo=True)  # else officers would first have to enrol their second factor
    return {role: session_of(getattr(places.city, role)) for role in OFFICERS}


def session_of(actor: Actor) -> str:
    """Sign somebody in and return the cookie."""
    client = Client()
    client.force_login(Account.objects.get(pk=actor.account_id))
    return client.cookies.output(header="", sep=";").split(";")[0].strip()


def attacks(places: Places, cookie: str) -> list[Attack]:
    """Return the attacks that are drawn, address by address."""
    tried, heard_at = values(places), dict[str, set[str]]()
    found: list[Attack] = []
    for address in readable(places):
        kind = address.name.split()[0]
        if kind not in heard_at:  # what a kind of page reads is the same of every subject, or described
            with hearing() as heard_at[kind]:
                is_read = ask("GET", address.path, cookie).status_code != 405
            heard_at[kind] |= set() if is_read else {POSTED}
        if POSTED not in heard_at[kind]:
            names = parameters(address, heard_at[kind])
            found += [Attack(address, name, value) for name in names for value in tried]
            found += [Attack(address, NOWHERE, value) for value in tried[:2]]
    return [attack for attack in found if attack.lot < DRAWN * 2**32]


def readable(places: Places) -> list[Address]:
    """Return the addresses that are asked, the ends of a matter's steps and endless answers apart."""
    return [
        one
        for one in [*addresses(places), *on_maps()]
        if one.name not in WATCHED and "/steps/" not in one.path and not one.name.startswith("sign-out")
    ]


@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.timeout(7200 if DRAWN == 1 else 600)
@pytest.mark.slow
def test_no_tampered_parameter_breaks_an_address_or_shows_rows_out_of_scope(
    places: Places, officers: dict[str, str], share: int
) -> None:
    mine = [one for one in attacks(places, officers["officer"]) if one.lot % SHARES == share]
    assert len(mine) > 200
    faults = []
    for number, attack in enumerate(mine):
        role = OFFICERS[number % len(OFFICERS)]
        answer = ask("GET", attack.path, officers[role])
        if answer.status_code >= 500 or FAR_MARK in text_of(answer):
            faults.append(f"{attack.path[:300]} as {role}: {answer.status_code}")
    assert not faults, f"{len(faults)} of {len(mine)}:\n" + "\n".join(faults[:60])


def test_no_odd_word_within_an_address_breaks_it(places: Places, officers: dict[str, str]) -> None:
    faults = []
    for number, path in enumerate(odd_paths(places)):
        role = OFFICERS[number % len(OFFICERS)]
        answer = ask("GET", path, officers[role])
        if answer.status_code >= 500 or FAR_MARK in text_of(answer):
            faults.append(f"{path[:200]} as {role}: {answer.status_code}")
    assert number > 300
    assert not faults, f"{len(faults)} of {number}:\n" + "\n".join(faults[:60])


def odd_paths(places: Places) -> Iterator[str]:
    """Yield every address that names something, with what names nothing in each of its places, the others as they were."""
    for route, _name in routes():
        named = re.findall(r"<(?:\w+:)?(\w+)>", route)
        for place in named:
            for odd in ODD_WORDS[zlib.crc32(route.encode()) % 6 :: 6]:
                words = {
                    "slug": "enterprises",
                    "z": "9",
                    "x": "0",
                    "y": "0",
                    "indicator": "dangers-late",
                    place: odd,
                }
                yield re.sub(
                    r"<(?:\w+:)?(\w+)>",
                    lambda found, words=words: words.get(found[1], str(places.city.workshop.pk)),
                    route,
                )


def test_what_happens_elsewhere_changes_no_answer(places: Places, officers: dict[str, str]) -> None:
    """Whoever asks for another county by its code, its body, its rows or its ground learns nothing of it, no number either."""
    city, asked = places.city, list(reaching_over(places))
    before = {(role, path): told(path, officers[role]) for role in OFFICERS for path in asked}
    for n in range(3):
        danger = city.reports(by=city.far_officer, at=city.far_shop, description=f"{FAR_MARK} {n}")
    city.step(danger, "grade_major", city.far_officer, criteria="industry_trade", criterion="3.2")
    firm = city.enterprise(f"榆树新企业 {FAR_MARK}", city.far_village, "1310", 7)
    city.reports(by=city.far_officer, at=firm)
    after = {(role, path): told(path, officers[role]) for role in OFFICERS for path in asked}
    learnt = [
        f"{path} as {role}" for role, path in asked_of(asked) if before[role, path] != after[role, path]
    ]
    assert not learnt, "\n".join(learnt[:40])
    # Guard: whoever may see the other county does learn of it by these addresses.
    counted = ask(
        "GET",
        f"/api/v1/map/tiles.json?layers=hidden-dangers&territory={FOREIGN}",
        session_of(city.far_officer),
    )
    assert counted.json()["count"] >= 4  # type: ignore[attr-defined]


def test_a_number_with_many_digits_is_no_small_one(places: Places, officers: dict[str, str]) -> None:
    many = "9" * 30
    for path in (
        f"/api/v1/enterprises?size=000020{many}",
        f"/api/v1/indicators/dangers-late/series?count=0012{many}",
    ):
        assert ask("GET", path, officers["officer"]).status_code == 422


def asked_of(paths: list[str]) -> list[tuple[str, str]]:
    return [(role, path) for role in OFFICERS for path in paths]


def reaching_over(places: Places) -> Iterator[str]:
    """Yield addresses that ask for another county: its code, its territory, its bodies, its rows, all ground there is."""
    far = places.city.far_shop
    reaches = [
        f"territory={FOREIGN}", f"party={far.holder_id}", f"enterprise={far.pk}", "within=73,18;135,18;135,54;73,54",
    ]  # fmt: skip
    for reach in reaches:
        for slug in ("hidden-dangers", "enterprises", *([""] if reach == reaches[0] else [])):
            yield f"/api/v1/map/tiles.json?layers={slug}&{reach}"
            yield f"/api/v1/map/tiles/6/54/23.mvt?layers={slug}&{reach}"
            yield f"/api/v1/map/tiles/14/13895/5965.mvt?layers={slug}&{reach}"
            yield f"/api/v1/map/points?layers={slug}&bbox=73,18,135,54&zoom=5&{reach}"
            yield f"/map/card?layers={slug}&{reach}"
        for slug in ("hidden-dangers", "enterprises"):
            yield f"/{slug}/?{reach}"
            yield f"/{slug}/export?form=csv&{reach}"
            yield f"/api/v1/{slug}?{reach}"
    yield f"/search?q={FOUND_BY}&county={FOREIGN}"
    yield f"/api/v1/search?q={FOUND_BY}&kind=hidden-dangers"
    yield "/api/v1/map/changed?layers=hidden-dangers&since=2026-01-01T00:00:00Z"
    for one in islice(indicators(), 0, None, 9):
        yield f"/api/v1/indicators/{one.slug}?territory={FOREIGN}&period=year"
        yield f"/api/v1/indicators/{one.slug}/series?territory={FOREIGN}&count=3"
        yield f"/api/v1/indicators/{one.slug}/series?party={far.holder_id}&count=3"
        yield f"/api/v1/indicators/{one.slug}/by/sector?territory={FOREIGN}"
        yield f"/indicators/{one.slug}?by=territory&period=year&territory={FOREIGN}"
    yield f"/boards/dangers/?territory={FOREIGN}"


def told(path: str, cookie: str) -> str:
    """Return what an address answers, without what is different at each asking."""
    answer = ask("GET", path, cookie)
    assert answer.status_code < 500, path
    text = text_of(answer) if not path.endswith(".mvt") else answer.content.hex()
    return f"{answer.status_code} " + EACH_TIME.sub("", text)
