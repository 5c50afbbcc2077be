"""Demonstration enterprises: invented names at real villages, from one seed; the same seed gives the same rows.

Names are put together from stems that mean nothing, credit codes lie in a range no registry gives out (organisation
code DEM00000 and up) but their check characters are right. Pure: it makes values, the composition stores them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from anlan.domains.enterprises.rules import credit_check_character

FIRST = "澜砚翎霁棠漪岚珩沐筠绥嵘穗桦澄曦禾珂璟榆"
SECOND = "松曜原川野序衡石桥屿岭溪汀峤麓砥洲陌圃坤"
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰萍红云峰鹏辉波宁雪晨"
EMPLOYEES = {"large": (1000, 2600), "medium": (300, 990), "small": (20, 290), "micro": (3, 19)}
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)  # GB 11714-1997
FIRST_NUMBER = 1
SERIES = "MNPQRTUWXY"  # letters of credit codes (GB 32100-2015 knows no I, O, S, V, Z)


@dataclass(frozen=True, slots=True)
class DemoPlace:
    """A village or community where an enterprise may stand. ``ground``: zone, city, town."""

    code: str
    name: str
    county_code: str
    county_name: str
    ground: str
    longitude: float
    latitude: float
    city_name: str = ""


@dataclass(frozen=True, slots=True)
class DemoEnterprise:
    """One invented enterprise; ``flags`` are the key flags of the register that it carries."""

    name: str
    credit_code: str
    place: DemoPlace
    address: str
    longitude: float
    latitude: float
    industry: str
    business: str
    scale: str
    employees: int
    main_person: str
    safety_officer: str
    phone: str
    flags: frozenset[str]


def enterprises(random: Random, places: Sequence[DemoPlace], count: int) -> Iterator[DemoEnterprise]:
    """Yield ``count`` enterprises, their lines and places in plausible shares."""
    lines = _lines()
    by_ground = {ground: [p for p in places if p.ground == ground] for ground in ("zone", "city", "town")}
    stems = [a + b for a in FIRST for b in SECOND]
    random.shuffle(stems)
    weights = [int(line["weight"]) for line in lines]
    for number in range(count):
        line = random.choices(lines, weights)[0]
        ground = line["where"] if line["where"] in by_ground else random.choices(("city", "town"), (3, 2))[0]
        place = random.choice(by_ground[ground] or list(places))
        yield _enterprise(random, line, place, stems[number % len(stems)], FIRST_NUMBER + number)


def _enterprise(
    random: Random, line: dict[str, str], place: DemoPlace, stem: str, number: int
) -> DemoEnterprise:
    scale = random.choice(line["scales"].split())
    spread = 0.0012 if place.ground != "town" else 0.004
    return DemoEnterprise(
        name=name_of(place, stem, line),
        credit_code=credit_code(place.county_code, number),
        place=place,
        address=f"{place.name}{random.choice(('', '工业路', '站前街', '兴业路', '村部东'))}{random.randint(1, 280)}号",
        longitude=round(place.longitude + random.uniform(-spread, spread), 6),
        latitude=round(place.latitude + random.uniform(-spread, spread) * 0.7, 6),
        industry=line["industry"],
        business=line["business"],
        scale=scale,
        employees=random.randint(*EMPLOYEES[scale]),
        main_person=person_name(random),
        safety_officer=person_name(random),
        phone=f"199{random.randint(0, 99_999_999):08d}",
        flags=_flags(random, line, scale),
    )


def name_of(place: DemoPlace, stem: str, line: dict[str, str]) -> str:
    """Return an enterprise's name: place, meaningless stem, line of business, form."""
    in_town = place.ground != "town" and place.county_name.endswith("区")
    where = place.city_name.removesuffix("市") if in_town else place.county_name[:-1]
    if line["industry"] in ("8321", "8411", "8514"):
        return f"{where}{stem}{line['word']}{'' if line['industry'] != '8514' else '中心'}"
    if line["industry"] in ("5265", "5266"):
        return f"{where}{stem}{line['word']}"
    return f"{where}{stem}{line['word']}有限公司"


def credit_code(county_code: str, number: int) -> str:
    """Return an 18-character code (GB 32100-2015): registry 9, kind 1, county, organisation DEMnnnnn, both checks.

    A million fit: DEN, DEP and so on follow after the first hundred thousand.
    """
    series, serial = divmod(number, 100_000)
    organisation = f"DE{SERIES[series]}{serial:05d}"
    body = f"91{county_code}{organisation}{organisation_check(organisation)}"
    return body + credit_check_character(body)


def organisation_check(body: str) -> str:
    """Return the check character of an organisation code (GB 11714-1997)."""
    total = sum(int(char, 36) * weight for char, weight in zip(body, ORGANISATION_WEIGHTS, strict=True))
    rest = 11 - total % 11
    return {10: "X", 11: "0"}.get(rest, str(rest))


def person_name(random: Random) -> str:
    """Return an invented personal name."""
    given = random.choice(GIVEN) + (random.choice(GIVEN) if random.random() < 0.6 else "")
    return random.choice(SURNAMES) + given


def _flags(random: Random, line: dict[str, str], scale: str) -> frozenset[str]:
    chances = {
        "has_explosive_dust": line["dust"],
        "uses_ammonia": line["ammonia"],
        "has_confined_space": line["confined"],
        "handles_hazardous_chemicals": line["chemicals"],
        "is_crowded_place": line["crowded"],
    }
    flags = {name for name, chance in chances.items() if random.random() < float(chance)}
    big = scale in ("large", "medium") or line["industry"] in ("4512", "5942")
    if "handles_hazardous_chemicals" in flags and big and random.random() < 0.5:
        flags.add("has_major_hazard")
    return frozenset(flags)


def _lines() -> list[dict[str, str]]:
    with (Path(__file__).parent / "demo_lines.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
