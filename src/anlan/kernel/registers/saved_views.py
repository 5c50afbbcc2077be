"""Saving the present filter of a list under a name, and finding it again. A view holds a filter, never rows: what it shows
is what its person may see when they open it.
"""

from __future__ import annotations

import uuid
from functools import cache

from django.db import connection, transaction

from anlan.kernel import clock
from anlan.kernel.registers.errors import Invalid, NotAllowed
from anlan.kernel.registers.forms import is_storable
from anlan.kernel.registers.models import SavedView
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.reading import Columns
from anlan.kernel.words import Words

MOST_VIEWS = 30
LONGEST_NAME = 40
LONGEST_QUERY = 2000


def views_of(actor: Actor, slug: str) -> list[SavedView]:
    """Return the views a person saved of a list, by name."""
    if actor.person_id is None:
        return []
    columns, sql = _question()
    with connection.cursor() as cursor:
        cursor.execute(sql, [actor.person_id, slug])
        made = (columns.made(values, 0) for values in cursor.fetchall())
        return [view for view in made if view is not None]


@cache
def _question() -> tuple[Columns[SavedView], str]:
    # Every list asks, so it is written out.
    columns = Columns(SavedView, "kept")
    table = SavedView._meta.db_table
    return (
        columns,
        f'SELECT {columns.sql} FROM "{table}" AS kept WHERE person = %s AND slug = %s ORDER BY name',  # noqa: S608 - names of our own
    )


def save_view(actor: Actor, slug: str, name: str, query: str) -> SavedView:
    """Keep a filter under a name; the same name again replaces the former filter. Raises Invalid, NotAllowed."""
    if actor.person_id is None:
        raise NotAllowed(Words("须由在岗人员保存。", "A person in a post must save it."))
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not is_storable(name):
        words = Words("名称须为1至{n}个字。", "The name takes 1 to {n} characters.")
        raise Invalid({"name": [words.filled(n=LONGEST_NAME)]})
    if len(query) > LONGEST_QUERY or not is_storable(query):
        raise Invalid({"query": [Words("条件太长，无法保存。", "The filter is too long to be saved.")]})
    mine = SavedView.objects.filter(person=actor.person_id, slug=slug)
    with transaction.atomic():
        if mine.exclude(name=name).count() >= MOST_VIEWS:
            words = Words(
                "每个列表最多保存{n}个，先删除不用的。", "At most {n} for one list; delete one first."
            )
            raise Invalid({"name": [words.filled(n=MOST_VIEWS)]})
        view, _ = SavedView.objects.update_or_create(
            person=actor.person_id, slug=slug, name=name, defaults={"query": query, "saved_at": clock.now()}
        )
    return view


def forget_view(actor: Actor, slug: str, pk: uuid.UUID) -> bool:
    """Delete one of one's own views; False where there is none."""
    if actor.person_id is None:
        return False
    gone, _ = SavedView.objects.filter(person=actor.person_id, slug=slug, pk=pk).delete()
    return bool(gone)
