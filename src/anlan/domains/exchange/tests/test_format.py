"""The format of the upload: lengths as it counts them, codes, what a cut text becomes, what a signature proves."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from anlan.domains.exchange import dual_prevention as fmt
from anlan.domains.exchange import envelope
from anlan.domains.exchange.receiving import Platform

UNIT = {
    "id": "0192f3a0-0000-7000-8000-000000000001", "companyCode": "220100001", "hazardCode": "1", "hazardDep": "车间",
    "hazardLiablePerson": "王某", "riskUnitName": "车削", "deleted": "0", "createDate": "2026-03-02 08:00:00", "createBy": "厂",
    "updateDate": "2026-03-02 08:00:00", "updateBy": "厂",
}  # fmt: skip


@given(st.text(max_size=60), st.integers(min_value=2, max_value=40))
def test_a_cut_text_always_fits_and_a_short_one_is_left_alone(text: str, most: int) -> None:
    cut = fmt.fitted(text, most)
    assert fmt.weight(cut) <= most
    assert cut == text or (fmt.weight(text) > most and cut.endswith("…") and text.startswith(cut[:-1]))


def test_a_whole_record_has_no_fault_and_each_lack_is_named() -> None:
    assert fmt.faults_of(fmt.UNIT, UNIT) == {}
    for name in UNIT:
        assert set(fmt.faults_of(fmt.UNIT, {k: v for k, v in UNIT.items() if k != name})) == {name}


def test_what_the_format_does_not_take_is_named() -> None:
    wrong = {
        "id": "1", "companyCode": "12345678", "deleted": "2", "createDate": "2026-03-02", "riskUnitName": "长" * 121,
        "extra": "x", "hazardDep": 3,
    }  # fmt: skip
    assert set(fmt.faults_of(fmt.UNIT, {**UNIT, **wrong})) == set(wrong)


def test_a_parent_stands_before_its_children() -> None:
    seen: set[str] = set()
    for one in fmt.DATA_SETS:
        assert set(one.parents) <= seen
        seen.add(one.name)


def test_a_signature_is_bound_to_body_time_and_secret() -> None:
    body = envelope.wrapped("220100001", "p", [UNIT])
    given_ = envelope.headers("app", "secret-1", 1000, body)
    assert envelope.is_signed(given_, "secret-1", body, 1000)
    assert not envelope.is_signed(given_, "secret-2", body, 1000)
    assert not envelope.is_signed(given_, "secret-1", body + b" ", 1000)
    assert not envelope.is_signed(given_, "secret-1", body, 2000)
    assert not envelope.is_signed({**given_, "X-Timestamp": "99"}, "secret-1", body, 1000)
    assert not envelope.is_signed({}, "secret-1", body, 1000)


def test_the_stand_in_platform_refuses_what_a_platform_would() -> None:
    platform = Platform("secret-1")

    def sent(name: str, *records: object, secret: str = "secret-1") -> tuple[int, dict[str, object]]:
        body = envelope.wrapped("220100001", "p", records)  # type: ignore[arg-type]
        return platform.take(name, envelope.headers("app", secret, 1000, body), body, 1000)

    assert sent("nothing", UNIT)[0] == 404
    assert sent(fmt.UNIT, UNIT, secret="other")[0] == 401
    event = {k: v for k, v in UNIT.items() if not k.startswith(("hazard", "riskUnitName"))} | {
        "riskUnitId": UNIT["id"], "riskEventName": "卷入", "id": "0192f3a0-0000-7000-8000-000000000002",
    }  # fmt: skip
    assert "riskUnitId" in str(sent(fmt.EVENT, event)[1]["refused"])
    assert sent(fmt.UNIT, UNIT, {**UNIT, "id": "short"})[1]["refused"] != []
    assert sent(fmt.EVENT, event)[1]["refused"] == []
    sent(fmt.UNIT, UNIT)
    assert len(platform.rows[fmt.UNIT]) == 1, "a portion that came twice changes nothing"
    assert platform.take(fmt.UNIT, envelope.headers("app", "secret-1", 1000, b"["), b"[", 1000)[0] == 400


def test_an_answer_that_is_no_receipt_is_none() -> None:
    for text in (
        "",
        "<html>",
        "[]",
        '{"code": 500}',
        '{"code": 200, "refused": [1]}',
        '{"code": 200, "refused": {}}',
    ):
        assert envelope.read(text) is None
    read = envelope.read('{"code": 200, "receipt": "R1", "refused": [{"id": "a", "msg": "错"}]}')
    assert read is not None
    assert (read.number, dict(read.refused)) == ("R1", {"a": "错"})
