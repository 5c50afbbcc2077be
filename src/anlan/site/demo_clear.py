"""Taking the demonstration out again: every row marked as such, and nothing else, in one transaction.

A real row that came to lean on a demonstration row (a real person put into a demonstration post) keeps it: that row
then counts as real. That it was done, and how much was removed, goes into the ledger. Needs the owner's role,
because the application's may not delete from the ledger.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction

from anlan.domains.alarms.simulated import forget_demonstration
from anlan.kernel import clock, ledger
from anlan.kernel.evidence.models import Evidence, EvidenceLink, Upload
from anlan.kernel.evidence.storage import FolderStorage, storage
from anlan.kernel.identity.models import Account, ApiToken, PersonalAccess, SignedIn, SignInAttempt
from anlan.kernel.indicators.rolling import forget
from anlan.kernel.ledger.demonstration import clear_demonstration
from anlan.kernel.ledger.models import AnchorLeaf, LedgerEntry
from anlan.kernel.notices.demonstration import demonstration
from anlan.kernel.scope import Actor
from anlan.kernel.scope.models import Membership, Party, Person, Post
from anlan.kernel.sharing.demonstration import clear_calls

CHAIN = uuid.UUID("2f9d1c8e-6c1a-5d0e-9a53-0d5d6b8a0001")  # the chain that tells of demonstrations removed
LEDGER = (LedgerEntry, AnchorLeaf)


class ClearRefused(Exception):
    """The demonstration cannot be removed; nothing was."""


def clear() -> dict[str, int]:
    """Remove every demonstration row; returns how many by table. Raises ClearRefused without the owner's role."""
    removed: dict[str, int] = {}
    with transaction.atomic():
        _require_owner()
        _keep_what_real_rows_lean_on()
        names = list(Account.objects.filter(is_demo=True).values_list("username", flat=True))
        people = Account.objects.filter(is_demo=True).values("id")
        content = set(Evidence._base_manager.filter(is_demo=True).values_list("sha256", flat=True))
        _remove(removed, EvidenceLink.objects.filter(entry__is_demo=True))
        _remove(removed, EvidenceLink.objects.filter(evidence__is_demo=True))
        _remove(removed, Upload.objects.filter(account__in=people))
        _remove(removed, PersonalAccess.objects.filter(person__is_demo=True))
        _remove(removed, SignInAttempt.objects.filter(username__in=names))
        _remove(removed, SignedIn.objects.filter(account__is_demo=True))
        _remove(removed, ApiToken.objects.filter(account__is_demo=True))
        for rows in demonstration():
            _remove(removed, rows)
        _remove(removed, Membership.objects.filter(person__is_demo=True))
        removed["calls"] = clear_calls()
        removed["ledger"] = clear_demonstration()
        removed["devices of sensors"] = forget_demonstration()
        marked = _marked()
        _let_go(marked)
        for model in marked:
            _remove(removed, model._base_manager.filter(is_demo=True))
        if any(removed.values()):
            _note(removed)
            forget()  # figures are counted anew from what is left
        transaction.on_commit(lambda: _forget(content))
    return {name: count for name, count in removed.items() if count}


def _require_owner() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_userbyid(relowner) = current_user OR pg_has_role(current_user, relowner, 'USAGE')"
            "  FROM pg_class WHERE oid = 'ledger_entry'::regclass"
        )
        (may,) = cursor.fetchone() or (False,)
    if not may:
        raise ClearRefused("需要数据库所有者角色 / the role that owns the database is needed")


def _marked() -> list[type[models.Model]]:
    """Return the models whose rows are marked as demonstration, those that lean on others first."""
    marked = [m for m in apps.get_models() if _has_mark(m) and m not in LEDGER]
    ordered: list[type[models.Model]] = []

    def put(model: type[models.Model], above: tuple[type[models.Model], ...]) -> None:
        for other in marked:
            if (
                other is not model
                and other not in above
                and any(f.related_model is model for f in _references(other))
            ):
                put(other, (*above, model))
        if model not in ordered:
            ordered.append(model)

    for model in marked:
        put(model, ())
    return ordered


def _let_go(ordered: list[type[models.Model]]) -> None:
    """Empty what leans on rows that go before it: a department names its post, and the post its department."""
    for place, model in enumerate(ordered):
        for field in _references(model):
            if field.null and field.related_model in ordered[:place]:
                model._base_manager.filter(is_demo=True).update(**{field.name: None})


def _has_mark(model: type[models.Model]) -> bool:
    return any(field.name == "is_demo" for field in model._meta.concrete_fields)


def _references(model: type[models.Model]) -> Iterator[Any]:
    return (
        field
        for field in model._meta.concrete_fields
        if field.is_relation and field.related_model is not None
    )


def _keep_what_real_rows_lean_on() -> None:
    """Let demonstration posts, people and bodies that real rows refer to count as real, until nothing changes."""
    leaning = [(m, f) for m in apps.get_models() if m not in LEDGER for f in _references(m)]
    changed = 1
    while changed:
        changed = 0
        for model, field in leaning:
            target = field.related_model
            if target in (Party, Person, Post) and (_has_mark(model) or model is Membership):
                mark = "is_demo" if _has_mark(model) else "person__is_demo"
                real = model._base_manager.filter(**{mark: False})
                used = real.filter(**{f"{field.name}__is_demo": True}).values(field.name)
                changed += target._base_manager.filter(pk__in=used).update(is_demo=False)


def _remove(removed: dict[str, int], rows: models.QuerySet[Any]) -> None:
    table = rows.model._meta.db_table
    removed[table] = removed.get(table, 0) + rows._raw_delete(rows.db)


def _note(removed: dict[str, int]) -> None:
    now = clock.now()
    ledger.append(
        CHAIN, "site.Demonstration", "cleared", Actor.system("demo clear"), at=now, received_at=now,
        data={"removed": {name: count for name, count in removed.items() if count}}, is_demo=False,
    )  # fmt: skip


def _forget(content: set[str]) -> None:
    """Delete the stored files that no row names any more."""
    store = storage()
    named = set(Evidence._base_manager.filter(sha256__in=content).values_list("sha256", flat=True))
    if isinstance(store, FolderStorage):
        for sha256 in content - named:
            store.path(sha256).unlink(missing_ok=True)
