"""Keeping a register: every wrong input is a reason at its field; each act is one line in the ledger, once."""

from __future__ import annotations

import threading
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from world import World, credit_code

from anlan.domains.enterprises.models import Enterprise
from anlan.kernel import ledger
from anlan.kernel.ids import new_id
from anlan.kernel.ledger.writing import private_of
from anlan.kernel.registers import archive, create, edit, restore
from anlan.kernel.registers.errors import Changed, Invalid, NotAllowed, NotSeen


def answers(city: Any, serial: int = 50, **more: Any) -> dict[str, Any]:
    return {
        "name": "长春测试食品有限公司", "credit_code": credit_code(serial), "territory": str(city.village.pk), "industry": "1310",
        "scale": "small", "operation": "operating", **more,
    }  # fmt: skip


def acts(row: Any) -> list[str]:
    return [entry.act for entry in ledger.history(row.pk)]


def refusal(act: Any, given: dict[str, Any]) -> set[str]:
    """The fields at fault; none if it was taken."""
    try:
        act(given)
    except Invalid as refused:
        return set(refused.errors)
    return set()


# --- wrong input


PLACE = ("longitude", "latitude")
TEXTS = ("name", "address", "business", "legal_representative", "safety_phone")
WRONG: list[tuple[str, Any]] = [
    *[(name, value) for name in TEXTS for value in ("x\x00y", "\ud800", ["a"], {"a": "b"}, "长" * 5000)],
    *[("has_major_hazard", value) for value in ("也许", "2", "/", "x\x00y", "\ud800", ["a"], {"a": "b"}, 7)],
    ("name", ""),
    ("name", "   "),
    ("name", None),
    ("credit_code", "1"),
    ("credit_code", "91220101TEST00051X"),
    ("credit_code", 10**17),
    ("territory", "nowhere"),
    ("territory", 5),
    ("territory", True),
    ("territory", ""),
    ("territory", str(new_id())),
    ("territory", 1e308),
    ("industry", "９９９９９"),
    ("industry", "Z"),
    ("industry", "26111"),
    ("industry", "२६११"),
    ("industry", "3"),
    ("scale", "huge"),
    ("scale", ["small"]),
    ("scale", 1),
    ("operation", "\x00"),
    ("employees", "many"),
    ("employees", -1),
    ("employees", 10**400),
    ("employees", "9" * 30),
    ("employees", 2**31),
    ("employees", "1.5"),
    ("employees", float("inf")),
    ("employees", float("nan")),
    ("employees", True),
    ("longitude", "181"),
    ("longitude", "-180.1"),
    ("longitude", "NaN"),
    ("longitude", "Infinity"),
    ("longitude", "1e400"),
    ("longitude", 10**400),
    ("longitude", "125.1234567"),
    ("longitude", {"$gt": 0}),
    ("latitude", "91"),
    ("latitude", "-90.000001"),
    ("latitude", "x"),
    ("longitude", "125.3"),
    ("uses_ammonia", ["1"]),
]


def test_wrong_input_is_a_reason_at_its_field_for_create_and_edit(city: Any) -> None:
    for name, value in WRONG:
        place = (
            {"longitude": None, "latitude": None}
            if name in PLACE
            else {"longitude": "125.3", "latitude": "43.9"}
        )
        for act in (
            lambda given: create(Enterprise, city.officer, {**answers(city), **given}),
            lambda given: edit(Enterprise, city.workshop.pk, city.officer, given),
        ):
            faults = refusal(act, {**place, name: value})
            assert faults & {name, "longitude" if name in PLACE else name}, (name, value)
    assert acts(city.workshop) == ["created"]


def test_every_missing_field_is_named_at_once(city: Any) -> None:
    with pytest.raises(Invalid) as refused:
        create(Enterprise, city.officer, {})
    assert {"name", "territory", "industry"} <= set(refused.value.errors)


def test_reasons_follow_the_language_of_the_reader(city: Any) -> None:
    from django.utils import translation

    for language, word in (("zh-hans", "没有找到"), ("en", "Not found")):
        with translation.override(language), pytest.raises(Invalid) as refused:
            create(Enterprise, city.officer, answers(city, territory="x"))
        assert word in str(refused.value.errors["territory"][0])


def test_what_is_no_field_of_the_form_is_never_set(city: Any) -> None:
    row = create(Enterprise, city.officer, answers(
        city, id=str(city.far_shop.pk), version=99, sensitivity=0, path="/", is_demo=True, archived_at="2026-01-01",
        holder=str(city.far_shop.holder_id), sector="fire", merged_into=str(city.far_shop.pk),
    ))  # fmt: skip
    assert row.pk != city.far_shop.pk
    assert (row.version, row.sensitivity, row.path, row.is_demo) == (1, 1, city.village.path, False)
    assert row.holder_id not in (None, city.far_shop.holder_id)
    assert (row.sector, row.archived_at, row.merged_into) == ("work_safety", None, None)


def test_odd_but_storable_text_is_kept_as_it_is(city: Any) -> None:
    odd = [
        "<script>alert(1)</script>",
        "=1+1",
        "@SUM(A1)",
        "{{ 7*7 }}",
        "%s%n",
        "𠮷野家",
        "\u202eabc",
        "a\tb",
    ]
    for n, text in enumerate(odd):
        row = create(Enterprise, city.officer, answers(city, 60 + n, name=text))
        assert Enterprise.seen_by(city.officer).get(pk=row.pk).name == text


def test_numbers_and_flags_may_come_as_json_or_as_text(city: Any) -> None:
    row = create(Enterprise, city.officer, answers(
        city, employees=12, longitude=125.25, latitude="43.5", uses_ammonia=True, has_confined_space="false",
    ))  # fmt: skip
    row.refresh_from_db()
    assert (row.employees, row.longitude, row.latitude) == (12, Decimal("125.25"), Decimal("43.5"))
    assert (row.uses_ammonia, row.has_confined_space) == (True, False)


# --- who may


def test_scope_decides_who_creates_edits_and_archives(city: Any) -> None:
    for stranger in (
        city.far_officer,
        city.city_leader,
        city.worker,
        city.safety_officer,
        city.administrator,
    ):
        with pytest.raises(NotAllowed):
            create(Enterprise, stranger, answers(city))
    for act in (
        lambda who: edit(Enterprise, city.workshop.pk, who, {"name": "改名"}),
        lambda who: archive(Enterprise, city.workshop.pk, who, "x"),
        lambda who: restore(Enterprise, city.workshop.pk, who, "x"),
    ):
        for stranger in (
            city.far_officer,
            city.far_safety_officer,
            city.industry_officer,
            city.administrator,
        ):
            with pytest.raises(NotSeen):
                act(stranger)
        for reader in (city.city_leader, city.worker):
            with pytest.raises(NotAllowed):
                act(reader)
    assert acts(city.workshop) == ["created"]


def test_an_officer_cannot_push_a_row_out_of_his_own_reach(city: Any) -> None:
    with pytest.raises(NotAllowed):
        edit(Enterprise, city.workshop.pk, city.officer, {"territory": str(city.far_village.pk)})
    city.workshop.refresh_from_db()
    assert city.workshop.path == city.village.path


# --- history


def test_each_act_is_one_line_with_old_and_new(city: Any) -> None:
    row = create(Enterprise, city.officer, answers(city))
    edit(Enterprise, row.pk, city.grid_inspector, {"business": "糕点"}, reason="核实")
    edit(Enterprise, row.pk, city.grid_inspector, {"business": "糕点"})
    archive(Enterprise, row.pk, city.officer, "注销")
    archive(Enterprise, row.pk, city.officer, "注销")
    row = restore(Enterprise, row.pk, city.officer, "误报")
    assert acts(row) == ["created", "edited", "archived", "restored"]
    entry = ledger.history(row.pk)[1]
    assert entry.data == {"reason": "核实", "business": ["", "糕点"]}
    assert entry.actor_person == city.grid_inspector.person_id
    assert row.version == 4
    assert not row.is_archived
    assert ledger.verify().sound


def test_personal_fields_are_sealed_beside_the_chain(city: Any) -> None:
    row = create(Enterprise, city.officer, answers(city, safety_phone="13812345678"))
    edit(Enterprise, row.pk, city.officer, {"safety_phone": "13987654321"})
    for entry in ledger.history(row.pk):
        assert "138" not in str(entry.data)
        assert entry.private_digest
    assert private_of(ledger.history(row.pk)[1]) == {"safety_phone": ["13812345678", "13987654321"]}
    with connection.cursor() as cursor:
        cursor.execute("SELECT safety_phone FROM enterprises_enterprise WHERE id = %s", [row.pk])
        assert "139" not in cursor.fetchone()[0]


def test_archiving_needs_a_reason_that_can_be_kept(city: Any) -> None:
    for reason in ("", "  ", "\x00", "\ud800", None, 5, ["x"]):
        for act in (archive, restore):
            with pytest.raises(Invalid) as refused:
                act(Enterprise, city.workshop.pk, city.officer, reason)
            assert list(refused.value.errors) == ["reason"]
        if reason:
            with pytest.raises(Invalid):
                edit(Enterprise, city.workshop.pk, city.officer, {"business": "x"}, reason=reason)


def test_nothing_is_ever_deleted_by_archiving(city: Any) -> None:
    row = archive(Enterprise, city.workshop.pk, city.officer, "y" * 1000)
    assert Enterprise.seen_by(city.officer).get(pk=row.pk).archive_reason == "y" * 300


# --- two at once, and twice the same


def test_the_later_of_two_editors_is_told_what_changed(city: Any) -> None:
    version = city.workshop.version
    edit(Enterprise, city.workshop.pk, city.officer, {"business": "甲"}, version=version)
    with pytest.raises(Changed) as told:
        edit(Enterprise, city.workshop.pk, city.second_officer, {"business": "乙"}, version=version)
    assert [entry.act for entry in told.value.since] == ["edited"]
    with pytest.raises(Changed):
        archive(Enterprise, city.workshop.pk, city.second_officer, "x", version=version)


def test_a_key_makes_an_act_happen_once(city: Any) -> None:
    key = new_id()
    first = create(Enterprise, city.officer, answers(city), key=key)
    assert create(Enterprise, city.officer, answers(city), key=key) == first
    key = new_id()
    edit(Enterprise, first.pk, city.officer, {"business": "甲"}, key=key)
    again = edit(Enterprise, first.pk, city.officer, {"business": "甲"}, version=1, key=key)
    assert again.version == 2
    key = new_id()
    archive(Enterprise, first.pk, city.officer, "x", key=key)
    archive(Enterprise, first.pk, city.officer, "x", key=key, version=2)
    assert acts(first) == ["created", "edited", "archived"]


def test_a_key_is_no_way_to_somebody_elses_row_nor_to_another_act(city: Any) -> None:
    key = new_id()
    row = create(Enterprise, city.officer, answers(city), key=key)
    for thief in (city.far_officer, city.second_officer):
        with pytest.raises(Invalid) as refused:
            create(Enterprise, thief, answers(city, 51), key=key)
        assert list(refused.value.errors) == ["key"]
    with pytest.raises(NotSeen):
        edit(Enterprise, row.pk, city.far_officer, {}, key=key)
    for act in (
        lambda: edit(Enterprise, row.pk, city.officer, {"business": "甲"}, key=key),
        lambda: edit(Enterprise, city.workshop.pk, city.officer, {"business": "甲"}, key=key),
        lambda: archive(Enterprise, row.pk, city.officer, "x", key=key),
    ):
        with pytest.raises(Invalid):
            act()
    assert acts(row) == ["created"]


def test_the_same_code_twice_is_a_reason_at_the_field(city: Any) -> None:
    with pytest.raises(Invalid) as refused:
        create(Enterprise, city.officer, answers(city, credit_code=city.workshop.credit_code))
    assert list(refused.value.errors) == ["credit_code"]


class Together:
    """Runs acts in threads of their own at the same moment, each on its own connection."""

    def __init__(self, *acts: Any) -> None:
        self.results: list[Any] = [None] * len(acts)
        gate = threading.Barrier(len(acts))
        threads = [threading.Thread(target=self._run, args=(n, act, gate)) for n, act in enumerate(acts)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)

    def _run(self, number: int, act: Any, gate: threading.Barrier) -> None:
        try:
            gate.wait(10)
            self.results[number] = act()
        except Exception as fault:
            self.results[number] = fault
        finally:
            connection.close()


@pytest.fixture
def open_city(transactional_db: None) -> Any:
    """The world with real transactions, so that threads meet in it."""
    from django.conf import settings

    from anlan.kernel.vault import ensure_keys

    ensure_keys(settings.ANLAN_DATA / "keys")
    world = World()
    yield world
    world.close()


def test_two_enter_the_same_enterprise_at_once_and_one_is_told(open_city: Any) -> None:
    city = open_city
    who = (city.officer, city.second_officer, city.grid_inspector)
    results = Together(
        *(lambda actor=actor: create(Enterprise, actor, answers(city)) for actor in who)
    ).results
    assert sum(isinstance(result, Enterprise) for result in results) == 1
    refused = [result for result in results if not isinstance(result, Enterprise)]
    assert all(
        isinstance(result, Invalid) and list(result.errors) == ["credit_code"] for result in refused
    ), results
    assert Enterprise.unscoped("count").filter(credit_code=credit_code(50)).count() == 1


def test_the_same_key_from_two_connections_makes_one_row_and_one_entry(open_city: Any) -> None:
    city, key = open_city, uuid.uuid4()
    results = Together(*[lambda: create(Enterprise, city.officer, answers(city), key=key)] * 4).results
    assert len({getattr(result, "pk", result) for result in results}) == 1, results
    assert acts(results[0]) == ["created"]
    again = uuid.uuid4()
    pk = results[0].pk
    edits = Together(
        *[lambda: edit(Enterprise, pk, city.officer, {"business": "甲"}, version=1, key=again)] * 4
    ).results
    assert all(isinstance(result, Enterprise) for result in edits), edits
    assert acts(results[0]) == ["created", "edited"]


def test_two_edit_at_once_one_wins_the_other_is_told(open_city: Any) -> None:
    city = open_city
    results = Together(*(
        lambda actor=actor: edit(Enterprise, city.workshop.pk, actor, {"business": actor.name}, version=1)
        for actor in (city.officer, city.grid_inspector)
    )).results  # fmt: skip
    assert sorted(type(result).__name__ for result in results) == ["Changed", "Enterprise"]
