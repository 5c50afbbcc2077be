"""Many rows at once are the same rows one by one: the same faults, the same columns, the same ledger."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from world import credit_code

from anlan.domains.enterprises.models import Enterprise, EnterprisePlace
from anlan.kernel import ledger
from anlan.kernel.copying import new_row
from anlan.kernel.ids import new_id
from anlan.kernel.registers import create
from anlan.kernel.registers.bulk import Entering, create_many
from anlan.kernel.registers.declaration import Register
from anlan.kernel.registers.errors import Invalid, KeepingError
from anlan.kernel.scope.responsibility import remembering, responsibility
from anlan.kernel.scope.touched import Touched

OWN = {"id", "created_at", "updated_at", "holder_id", "search"}


def one_by_one(model: Any, actor: Any, rows: list[Entering]) -> list[Any]:
    found: list[Any] = []
    for row in rows:
        try:
            found.append(create(model, actor, row.data, key=row.key))
        except KeepingError as refusal:
            found.append(refusal)
    return found


def noted(model: Any) -> list[tuple[Any, ...]]:
    """What waits to be counted of a kind: how many writes, and what their rows bore before."""
    return sorted(Touched.objects.filter(model=model._meta.label).values_list("before"), key=str)


def said(result: Any) -> Any:
    """What can be compared of a result: its faults, or its columns, its party and its first entry."""
    if isinstance(result, Invalid):
        return {name: [str(reason) for reason in reasons] for name, reasons in result.errors.items()}
    if isinstance(result, KeepingError):
        return (type(result), str(result.words))
    fresh = type(result).unscoped("a test compares").get(pk=result.pk)
    columns = {f.attname: getattr(fresh, f.attname) for f in fresh._meta.concrete_fields if f.name not in OWN}
    columns.pop("holder_id", None)
    (entry,) = ledger.history(fresh.pk)
    party = (fresh.holder.name, fresh.holder.sector, fresh.holder.path, fresh.holder.kind)
    hidden = ledger.writing.private_of(entry)  # type: ignore[attr-defined]
    shown = (entry.seq, entry.subject, entry.act, entry.actor_name, entry.actor_post, entry.data, entry.key)
    return columns, party, shown, hidden


texts = st.sampled_from(["长春某某厂", "南岭机械", "", "x" * 130, "a\x00b", " 甲 "])
enterprises = st.fixed_dictionaries(
    {
        "name": texts,
        "credit_code": st.sampled_from(
            [credit_code(n) for n in range(40, 44)] + ["91220101", credit_code(1), ""]
        ),
        "territory": st.sampled_from(["220102001001", "220182100200", "999", ""]),
        "industry": st.sampled_from(["3489", "C2611", "E", "0000", "zz"]),
    },
    optional={
        "longitude": st.sampled_from(["125.3", "181", "", "abc"]),
        "latitude": st.sampled_from(["43.9", ""]),
        "scale": st.sampled_from(["large", "", "huge"]),
        "employees": st.sampled_from(["12", "-1", "1.5", ""]),
        "safety_phone": st.sampled_from(["0431-88888888", ""]),
        "uses_ammonia": st.sampled_from(["true", "", "false", "也许"]),
    },
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(enterprises, min_size=1, max_size=8),
    who=st.sampled_from(["officer", "city_officer", "worker"]),
)
def test_many_at_once_are_the_same_as_one_by_one(city: Any, rows: list[dict[str, str]], who: str) -> None:
    actor = getattr(city, who)
    entering = [Entering(row, new_id()) for row in rows]
    with transaction.atomic():
        single = [said(result) for result in one_by_one(Enterprise, actor, entering)]
        single_noted = noted(Enterprise)
        transaction.set_rollback(True)
    with transaction.atomic():
        many = [said(result) for result in create_many(Enterprise, actor, entering)]
        many_noted = noted(Enterprise)
        again = create_many(Enterprise, actor, entering)
        assert [said(result) for result in again] == many  # sent twice, done once
        transaction.set_rollback(True)
    assert many == single
    assert many_noted == single_noted  # figures follow an import as they follow the form


def test_places_and_their_conditional_uniqueness(city: Any) -> None:
    def place(name: str, firm: Any) -> Entering:
        data = {"enterprise": str(firm.pk), "name": name, "kind": "storage", "territory": "220102001001"}
        return Entering(data, new_id())

    rows = [
        place("库", city.workshop),
        place("库", city.workshop),
        place("库", city.far_shop),
        place("店", city.workshop),
    ]
    results = create_many(EnterprisePlace, city.city_officer, rows)
    assert [isinstance(result, EnterprisePlace) for result in results] == [True, False, True, True]
    assert create_many(EnterprisePlace, city.city_officer, [place("店", city.workshop)])[0].errors == {  # type: ignore[union-attr]
        "name": ["已有相同的记录。"]
    }


def test_a_conflict_nobody_foresaw_is_met_one_by_one(city: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from anlan.kernel.registers import bulk

    monkeypatch.setattr(bulk, "_clashes", lambda model, rows: {})
    data = {"name": "甲", "territory": "220102001001", "industry": "3489"}
    rows = [Entering({**data, "credit_code": credit_code(n)}, uuid.uuid4()) for n in (50, 1, 51)]
    results = create_many(Enterprise, city.officer, rows)
    assert [isinstance(result, Enterprise) for result in results] == [True, False, True]
    assert isinstance(results[1], Invalid)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    code=st.sampled_from(
        ["22", "2201", "220102", "220102001", "220102001001", "220182100", "220182100200", "220171"]
    ),
    industry=st.sampled_from(["", "C", "3489", "E", "4710", "A", "F5199"]),
)
def test_what_is_remembered_is_what_would_be_answered(city: Any, code: str, industry: str) -> None:
    from anlan.kernel import clock
    from anlan.kernel.scope.territory import territory_of_code

    place = territory_of_code(code)
    assert place is not None
    fresh = responsibility(place, industry, clock.today())
    with remembering():
        assert responsibility(place, industry, clock.today()) == fresh
        assert responsibility(place, industry, clock.today()) == fresh


def test_what_was_answered_before_is_answered_anew_once_anything_it_follows_from_has_changed(
    city: Any,
) -> None:
    from anlan.kernel import clock
    from anlan.kernel.scope.models import Remit

    def asked() -> Any:
        return responsibility(city.village, "3489", clock.today())

    first = asked()
    assert asked() is first, "nothing changed: what was answered is answered"
    with remembering() as memory:
        memory.renew()
        assert asked() == first
        Remit.objects.filter(party=first.regulator.party_id).update(sector="fire")
        memory.renew()
        assert asked().regulator.sector == "fire"
    assert asked().regulator.sector == "fire"
    Remit.objects.filter(party=first.regulator.party_id).delete()
    assert asked().regulator != first.regulator


def test_a_row_made_quickly_is_the_row_its_model_makes(city: Any) -> None:
    kinds = [model for model in apps.get_models() if issubclass(model, Register)]
    assert len(kinds) > 10
    given = {"name": "甲", "territory": city.village, "holder_id": city.workshop.holder_id, "is_demo": True}
    for model in [*kinds, ledger.LedgerEntry]:
        names = {name for f in model._meta.concrete_fields for name in (f.name, f.attname)}
        values = {name: value for name, value in given.items() if name in names}
        quick, slow = new_row(model, values), model(**values)
        made = {f.attname for f in model._meta.concrete_fields if callable(f.default) or f.has_db_default()}
        assert quick.__dict__.keys() == slow.__dict__.keys(), model
        for name in quick.__dict__.keys() - made - {"_state"}:
            assert getattr(quick, name) == getattr(slow, name), (model, name)
            assert type(quick.__dict__[name]) is type(slow.__dict__[name]), (model, name)
        assert quick._state.adding
        assert quick._state.fields_cache == slow._state.fields_cache
