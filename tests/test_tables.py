"""Whole-system tables, committed so that their diff is the review: who gets which answer where, how many queries a page
costs, where scope is set aside. ``UPDATE_TABLES=1`` writes them anew; the walk also looks for rows out of scope in every body.
"""

from __future__ import annotations

import ast
import csv
import fcntl
import io
import itertools
import os
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from addresses import (
    FAR_MARK,
    NEAR_MARK,
    NOBODY,
    READS_FAR,
    READS_NEAR,
    ROLES,
    Address,
    Places,
    addresses,
    searches,
)
from django.db import connection, transaction
from django.http import HttpResponseBase
from django.test import Client
from django.test.utils import CaptureQueriesContext

from anlan.kernel.identity.models import Account

ROOT = Path(__file__).resolve().parent.parent
TABLES = Path(__file__).resolve().parent / "tables"
ASKED = itertools.count()
ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
SHARES = 4  # the walk is the longest errand of all: processes share it
UPDATE = os.environ.get("UPDATE_TABLES") == "1"
PUBLIC = {
    "healthz", "verify-case", "rules", "law", "rule", "sign-in", "openapi-json", "rules_index", "rules_about", "map_boundaries",
    "places_tree", "mark", "about", "help", "styleguide", "language", "api-root", "theme", "policy", "policy-export",
    "policy_catalogue", "", "shell", "worker", "manifest", "assets", "icon", "code", "figures",
}  # fmt: skip

# An endless answer, and two for whoever watches the installation; they have tests of their own.
WATCHED = {"live", "readyz", "metrics"}


def compare(name: str, found: str) -> None:
    """Compare with the committed table, or write it."""
    file = TABLES / name
    if UPDATE:
        file.write_text(found, "utf-8")
    kept = file.read_text("utf-8") if file.exists() else ""
    if kept != found:
        before, after = set(kept.splitlines()), set(found.splitlines())
        lines = [f"- {line}" for line in sorted(before - after)] + [
            f"+ {line}" for line in sorted(after - before)
        ]
        pytest.fail(
            f"{name} differs; if that is meant, UPDATE_TABLES=1 writes it anew:\n" + "\n".join(lines[:40])
        )


def as_csv(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


# --- where scope is set aside


def unscoped_calls(file: Path) -> Iterator[tuple[str, str, str]]:
    """Yield (file, function, reason) of every call of ``unscoped`` in a file."""
    tree = ast.parse(file.read_text("utf-8"))
    stack: list[str] = []

    def visit(node: ast.AST) -> Iterator[tuple[str, str, str]]:
        is_named = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        if is_named:
            stack.append(node.name)
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "unscoped":
            reason = node.args[0] if node.args else None
            said = reason.value if isinstance(reason, ast.Constant) else "(not a plain text)"
            yield str(file.relative_to(ROOT)), ".".join(stack), str(said)
        for child in ast.iter_child_nodes(node):
            yield from visit(child)
        if is_named:
            stack.pop()

    return visit(tree)


def sources() -> Iterator[Path]:
    for file in sorted((ROOT / "src" / "anlan").rglob("*.py")):
        if "tests" not in file.parts and "migrations" not in file.parts:
            yield file


def test_every_place_that_sets_scope_aside_is_listed_with_its_reason() -> None:
    calls = sorted(call for file in sources() for call in unscoped_calls(file))
    assert len(calls) > 5
    assert all(reason and reason != "(not a plain text)" for _, _, reason in calls), calls
    compare("unscoped.txt", "".join(f"{file}\t{function}\t{reason}\n" for file, function, reason in calls))


def test_every_way_around_the_manager_is_listed() -> None:
    words = ("_base_manager", "_default_manager", "cls._rows(")
    found = [
        (str(file.relative_to(ROOT)), word)
        for file in sources()
        for word in words
        if word in file.read_text("utf-8")
    ]
    compare("back_doors.txt", "".join(f"{file}\t{word}\n" for file, word in found))


# --- who gets which answer


@pytest.fixture
def cookies(places: Places) -> dict[str, str]:
    """A signed-in session of every role."""
    Account.objects.update(is_demo=True)  # else officers would first have to enrol their second factor
    found = {NOBODY: ""}
    for role in ROLES:
        client = Client()
        client.force_login(Account.objects.get(pk=getattr(places.city, role).account_id))
        found[role] = client.cookies.output(header="", sep=";").split(";")[0].strip()
    return found


def ask(method: str, path: str, cookie: str) -> HttpResponseBase:
    """One request on a client of its own, from an address of its own; whatever it writes is undone."""
    # A page open to everybody counts who asks for what is not there.
    client = Client(raise_request_exception=False, REMOTE_ADDR=str(IPv4Address(0x0A000000 + next(ASKED))))
    client.cookies.load(cookie)
    more: dict[str, Any] = (
        {"content_type": "application/json", "data": "{}"} if "/api/" in path and method != "GET" else {}
    )
    with transaction.atomic():
        answer = (
            client.generic(method, path, **more) if "data" in more else getattr(client, method.lower())(path)
        )
        if not answer.streaming:
            answer.content  # noqa: B018 - read before the undoing
        transaction.set_rollback(True)
    return answer


def text_of(answer: HttpResponseBase) -> str:
    """Everything a reader could see: the body, and what lies in a workbook."""
    if answer.streaming:
        if answer.is_async or "event-stream" in answer.get("Content-Type", ""):
            return ""
        body = b"".join(answer.streaming_content)
    else:
        body = answer.content
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as book:
            body = b"".join(book.read(name) for name in book.namelist())
    text = body.decode("utf-8", "replace")
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) + text if "\\u" in text else text


def leaks(role: str, text: str) -> list[str]:
    """The markers a role may not read, yet did."""
    hidden = [FAR_MARK] * (role not in READS_FAR) + [NEAR_MARK] * (role not in READS_NEAR)
    return [mark for mark in hidden if mark in text]


@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.timeout(1500)  # thousands of addresses by nine roles
@pytest.mark.slow
def test_every_address_answers_every_role_as_the_table_says_and_shows_nobody_elses_rows(
    places: Places, cookies: dict[str, str], share: int
) -> None:
    rows, faults = [], []
    mine = [address for address in addresses(places) if share_of(address.name) == share]
    for address in mine:
        if address.name in WATCHED:
            continue
        for method in methods_of(address):
            codes, found = answers_of(method, address.path, cookies)
            faults += found
            rows.append([method, address.name, address.side, *codes])
            if (
                codes[-1] == "200"
                and address.name.split(" ")[0] not in PUBLIC
                and not address.name.startswith("(")
            ):
                faults.append(f"{method} {address.path} answers nobody")
    assert not faults, "\n".join(faults[:40])
    assert len(rows) > 200
    head = ["method", "address", "side", *ROLES, NOBODY]
    with locked(TABLES / "urls_by_role.csv"):
        kept_rows = [row for row in kept_table("urls_by_role.csv")[1:] if share_of(row[1]) != share]
        body = sorted(rows + kept_rows, key=lambda row: (row[1], row[0], row[2]))
        compare("urls_by_role.csv", as_csv([head, *body]))


def test_the_shares_of_the_walk_are_all_walked(places: Places) -> None:
    shares = [share_of(address.name) for address in addresses(places)]
    assert set(shares) == set(range(SHARES))
    assert {share_of(row[1]) for row in kept_table("urls_by_role.csv")[1:]} == set(range(SHARES))


def share_of(name: str) -> int:
    """Return which of the shares walks an address: told by its name alone, so that near and far stay together."""
    return zlib.crc32(name.encode()) % SHARES


def kept_table(name: str) -> list[list[str]]:
    """Return the rows of a committed table, its head first."""
    file = TABLES / name
    return list(csv.reader(file.open("r", encoding="utf-8"))) if file.exists() else [[]]


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Keep the other processes from writing their share of a table at the same time."""
    with (Path(tempfile.gettempdir()) / f"anlan-{file.name}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def methods_of(address: Address) -> list[str]:
    """Return by which methods an address is asked: a step by POST, a far row only where it is read or stepped."""
    is_step = "/steps/" in address.path
    asked = [] if is_step and address.path.startswith("/api/") else ["GET"]
    return [*asked, *(["POST"] if is_step or address.side != "far" else [])]


def answers_of(method: str, path: str, cookies: dict[str, str]) -> tuple[list[str], list[str]]:
    """Return the status for every role, and what was wrong: a crash, or a marker that the role may not read."""
    codes: list[str] = []
    faults = []
    for role in (*ROLES, NOBODY):
        if role not in (ROLES[0], NOBODY) and codes[0] == "405":
            codes.append("405")  # the method is the address's, not the reader's
            continue
        answer = ask(method, path, cookies[role])
        codes.append(str(answer.status_code))
        # Whoever gives out accounts reads the titles of posts, and nothing else of either side.
        manages = role == "administrator" and path.startswith(("/people/", "/data/calls"))
        found = [] if manages else leaks(role, text_of(answer))
        if found or answer.status_code >= 500:
            faults.append(f"{method} {path} as {role}: {answer.status_code} {found}")
    return codes, faults


def test_no_list_search_count_map_or_export_shows_rows_out_of_scope(
    places: Places, cookies: dict[str, str]
) -> None:
    faults, shown = [], set()
    for path in searches():
        for role in (*ROLES, NOBODY):
            answer = ask("GET", path, cookies[role])
            text = text_of(answer)
            found = leaks(role, text)
            shown |= {(mark, role) for mark in (NEAR_MARK, FAR_MARK) if mark in text}
            if found or answer.status_code >= 500:
                faults.append(f"{path} as {role}: {answer.status_code} {found}")
    assert not faults, "\n".join(faults[:40])
    # Guard: those who may read a marker did read it somewhere, else the walk would prove nothing.
    assert {role for mark, role in shown if mark == FAR_MARK} == READS_FAR
    assert {role for mark, role in shown if mark == NEAR_MARK} >= {
        "officer",
        "safety_officer",
        "grid_inspector",
        "city_leader",
    }


# --- what a page costs


def test_a_page_costs_no_more_queries_than_the_table_says(places: Places, cookies: dict[str, str]) -> None:
    for n in range(6):
        places.city.reports(description=f"又一处 {n}")
    kept = (
        {
            row[0]: int(row[1])
            for row in csv.reader((TABLES / "queries_per_page.csv").open("r", encoding="utf-8"))
        }
        if (TABLES / "queries_per_page.csv").exists()
        else {}
    )
    found, dearer = {}, []
    for address in addresses(places):
        if address.side == "far" or "/steps/" in address.path or address.name in WATCHED:
            continue
        ask("GET", address.path, cookies["officer"])
        with CaptureQueriesContext(
            connection,
        ) as counted:
            answer = ask("GET", address.path, cookies["officer"])
        if answer.status_code == 200:
            found[address.name] = sum("SAVEPOINT" not in query["sql"] for query in counted.captured_queries)
            if found[address.name] > kept.get(address.name, -1):
                dearer.append(f"{address.name}: {kept.get(address.name)} → {found[address.name]}")
    if UPDATE:
        (TABLES / "queries_per_page.csv").write_text(
            as_csv([[name, str(count)] for name, count in sorted(found.items())]), "utf-8"
        )
        return
    assert not dearer, "dearer than the table says (UPDATE_TABLES=1 accepts it):\n" + "\n".join(dearer)
    assert len(found) > 20
