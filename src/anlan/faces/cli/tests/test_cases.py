"""The commands around the ledger, on a real matter: anchor, verify, export, check; and what they say of an attack."""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from anlan.faces.cli import anchor as anchor_command
from anlan.faces.cli import export_case, verify, verify_case
from anlan.kernel import clock
from anlan.kernel.evidence import evidence_of
from anlan.kernel.evidence.storage import FolderStorage
from anlan.kernel.ledger.published import published_line, read_published
from anlan.kernel.vault.signing import public_key

pytestmark = pytest.mark.django_db


def run(module: Any, *words: str) -> int:
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)
    return int(module.run(parser.parse_args(words)))


def test_every_command_says_what_it_is() -> None:
    for name in ("anchor", "verify", "verify_case", "export_case"):
        module = importlib.import_module(f"anlan.faces.cli.{name}")
        assert name.replace("_", "-") == module.NAME
        assert module.HELP_ZH
        assert module.HELP_EN


def test_from_the_matter_to_the_checked_bundle(city: Any, tmp_path: Path, capsys: Any) -> None:
    danger = city.reports()
    with clock.travel(clock.now() + timedelta(days=1)):
        assert run(anchor_command) == 0
        lines = tmp_path / "published.txt"
        lines.write_text(capsys.readouterr().out)
        assert run(anchor_command, "--list") == 0
        assert capsys.readouterr().out == lines.read_text()
        assert run(verify, "--published", str(lines)) == 0
        assert "未发现改动" in capsys.readouterr().out
        out = tmp_path / "case.zip"
        assert run(export_case, danger.number, "--out", str(out)) == 0
        assert run(export_case, str(danger.pk), "--out", str(out), "--with-private") == 0
    assert run(verify_case, str(out), "--key", public_key(), "--published", str(lines)) == 0
    said = capsys.readouterr().out
    assert danger.number in said
    assert "核验通过" in said
    assert run(verify_case, str(out), "--key", "00" * 32) == 1


def test_verify_names_the_number_of_the_altered_matter(city: Any, capsys: Any) -> None:
    danger = city.reports()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE ledger_entry SET data = %s WHERE chain = %s", [json.dumps({"x": 1}), danger.pk]
        )
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert run(verify) == 1
    said = capsys.readouterr().out
    assert danger.number in said
    assert "第 1 条" in said


def test_verify_names_evidence_that_was_changed(city: Any, capsys: Any, settings: Any) -> None:
    danger = city.reports()
    (link,) = evidence_of(danger.pk)
    file = FolderStorage(Path(settings.ANLAN_DATA) / "evidence").path(link.evidence.sha256)
    content = file.read_bytes()
    file.chmod(0o600)
    try:
        file.write_bytes(b"changed")
        assert run(verify, "--no-files") == 0
        assert run(verify) == 1
    finally:
        file.write_bytes(content)
    said = capsys.readouterr().out
    assert "被改动" in said
    assert danger.number in said


def test_what_cannot_be_done_is_told(city: Any, tmp_path: Path, capsys: Any) -> None:
    assert run(export_case, "没有这个编号") == 1
    assert run(anchor_command, clock.today().isoformat()) == 1
    assert run(verify_case, str(tmp_path / "missing.zip")) == 2
    (tmp_path / "bad.txt").write_text("nonsense")
    assert run(verify, "--published", str(tmp_path / "bad.txt")) == 2
    assert "line 1" in capsys.readouterr().err


def test_published_lines_read_back() -> None:
    class Made:
        day, number, sha256, sm3 = "2026-03-06", 7, "ab" * 32, "cd" * 32

    assert read_published(f"# 公布\n\n{published_line(Made())}\n") == {7: "ab" * 32}  # type: ignore[arg-type]


def test_check_of_a_case_runs_with_nothing_behind_it(city: Any, tmp_path: Path) -> None:
    danger = city.reports()
    out = tmp_path / "case.zip"
    assert run(export_case, danger.number, "--out", str(out)) == 0
    with zipfile.ZipFile(out) as whole, zipfile.ZipFile(tmp_path / "bad.zip", "w") as changed:
        changed.mkdir("evidence")
        for name in whole.namelist():
            changed.writestr(name, whole.read(name).replace(b"opened", b"closed"))
    source = str(Path(__file__).parents[4])
    command = [sys.executable, "-m", "anlan.site.main", "verify-case"]
    good = subprocess.run([*command, str(out)], env={"PYTHONPATH": source}, capture_output=True, check=False)
    assert (good.returncode, good.stderr) == (0, b"")
    bad = subprocess.run(
        [*command, str(tmp_path / "bad.zip")], env={"PYTHONPATH": source}, capture_output=True, check=False
    )
    assert (bad.returncode, bad.stderr) == (1, b"")
    assert "entry 1" in bad.stdout.decode()
