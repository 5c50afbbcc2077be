"""Undoing in sets gives what undoing row by row gives: rows, entries, notes for the figures, and what is told of each row."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from anlan.domains.colours import painting
from anlan.domains.enterprises.models import Enterprise, EnterprisePlace
from anlan.domains.installations.models import Installation
from anlan.kernel import clock
from anlan.kernel.ids import new_id
from anlan.kernel.jobs import working
from anlan.kernel.ledger import LedgerEntry
from anlan.kernel.ledger.verifying import verify
from anlan.kernel.people import posts
from anlan.kernel.people.authority import seen_parties
from anlan.kernel.people.ending import bring_back
from anlan.kernel.registers import archive, bulk_archiving, create, edit, restore
from anlan.kernel.registers.bulk_archiving import Archiving, archive_many
from anlan.kernel.registers.errors import Changed, Invalid, KeepingError, NotSeen
from anlan.kernel.scope.models import Party
from anlan.kernel.scope.touched import Touched
from anlan.kernel.spreadsheets import undoing
from anlan.kernel.spreadsheets.models import ImportedRow
from anlan.kernel.spreadsheets.tests.brought import HEAD, bring, done, firm, named

pytestmark = pytest.mark.django_db
FIRMS = range(500, 530)


def by_turns(monkeypatch: pytest.MonkeyPatch, act: Any) -> tuple[Any, Any]:
    """Return what an act gives in sets, and from the same beginning one by one."""
    given = []
    for is_in_sets in (True, False):
        with transaction.atomic(), monkeypatch.context() as patch:
            if not is_in_sets:
                patch.setattr(bulk_archiving, "_goes_in_sets", lambda model, rows: False)
            given.append(act())
            transaction.set_rollback(True)
    return given[0], given[1]


def everything() -> dict[str, Any]:
    """Return all that archiving writes, without what is new each time."""
    rows = [
        {
            **row,
            "archived_at": row["archived_at"] is not None,
            "updated_at": None,
        }  # the clock goes on meanwhile
        for row in Enterprise.unscoped("a test compares them").order_by("pk").values()
    ]
    entries = LedgerEntry.objects.order_by("chain", "seq").values(
        "chain", "seq", "subject", "act", "key", "data", "is_demo", "actor_person",
        "actor_post", "actor_name",
    )  # fmt: skip
    notes = Touched.objects.order_by("model", "reader", "row_id").values_list(
        "model", "reader", "row_id", "before"
    )
    return {
        "bodies": list(Party.objects.order_by("pk").values_list("pk", "valid_to")),
        "rows": rows, "entries": list(entries), "notes": sorted(str(one) for one in notes), "sound": verify().sound,
        "told": list(ImportedRow.objects.order_by("number").values_list("number", "undone")),
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_undone_in_sets_is_undone_one_by_one(city: Any, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    chance = Random(seed)
    rows = [*(firm(n) for n in FIRMS), firm(1, name=city.workshop.name, employees=55)]
    chance.shuffle(rows)
    found = bring(city.officer, [HEAD, *rows], update=True)
    done(city.officer, found)
    for n in FIRMS:
        row, fate = named(f"长春第{n}机械厂"), chance.randrange(6)
        if fate == 0:
            edit(Enterprise, row.pk, city.officer, {"business": "后来改过"})
        elif fate == 1:
            archive(Enterprise, row.pk, city.officer, "停业")
        elif fate == 2:  # out of the officer's sight, by other ways than an edit
            Enterprise.unscoped("a test moves it").filter(pk=row.pk).update(path=city.far_village.path)
        elif fate == 3:  # archived without a new version: nothing is left to write
            Enterprise.unscoped("a test archives it").filter(pk=row.pk).update(archived_at=clock.now())
    undoing.undo(city.officer, found.pk, "传错了文件")

    def undone() -> dict[str, Any]:
        working.work()
        return everything()

    in_sets, one_by_one = by_turns(monkeypatch, undone)
    assert in_sets == one_by_one
    assert in_sets["sound"]
    assert any(told == {} for _, told in in_sets["told"])
    assert any(told for _, told in in_sets["told"])


def test_a_set_is_refused_as_each_of_its_rows(city: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    near, far, gone, changed = (
        city.enterprise(f"测试{n}", place, "3489", 40 + n)
        for n, place in enumerate((city.village, city.far_village, city.village, city.village))
    )
    asked = [Archiving(row.pk, row.version, new_id()) for row in (near, far, gone, changed)]
    asked[3] = Archiving(changed.pk, changed.version + 1, new_id())
    asked.append(Archiving(new_id(), 1, new_id()))

    def refused(actor: Any) -> list[str]:
        found = archive_many(Enterprise, actor, asked, "停业")
        return [
            str(one.words) if isinstance(one, KeepingError) else f"{one.pk} {one.is_archived}"
            for one in found
        ]

    for actor in (city.officer, city.worker, city.far_officer, city.city_officer):
        in_sets, one_by_one = by_turns(monkeypatch, lambda actor=actor: refused(actor))
        assert in_sets == one_by_one
    kinds = [type(one) for one in archive_many(Enterprise, city.officer, asked, "停业")]
    assert kinds == [Enterprise, NotSeen, Enterprise, Changed, NotSeen]
    (unreasoned,) = archive_many(Enterprise, city.officer, asked[:1], "")
    assert isinstance(unreasoned, Invalid), "the reason is missing"
    again = archive_many(Enterprise, city.officer, asked[:1], "停业")
    assert [one.pk for one in again if isinstance(one, Enterprise)] == [near.pk], "the same key does it once"
    assert LedgerEntry.objects.filter(chain=near.pk, act="archived").count() == 1


def test_a_row_that_others_follow_is_archived_by_itself(city: Any) -> None:
    above = create(
        Installation, city.safety_officer,
        {"enterprise": str(city.workshop.pk), "name": "罐区", "kind": "storage", "boundary": "building",
         "exposed_people": "6", "location": "南"},
    )  # fmt: skip
    assert not bulk_archiving._goes_in_sets(Installation, [Archiving(above.pk, above.version, new_id())])


def test_undoing_asks_a_few_questions_for_many_rows(city: Any) -> None:
    found = bring(city.officer, [HEAD, *(firm(n) for n in range(600, 680))])
    done(city.officer, found)
    undoing.undo(city.officer, found.pk, "传错了文件")
    with CaptureQueriesContext(connection) as asked:
        working.work()
    assert (
        Enterprise.unscoped("a test counts").filter(archived_at=None, name__startswith="长春第6").count() == 0
    )
    assert len(asked) < 60, "one by one they were a thousand"


def bodies(city: Any) -> set[str]:
    """Return the names in the list of bodies of an officer (/people/) that the imports of these tests brought."""
    found = Party.objects.filter(seen_parties(city.officer), valid_to=None)
    return set(found.filter(name__regex="^长春第[0-9]+机械厂$").values_list("name", flat=True))


def test_undoing_leaves_no_body_behind_that_nothing_else_refers_to(city: Any) -> None:
    found = bring(city.officer, [HEAD, *(firm(n) for n in range(700, 705))])
    done(city.officer, found)
    painting.recompute()  # a colour is of its enterprise: it keeps no body
    assert len(bodies(city)) == 5
    manned, further = named("长春第701机械厂"), named("长春第702机械厂")
    posts.open_post(city.officer, manned.holder_id, "safety_officer", "安全员")
    data = {
        "enterprise": str(further.pk),
        "name": "二号库",
        "kind": "storage",
        "territory": city.village.code,
    }
    create(EnterprisePlace, city.officer, data)
    edit(Enterprise, named("长春第703机械厂").pk, city.officer, {"business": "后来改过"})
    undoing.undo(city.officer, found.pk, "传错了文件")
    working.work()
    assert bodies(city) == {"长春第701机械厂", "长春第702机械厂", "长春第703机械厂"}
    gone = named("长春第700机械厂")
    (entry,) = LedgerEntry.objects.filter(chain=gone.holder_id)
    archived = LedgerEntry.objects.get(chain=gone.pk, act="archived")
    assert (entry.act, entry.data["reason"]) == ("party_ended", archived.data["reason"])
    assert verify().sound


def test_a_body_comes_back_with_its_row(city: Any) -> None:
    rows = [HEAD, firm(710), firm(711)]
    found = bring(city.officer, rows)
    done(city.officer, found)
    undoing.undo(city.officer, found.pk, "传错了文件")
    working.work()
    assert bodies(city) == set()
    restore(Enterprise, named("长春第710机械厂").pk, city.officer, "确有其厂")
    assert bodies(city) == {"长春第710机械厂"}
    again = bring(city.officer, rows)
    done(city.officer, again)
    assert bodies(city) == {"长春第710机械厂", "长春第711机械厂"}
    undoing.undo(city.officer, again.pk, "还是错的")
    working.work()
    assert bodies(city) == {"长春第710机械厂"}
    told = LedgerEntry.objects.filter(chain=named("长春第711机械厂").holder_id).order_by("seq")
    assert [entry.act for entry in told] == ["party_ended", "party_restored", "party_ended"]


def test_a_body_comes_back_though_it_was_read_before_it_was_ended(city: Any) -> None:
    """As by who restores the row while the import is being undone: the row is waited for, its body was read already."""
    found = bring(city.officer, [HEAD, firm(720)])
    done(city.officer, found)
    known = Party.objects.get(pk=named("长春第720机械厂").holder_id)
    undoing.undo(city.officer, found.pk, "传错了文件")
    working.work()
    assert bodies(city) == set()
    bring_back(city.officer, known)
    assert bodies(city) == {"长春第720机械厂"}
    assert [entry.act for entry in LedgerEntry.objects.filter(chain=known.pk).order_by("seq")] == [
        "party_ended", "party_restored",
    ]  # fmt: skip
    assert verify().sound
