"""A case bundle of a visit proves which item of the phone was altered, whatever else was made to fit."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from anlan.domains.inspections.actions import receive_visit
from anlan.domains.inspections.tests.phone import Phone
from anlan.kernel.ledger import export_case, verify_case
from anlan.kernel.words import Words


def exported(city: Any, tmp_path: Path, of: str) -> Path:
    envelope = Phone(city.grid_inspector).visit(city.workshop, findings=["wiring"])
    got = receive_visit(city.grid_inspector, envelope)
    chain = got.visit.pk if of == "visit" else got.dangers["wiring"].pk
    words = Words("案卷", "Case")
    return export_case(chain, words, lambda entry: words, tmp_path / "case.zip")


@pytest.mark.parametrize("of", ["visit", "danger"])
def test_what_the_phone_captured_is_checked_record_by_record(city: Any, tmp_path: Path, of: str) -> None:
    report = verify_case(exported(city, tmp_path, of))
    assert [check.state for check in report.checks if check.name == "device"] == ["passed"]


@pytest.mark.parametrize("of", ["visit", "danger"])
def test_the_altered_item_is_named(city: Any, tmp_path: Path, of: str) -> None:
    whole = exported(city, tmp_path, of)
    altered = tmp_path / "altered.zip"
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(altered, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "manifest.json":
                manifest = json.loads(content)
                records = manifest["entries"][0]["body"]["data"]["device"]["records"]
                wrong = next(one for one in records if one["body"]["data"].get("item") == "wiring")
                wrong["body"]["data"]["answer"] = "ok"
                content = json.dumps(manifest).encode()
            target.writestr(name, content)
    (check,) = [check for check in verify_case(altered).checks if check.name == "device"]
    assert check.state == "failed"
    assert "wiring" in check.where
    assert check.place is not None
    assert "项采集" in check.place.zh
