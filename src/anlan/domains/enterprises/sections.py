"""Parts of the enterprise's page that the generic ones cannot give: people in posts, its figures, further places,
merged records."""

from __future__ import annotations

from anlan.domains.enterprises.actions import may_merge
from anlan.domains.enterprises.models import Enterprise
from anlan.domains.enterprises.queries import merged_rows, people_of, places_of
from anlan.kernel import clock
from anlan.kernel.clock.periods import year
from anlan.kernel.indicators import Measured, figures, rows_behind
from anlan.kernel.indicators.boards import boards
from anlan.kernel.indicators.dimensions import PARTY, Only, dimensions_of
from anlan.kernel.people.authority import may_contact, may_manage
from anlan.kernel.registers.declaration import Section
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words


def sections_of(row: Enterprise, actor: Actor) -> list[Section]:
    """Return the sections of one enterprise for one reader, in the order they are shown."""
    merged = merged_rows(row)
    found = [_people(row, merged, actor), _figures(row, actor), _places(row, merged, actor)]
    may = may_merge(row, actor)
    if row.merged_into_id is not None:
        return [_merges(row, merged, may=may), *found]
    return [*found, _merges(row, merged, may=may)] if may or merged else found


def _people(row: Enterprise, merged: list[Enterprise], actor: Actor) -> Section:
    party = row.holder
    return Section(
        Words("谁负责：岗位与人员", "Who is responsible: posts and people"),
        "enterprises/people.html",
        {
            "party": party,
            "posts": people_of([row, *merged]),
            "may_contact": party is not None and may_contact(actor, party),
            "may_manage": party is not None and may_manage(actor, party),
        },
    )


def _figures(row: Enterprise, actor: Actor) -> Section:
    """Return the figures of boards for this enterprise alone, each with the address of its rows."""
    only, period = Only(((PARTY.name, str(row.holder_id)),)), year(clock.today())
    wanted = [one for board in boards() for one in board.figures if PARTY in dimensions_of(one)]
    read = figures(wanted, actor, period, None, only) if row.holder_id else {}
    return Section(
        Words("今年的数字", "Figures of this year"),
        "enterprises/figures.html",
        {"figures": [(read[one.slug], _address(read[one.slug])) for one in wanted if one.slug in read]},
    )


def _address(found: Measured) -> str:
    if found.value is None:
        return ""
    behind = rows_behind(found)
    return f"/{behind.slug}/?{behind.query}"


def _places(row: Enterprise, merged: list[Enterprise], actor: Actor) -> Section:
    may_add = not row.is_archived and row.kept.writers.allows(actor, row, row._meta.app_label)
    return Section(
        Words("其他场所", "Further places"),
        "enterprises/places.html",
        {"enterprise": row, "places": places_of([row, *merged], actor), "may_add": may_add},
    )


def _merges(row: Enterprise, merged: list[Enterprise], *, may: bool) -> Section:
    return Section(
        Words("重复登记与合并", "Duplicates and merges"),
        "enterprises/merges.html",
        {"enterprise": row, "kept": row.merged_into, "merged": merged, "may_merge": may},
    )
