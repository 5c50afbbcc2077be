"""Reads of the enterprise register that deserve thought: likely duplicates, everything that hangs on one enterprise."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Hashable, Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import h3
from django.db.models import Q, QuerySet
from django.db.models.functions import Substr

from anlan.domains.enterprises import names, rules
from anlan.domains.enterprises.models import Enterprise, EnterprisePlace
from anlan.kernel import clock
from anlan.kernel.registers import Likeness
from anlan.kernel.registers.hexagons import RESOLUTION
from anlan.kernel.registers.searching import closeness
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.models import Membership, Post, Territory
from anlan.kernel.scope.parties import in_force
from anlan.kernel.words import Words

MOST_SHOWN = 6
MOST_COMPARED = 80
# Of cores of four characters one may differ (0.75); far apart, of six one (0.83).
ALIKE_NEAR, ALIKE_ANYWHERE = 0.74, 0.82
_FULL_BRACKETS = str.maketrans("()", "（）")

SAME_CODE = Words("统一社会信用代码相同", "The same credit code")
SAME_FOREIGN = Words("境外登记号相同", "The same number in a foreign register")
SAME_BODY = Words("主体标识码（第9–17位）相同", "The same organisation code (characters 9 to 17)")
SLIP_OF_CODE = Words(
    "信用代码仅差一位或相邻两位颠倒", "The credit code differs by one character or two swapped"
)
SAME_NAME = Words("去掉地名和组织形式后名称相同", "The same name apart from place and legal form")
EQUAL_NAME = Words("名称相同", "The same name")
LIKE_NAME = Words("名称相近", "A similar name")
NEAR_POINT = Words("位置相距不足约一千米", "Stands within about a kilometre")
SAME_PLACE = Words("在同一村（社区）", "In the same village or community")
ELSEWHERE = Words("该代码已登记在您管辖范围之外", "This code is registered outside your scope")


def likely_duplicates(
    actor: Actor, values: Mapping[str, Any], *, other_than: uuid.UUID | None = None
) -> list[Likeness]:
    """Return enterprises in scope that may be the one about to be entered, the likest first.

    ``values`` holds ``name``, ``credit_code`` or ``foreign_id`` and ``foreign_issuer``, ``territory`` (id or code),
    ``longitude``, ``latitude`` as text. Of an enterprise outside the actor's scope only that its credit code is taken is told.
    """
    code = rules.tidy_credit_code(_text(values, "credit_code"))
    cell = _cell(values)
    territory = _text(values, "territory")
    places = _place_names()
    core, foreign = names.core_of(_text(values, "name"), places), _foreign(values)
    found: list[Likeness] = []
    for row in _candidates(actor, code, foreign, core, cell, other_than):
        near = _nearness(row, cell, territory)
        likeness = _judged(row, code, foreign, core, near, places)
        if likeness is not None:
            found.append(likeness)
    if len(code) == rules.CREDIT_LENGTH and not any(SAME_CODE in one.reasons for one in found):
        found += _elsewhere(actor, code, other_than)
    return sorted(found, key=lambda one: -one.score)[:MOST_SHOWN]


def same_in_sets(actor: Actor, values: Sequence[Mapping[str, Any]]) -> list[list[Likeness]]:
    """Return for each of many entries the enterprises in scope of the same name or the same organisation code.

    One question for all: what is merely alike is looked for where a single enterprise is entered. An entry whose number is
    registered already is that very enterprise, not one like it: it is left to the database, which refuses it. Two entries
    that one foreign register tells apart are two.
    """
    wanted = [(*_name_and_code(row), _foreign(row)) for row in values]
    codes = {code for _, code, _ in wanted if len(code) == rules.CREDIT_LENGTH}
    bodies = {rules.body_of(code) for code in codes}
    rows = Enterprise.seen_by(actor).filter(merged_into=None, archived_at=None).defer("search")
    rows = rows.annotate(body_code=Substr("credit_code", rules.BODY_AT, rules.BODY_LENGTH))
    named: dict[str, Any] = {}
    bodied: dict[str, Any] = {}
    registered: set[str] = set()
    spelt = {spelling for row in values for spelling in _spellings(_text(row, "name"))}
    asked = Q(name__any=sorted(spelt)) | Q(body_code__any=sorted(bodies))
    for row in rows.filter(asked).order_by("pk"):
        if row.credit_code:
            registered.add(row.credit_code)
            bodied.setdefault(row.body_code, row)
        named.setdefault(_half_width(row.name), row)
    found: list[list[Likeness]] = []
    for name, code, foreign in wanted:
        if code in codes & registered:
            found.append([])
            continue
        body = bodied.get(rules.body_of(code)) if code in codes else None
        equal = named.get(name)
        if equal is not None and _told_apart(equal, foreign):
            equal = None
        pairs = ((body, 95, SAME_BODY), (equal, 85, EQUAL_NAME))
        found.append([Likeness(row, score, (why,)) for row, score, why in pairs if row])
    return found


def marks_of(values: Mapping[str, Any]) -> dict[Hashable, Words]:
    """Return by what two entries of one table may be the same: what ``same_in_sets`` asks of the rows that stand."""
    name, code = _name_and_code(values)
    marks: dict[Hashable, Words] = {}
    if len(code) == rules.CREDIT_LENGTH:
        marks["body", rules.body_of(code)] = SAME_BODY
    if name:
        marks["name", name] = EQUAL_NAME
    return marks


def told_apart(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Say whether two entries bear numbers of one foreign register."""
    issuer = _foreign(one)[1]
    return bool(issuer) and issuer == _foreign(other)[1]


def _name_and_code(values: Mapping[str, Any]) -> tuple[str, str]:
    return _half_width(_text(values, "name")), rules.tidy_credit_code(_text(values, "credit_code"))


def _half_width(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip()


def _spellings(name: str) -> set[str]:
    """Return how a name may be stored: as it was typed, and with its brackets half-width or, as on licences, full-width."""
    half = _half_width(name)
    return {name.strip(), half, half.translate(_FULL_BRACKETS)} - {""}


def _foreign(values: Mapping[str, Any]) -> tuple[str, str]:
    """Return the foreign number and its register as they are stored; empty texts where there is none."""
    number, issuer = (" ".join(_text(values, name).split()) for name in ("foreign_id", "foreign_issuer"))
    return (number, issuer) if number and issuer else ("", "")


def _told_apart(row: Enterprise, foreign: tuple[str, str]) -> bool:
    """Say whether a row and an entry bear numbers of one foreign register: the same one is the very row, another another."""
    return bool(foreign[0]) and row.foreign_issuer == foreign[1]


def _candidates(
    actor: Actor, code: str, foreign: tuple[str, str], core: str, cell: str, other_than: uuid.UUID | None
) -> Iterable[Enterprise]:
    """Return rows worth comparing, each once: by number, by shared characters of the name, by neighbourhood."""
    rows = Enterprise.seen_by(actor).filter(merged_into=None).select_related("territory").defer("search")
    rows = rows.exclude(pk=other_than) if other_than else rows
    seen: dict[uuid.UUID, Enterprise] = {row.pk: row for row in _by_code(rows, code)}
    living = rows.filter(archived_at=None)
    if foreign[0]:
        seen.update((row.pk, row) for row in rows.filter(foreign_id=foreign[0], foreign_issuer=foreign[1]))
    if core:
        ranked = living.filter(search__shares=core).order_by(closeness(core).desc(), "pk")
        seen.update((row.pk, row) for row in ranked[:MOST_COMPARED])
    if cell:
        around = living.filter(cell__in=h3.grid_disk(cell, 1)).order_by("name")
        seen.update((row.pk, row) for row in around[:MOST_COMPARED])
    return seen.values()


def _by_code(rows: QuerySet[Enterprise], code: str) -> Iterable[Enterprise]:
    if len(code) != rules.CREDIT_LENGTH:
        return []
    same = Q(credit_code__in=[code, *rules.slips_of(code)])
    body = Q(body_code=rules.body_of(code))
    return rows.annotate(body_code=Substr("credit_code", rules.BODY_AT, rules.BODY_LENGTH)).filter(
        same | body
    )


def _judged(
    row: Enterprise, code: str, foreign: tuple[str, str], core: str, near: Words | None, places: list[str]
) -> Likeness | None:
    """Return how like a row is, with the reasons, or None where it is not."""
    if _told_apart(row, foreign):
        is_same = row.foreign_id == foreign[0]
        return Likeness(row, 100, (SAME_FOREIGN, *([near] if near else []))) if is_same else None
    score, reasons = 0, []
    if len(code) == rules.CREDIT_LENGTH and row.credit_code:
        for reason, points, holds in (
            (SAME_CODE, 100, row.credit_code == code),
            (SLIP_OF_CODE, 90, rules.is_slip(row.credit_code, code)),
            (
                SAME_BODY,
                95,
                row.credit_code != code and rules.body_of(row.credit_code) == rules.body_of(code),
            ),
        ):
            if holds:
                reasons.append(reason)
                score = max(score, points)
    alike = names.similarity(core, names.core_of(row.name, places))
    if alike == 1 or alike >= (ALIKE_NEAR if near else ALIKE_ANYWHERE):
        reasons.append(SAME_NAME if alike == 1 else LIKE_NAME)
        score = max(score, round(alike * 85) + (10 if near else 0))
    if not reasons:
        return None
    return Likeness(row, score, tuple([*reasons, near] if near else reasons))


def _nearness(row: Enterprise, cell: str, territory: str) -> Words | None:
    if cell and row.cell and row.cell in h3.grid_disk(cell, 1):
        return NEAR_POINT
    if territory and territory in {str(row.territory_id), row.territory.code}:
        return SAME_PLACE
    return None


def _elsewhere(actor: Actor, code: str, other_than: uuid.UUID | None) -> list[Likeness]:
    rows = Enterprise.unscoped("a credit code is one in the whole city: whether it is taken must be told")
    rows = rows.exclude(pk=other_than) if other_than else rows
    taken = rows.filter(credit_code=code).exists()
    return [Likeness(None, 100, (SAME_CODE, ELSEWHERE))] if taken else []


def _place_names() -> list[str]:
    rows = Territory.objects.filter(level__in=("province", "city", "county", "zone"))
    return list(rows.values_list("name", flat=True))


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    return str(getattr(value, "pk", value) if value is not None else "").replace("\x00", "")[:200]


def _cell(values: Mapping[str, Any]) -> str:
    """Return the H3 cell of the given coordinates, or an empty text where there are none that make sense."""
    try:
        longitude, latitude = (Decimal(_text(values, name)) for name in ("longitude", "latitude"))
    except InvalidOperation:
        return ""
    if not (longitude.is_finite() and latitude.is_finite() and abs(longitude) <= 180 and abs(latitude) <= 90):
        return ""
    return str(h3.latlng_to_cell(float(latitude), float(longitude), RESOLUTION))


def merged_rows(row: Enterprise) -> list[Enterprise]:
    """Return the rows merged into this one; their reader is judged by who sees the kept row."""
    rows = Enterprise.unscoped("what was merged into a row belongs to that row's page")
    return list(rows.filter(merged_into=row).select_related("holder").defer("search").order_by("name"))


def places_of(rows: Sequence[Enterprise], actor: Actor) -> list[EnterprisePlace]:
    """Return the places of some enterprises, as far as the actor sees them."""
    found = EnterprisePlace.seen_by(actor).filter(enterprise__in=rows, archived_at=None)
    return list(found.select_related("territory").defer("search").order_by("name"))


def people_of(rows: Sequence[Enterprise]) -> list[tuple[Post, list[Membership]]]:
    """Return the open posts of some enterprises with who fills each today."""
    parties = [row.holder_id for row in rows if row.holder_id is not None]
    posts = list(Post.objects.filter(party_id__in=parties, closed_on=None).order_by("kind", "title"))
    filled: dict[uuid.UUID, list[Membership]] = {post.pk: [] for post in posts}
    memberships = Membership.objects.filter(in_force(clock.today()), post__in=posts).select_related("person")
    for membership in memberships.order_by("valid_from"):
        filled[membership.post_id].append(membership)
    return [(post, filled[post.pk]) for post in posts]
