"""Rows entered by columns are the rows entered one by one: the same outcomes, reasons, columns, parties and ledger."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from world import credit_code

from anlan.domains.enterprises.models import Enterprise
from anlan.kernel import ledger
from anlan.kernel.registers.columns import PlainRows
from anlan.kernel.registers.searching import vector_of
from anlan.kernel.scope.responsibility import remembering
from anlan.kernel.scope.touched import Touched
from anlan.kernel.spreadsheets import entering
from anlan.kernel.spreadsheets.entering import Enterer
from anlan.kernel.spreadsheets.tables import table_named

FIELDS = ("name", "credit_code", "territory", "industry", "longitude", "latitude", "scale", "employees", "safety_phone",
          "legal_representative", "uses_ammonia", "foreign_id", "foreign_issuer", "address")  # fmt: skip
SERIALS = iter(range(1_000, 900_000))
OWN = {"id", "created_at", "updated_at", "holder_id", "safety_phone"}
PLAN = {"fields": {name: at for at, name in enumerate(FIELDS)}, "constants": {"business": "机械加工"}, "values": {},
        "units": {}, "coordinates": "wgs84", "update": False, "anyway": False}  # fmt: skip
UNUSUAL = {
    "name": st.sampled_from([None, "x" * 130, "a\x00b", " 甲厂 ", "𠮷野家", 'a"\\\tb\n', 12, True]),
    "credit_code": st.sampled_from(
        [None, "91220101", credit_code(1), "９１22-0101", 9.1e17, credit_code(2).lower()]
    ),
    "territory": st.sampled_from([None, "没有的村", "999", 220102001001.0, "测试社区", "吉林省"]),
    "industry": st.sampled_from([None, "0000", "C2611", "zz", "2611 无机酸制造", "C", 3489]),
    "longitude": st.sampled_from([None, "181", "abc", 125.3, "1.253e2", "125.30000001", "-0", "１２５"]),
    "latitude": st.sampled_from([None, "43.9", 43.5, "91"]),
    "scale": st.sampled_from([None, "大型", "large", "巨型", ""]),
    "employees": st.sampled_from([None, "-1", "1.5", "1,200", "3.2万", 7, 10**12]),
    "safety_phone": st.sampled_from([None, "0431-88888888", "1" * 50]),
    "legal_representative": st.sampled_from([None, "王一", "长" * 70]),
    "uses_ammonia": st.sampled_from([None, "是", "√", "也许", True, 0]),
    "foreign_id": st.sampled_from([None, "A-1"]),
    "foreign_issuer": st.sampled_from([None, "EPA"]),
    "address": st.sampled_from([None, "一号", "\\N", "\\."]),
}


@st.composite
def sheets(draw: Any) -> list[list[Any]]:
    """Rows that are plain but for a cell here and there, among them some that meet another."""
    rows = []
    for _ in range(draw(st.integers(1, 6))):
        number = next(SERIALS)
        row: dict[str, Any] = {
            "name": f"长春第{number}机械厂", "credit_code": credit_code(number), "territory": "南关区/南岭街道/测试社区",
            "industry": "3489", "longitude": "125.300000", "latitude": "43.9", "scale": "小型", "employees": "12",
            "safety_phone": "13800000000", "legal_representative": "李二", "uses_ammonia": "否", "foreign_id": None,
            "foreign_issuer": None, "address": "人民大街",
        }  # fmt: skip
        for name in draw(st.lists(st.sampled_from(FIELDS), max_size=2, unique=True)):
            row[name] = draw(UNUSUAL[name])
        rows.append(list(row.values()))
        if draw(st.integers(0, 3)) == 0:
            again = list(draw(st.sampled_from(rows)))
            again[0] = draw(st.sampled_from([again[0], f"另一家{number}"]))
            again[1] = draw(st.sampled_from([again[1], again[1], credit_code(next(SERIALS)), None]))
            rows.append(again)
    return rows


def came(actor: Any, rows: list[list[Any]], source: uuid.UUID, *, anyway: bool) -> list[Any]:
    """What becomes of rows that are entered twice, all that is written included."""
    enterer = Enterer(table_named("enterprises"), PLAN | {"anyway": anyway}, source, "测试")  # type: ignore[arg-type]
    with remembering():
        first = enterer.enter(actor, list(enumerate(rows, 2)))
        again = enterer.enter(actor, list(enumerate(rows, 2)))
    told = [(one.number, one.outcome, one.version, one.reasons, _written(one.record)) for one in first]
    noted = Touched.objects.filter(model=Enterprise._meta.label).count()
    replayed = [(one.number, one.outcome, one.reasons, one.record == own.record)
                for one, own in zip(again, first, strict=True)]  # fmt: skip
    return [*told, replayed, noted]


def _written(pk: Any) -> Any:
    if pk is None:
        return None
    row = Enterprise.unscoped("a test compares").get(pk=pk)
    columns = {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if f.name not in OWN}
    columns.pop("holder_id", None)
    party = {name: value for name, value in row.holder.__dict__.items() if name not in {"id", "_state"}}
    (entry,) = ledger.history(pk)
    said = (entry.seq, entry.subject, entry.act, entry.actor_name, entry.actor_post, entry.actor_party, entry.data, entry.key,
            entry.rules, entry.evidence, entry.is_demo, entry.previous, bool(entry.private_digest))  # fmt: skip
    return columns, row.safety_phone, party, said, ledger.writing.private_of(entry)  # type: ignore[attr-defined]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=sheets(), who=st.sampled_from(["officer", "city_officer", "worker"]), anyway=st.booleans())
def test_by_columns_or_one_by_one_the_same_is_entered(
    city: Any, rows: list[Any], who: str, anyway: bool
) -> None:
    actor, source = getattr(city, who), uuid.uuid4()
    found = []
    for by_columns in (False, True):
        with pytest.MonkeyPatch.context() as change, transaction.atomic():
            if not by_columns:
                change.setattr(Enterer, "_columnwise", lambda *_: None)
            found.append(came(actor, rows, source, anyway=anyway))
            assert not by_columns or ledger.verify().sound
            transaction.set_rollback(True)
    assert found[0] == found[1]


def _firm(number: int) -> list[Any]:
    return [f"长春第{number}机械厂", credit_code(number), "南关区/南岭街道/测试社区", "3489"]


def test_plain_rows_go_by_columns_and_the_others_by_themselves(city: Any) -> None:
    enterer = Enterer(table_named("enterprises"), PLAN, uuid.uuid4(), "测试")  # type: ignore[arg-type]
    chunk = [
        (2, _firm(701)),
        (3, [*_firm(702)[:3], "0000"]),
        (4, _firm(703)),
        (5, _firm(701)),
        (6, _firm(704)),
    ]
    prepared = enterer.prepare(city.officer, chunk)
    assert prepared.plain is not None
    assert (prepared.plain.numbers, [row.number for row in prepared.rows], prepared.last) == (
        [2, 4, 5, 6],
        [3],
        6,
    )
    told = [(one.number, one.outcome) for one in enterer.write(prepared)]
    assert told == [(2, "created"), (3, "wrong"), (4, "created"), (5, "wrong"), (6, "created")]


def test_where_another_act_was_quicker_rows_are_entered_one_by_one(city: Any, monkeypatch: Any) -> None:
    def quicker(model: Any, rows: PlainRows) -> None:
        raise IntegrityError

    monkeypatch.setattr(entering, "write_plain", quicker)
    enterer = Enterer(table_named("enterprises"), PLAN, uuid.uuid4(), "测试")  # type: ignore[arg-type]
    outcomes = enterer.enter(city.officer, [(2, _firm(711)), (3, _firm(712))])
    assert [one.outcome for one in outcomes] == ["created", "created"]
    assert ledger.verify().sound


@given(text=st.text(st.sampled_from("甲乙ab1 -'\\Ａ"), max_size=40))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_vector_has_each_gram_once_with_all_its_places(city: Any, text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT lexeme, positions FROM unnest(%s::tsvector)", [vector_of(text)])
        found = {lexeme: list(places) for lexeme, places in cursor.fetchall()}
    places: dict[str, list[int]] = {}
    position = 1
    for run in (
        "".join(sign if sign.isalnum() else " " for sign in text).translate(str.maketrans("Ａ", "a")).split()
    ):
        for at in range(len(run)):
            places.setdefault(run[at : at + 2], []).append(position)
            position += 1
        position += 1
    assert found == places


def test_a_row_that_only_its_number_tells_apart_is_left_out_alone() -> None:
    rows = PlainRows([2, 3, 4], ["a", "b", "c"], ["k", "l", "m"], [[(1,), (2,), (3,)]], {"name": ["x", "y", "z"]},
                     [(Enterprise, b"1\n2\n3\n")], (b"4\n5\n6\n", b""), b"")  # fmt: skip
    left = rows.without({3})
    assert (left.numbers, left.ids, left.keys, left.unique) == (
        [2, 4],
        ["a", "c"],
        ["k", "m"],
        [[(1,), (3,)]],
    )
    assert (left.likened, left.lines, left.entries) == (
        {"name": ["x", "z"]},
        [(Enterprise, b"1\n3\n")],
        (b"4\n6\n", b""),
    )
