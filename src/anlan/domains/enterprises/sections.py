"""Parts of the enterprise's page that the generic ones cannot give: people in posts, further places, merged records."""

from __future__ import annotations

from anlan.domains.enterprises.actions import may_merge
from anlan.domains.enterprises.models import Enterprise
from anlan.domains.enterprises.queries import merged_rows, people_of, places_of
from anlan.kernel.people.authority import may_contact, may_manage
from anlan.kernel.registers.declaration import Section
from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words


def sections_of(row: Enterprise, actor: Actor) -> list[Section]:
    """Return the sections of one enterprise for one reader, in the order they are shown."""
    found = []
    if row.merged_into_id is not None or merged_rows(row) or may_merge(row, actor):
        found.append(_merges(row, actor))
    found += [_people(row, actor), _places(row, actor)]
    return found


def _people(row: Enterprise, actor: Actor) -> Section:
    party = row.holder
    return Section(
        Words("谁负责：岗位与人员", "Who is responsible: posts and people"),
        "enterprises/people.html",
        {
            "party": party,
            "posts": people_of(row),
            "may_contact": party is not None and may_contact(actor, party),
            "may_manage": party is not None and may_manage(actor, party),
        },
    )


def _places(row: Enterprise, actor: Actor) -> Section:
    may_add = not row.is_archived and row.kept.writers.allows(actor, row, row._meta.app_label)
    return Section(
        Words("其他场所", "Further places"),
        "enterprises/places.html",
        {"enterprise": row, "places": places_of(row, actor), "may_add": may_add},
    )


def _merges(row: Enterprise, actor: Actor) -> Section:
    return Section(
        Words("重复登记与合并", "Duplicates and merges"),
        "enterprises/merges.html",
        {
            "enterprise": row,
            "kept": row.merged_into,
            "merged": merged_rows(row),
            "may_merge": may_merge(row, actor),
        },
    )
