"""Files on a schedule: one for each time, whole, masked, kept for a while, fetched with the token alone."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from openpyxl import load_workbook

from anlan.domains.enterprises.models import Enterprise
from anlan.kernel.loops import take
from anlan.kernel.registers.errors import Invalid
from anlan.kernel.sharing import Refusal, SharedCall, filing
from anlan.kernel.sharing.filing import LEASE, expire, fetched, files_of, folder, make_files, path_of, plan
from anlan.kernel.sharing.models import Delivery
from anlan.kernel.sharing.tests.asking import approved, call, request

pytestmark = pytest.mark.django_db


def text_of(delivery: Delivery) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path_of(delivery).read_text("utf-8-sig"))))


def test_a_text_file_holds_every_row_of_the_subscription_masked_and_no_other(city: Any) -> None:
    Enterprise.unscoped("a test").filter(pk=city.workshop.pk).update(
        name="=cmd()", legal_representative="王小明"
    )
    row = approved(city, channel="csv", frequency="daily", fields="enterprises: name legal_representative")
    assert make_files() == 1
    (ready,) = files_of(row, call())
    head, *lines = text_of(ready)
    assert head == ["id", "updated_at", "name", "legal_representative"]
    assert ["'=cmd()", "王**"] in [line[2:] for line in lines]
    assert city.far_shop.name not in {line[2] for line in lines}
    assert (ready.rows, ready.size) == (len(lines), path_of(ready).stat().st_size)
    found, path = fetched(row, ready.pk, call())
    assert (found.pk, path.exists()) == (ready.pk, True)
    assert list(SharedCall.objects.values_list("status", "rows")) == [(200, 1), (200, len(lines))]


def test_a_workbook_says_what_it_is_and_why_fields_are_masked(city: Any) -> None:
    row = approved(
        city, channel="xlsx", frequency="weekly", fields="enterprises: name credit_code safety_phone"
    )
    make_files()
    (ready,) = files_of(row, call())
    book = load_workbook(io.BytesIO(path_of(ready).read_bytes()))
    assert [cell.value for cell in book.worksheets[0][1]][2:] == [
        "企业名称",
        "统一社会信用代码",
        "安全负责人电话",
    ]
    about = {line[0].value: line[1].value for line in book.worksheets[1].iter_rows()}
    assert about["订阅"] == row.number
    assert "个人信息" in about["安全负责人电话"]


def test_one_time_has_one_file_and_the_next_time_the_next(city: Any) -> None:
    row = approved(city, channel="csv", frequency="hourly")
    assert (make_files(), make_files(), plan()) == (1, 0, 0)
    city.clock.forward(timedelta(hours=1))
    assert make_files() == 1
    assert len(files_of(row, call())) == 2


def test_files_are_not_made_at_any_time(city: Any) -> None:
    with pytest.raises(Invalid) as refused:
        request(city, channel="csv", frequency="live")
    assert "frequency" in refused.value.errors


def test_a_worker_killed_on_the_way_leaves_nothing_and_the_file_is_made_anew(city: Any) -> None:
    row = approved(city, channel="csv", frequency="daily")
    plan()
    claimed = filing._claim()
    assert claimed is not None
    (folder() / f"{claimed.pk.hex}.1.part").write_text("half")  # … and here the worker is gone
    assert make_files() == 0
    assert files_of(row, call()) == []
    city.clock.forward(LEASE + timedelta(seconds=1))
    assert make_files() == 1
    expire()
    (ready,) = files_of(row, call())
    assert [path.name for path in folder().iterdir()] == [ready.pk.hex]


def test_a_file_that_fails_is_tried_again_and_then_dropped_with_its_reason(
    city: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    approved(city, channel="csv", frequency="daily")

    def broken(*_: Any) -> Any:
        raise OSError("disk full")

    monkeypatch.setattr(filing, "given_value", broken)
    for _ in range(filing.MOST_ATTEMPTS):
        make_files()
        city.clock.forward(timedelta(minutes=25))
    row = Delivery.objects.earliest("made_at")
    assert (row.state, row.reason, len(row.tries)) == ("dropped", "OSError: disk full", filing.MOST_ATTEMPTS)


def test_files_expire_and_end_with_their_subscription(city: Any) -> None:
    row = approved(city, channel="csv", frequency="hourly")
    other = approved(city, channel="csv", frequency="weekly")
    make_files()
    (first,), (second,) = files_of(row, call()), files_of(other, call())
    city.clock.forward(timedelta(days=3))
    assert files_of(row, call()) == []
    expire()
    assert not path_of(first).exists()
    assert path_of(second).exists()
    take("revoke", other, city.officer, {"reason": "用途不符"})
    expire()
    assert not path_of(second).exists()
    with pytest.raises(Refusal) as refused:
        fetched(other, second.pk, call())
    assert refused.value.status == 404


def test_another_subscription_fetches_nothing_and_a_pulled_one_has_no_files(city: Any) -> None:
    row = approved(city, channel="csv", frequency="daily")
    make_files()
    (ready,) = files_of(row, call())
    other = approved(city, channel="csv", frequency="daily")
    for asking, status in ((other, 404), (approved(city), 403)):
        with pytest.raises(Refusal) as refused:
            fetched(asking, ready.pk, call())
        assert refused.value.status == status
