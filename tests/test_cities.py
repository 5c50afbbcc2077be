"""Two cities and their province in one installation: nothing crosses from one to another, and every fault is told in words."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tarfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from conftest import ROOT, Installation, start_installation, stop_installation
from psycopg import sql
from test_up import ENVIRONMENT, anlan

from anlan.site.database import Cluster

SCHEMAS = {"changchun": "public", "jilin": "jilin"}
PROVINCE = "jilin-province"
ROLES = {
    "changchun": "anlan_app",
    "jilin": "anlan_app_anlan_jilin",
    PROVINCE: "anlan_app_anlan_jilin_province",
}


def ports_in_a_row(count: int) -> int:
    """Return a port that is free together with those after it."""
    for first in range(20_000, 32_000, 10):
        try:
            for port in range(first, first + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
    raise AssertionError("no ports")


@pytest.fixture(scope="module")
def two(workplace: Path) -> Iterator[Installation]:
    """Two cities and their province, running."""
    data = workplace / "two"
    port = ports_in_a_row(3)
    names = [word for name in (*SCHEMAS, PROVINCE) for word in ("--city", name)]
    words = ("--no-demo", *names, "--port", str(port))
    running = replace(start_installation(data, *words), address=f"http://127.0.0.1:{port}")
    yield running
    stop_installation(running)


def connected(two: Installation, city: str) -> psycopg.Connection[tuple[object, ...]]:
    """Return a connection as the application of a city makes it."""
    url = Cluster(two.data / "db").url(ROLES[city], "anlan")
    return psycopg.connect(
        url, autocommit=True, options=f"-c search_path={SCHEMAS.get(city, 'jilin_province')}"
    )


def tables_of(two: Installation, schema: str) -> list[str]:
    with psycopg.connect(Cluster(two.data / "db").url("anlan_owner", "anlan")) as connection:
        found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema])
        return [str(name) for (name,) in found.fetchall()]


def in_city(two: Installation, city: str, program: str) -> str:
    """Run a program in a city, as its own processes run."""
    command = [sys.executable, "-m", "anlan.site.main", "manage", "shell", "--no-imports", "-c", program]
    where = {"ANLAN_DATA": str(two.data), "ANLAN_CITY": city}
    done = subprocess.run(
        command, cwd=ROOT, env=ENVIRONMENT | where, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def address(two: Installation, place: int) -> str:
    port = int(two.address.rsplit(":", 1)[1])
    return f"http://127.0.0.1:{port + place}"


def test_each_city_answers_at_its_own_address_with_its_own_name(two: Installation) -> None:
    for place, name in enumerate(("长春市", "吉林市", "吉林省")):
        with urllib.request.urlopen(f"{address(two, place)}/sign-in", timeout=20) as answer:
            assert name in answer.read().decode()


def test_the_cookies_of_two_cities_on_one_host_do_not_meet(two: Installation) -> None:
    names = []
    for place in (0, 1):
        with urllib.request.urlopen(f"{address(two, place)}/sign-in", timeout=20) as answer:
            names.append({line.split("=", 1)[0] for line in answer.headers.get_all("Set-Cookie") or []})
    assert all(names)
    assert not names[0] & names[1]


@pytest.mark.parametrize(("reader", "other"), [("changchun", "jilin"), ("jilin", "changchun")])
def test_the_role_of_one_city_reads_no_table_of_another(two: Installation, reader: str, other: str) -> None:
    tables = tables_of(two, SCHEMAS[other])
    assert "ledger_entry" in tables
    with connected(two, reader) as connection:
        assert connection.execute("SELECT count(*) FROM scope_territory").fetchone() != (0,)
        for table in tables:
            for act in ("SELECT 1 FROM {}", "DELETE FROM {}"):
                command = sql.SQL(act).format(sql.Identifier(SCHEMAS[other], table))
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(command)


def test_the_province_reads_roll_ups_and_names_of_places_and_nothing_else(two: Installation) -> None:
    readable = {
        "indicators_rollup": "*",
        "indicators_tally": "*",
        "scope_territory": "segment, path, name, name_en, level",
    }
    with connected(two, PROVINCE) as connection:
        for schema in SCHEMAS.values():
            for table in tables_of(two, schema):
                place = sql.Identifier(schema, table)
                if table in readable:
                    columns = sql.SQL(readable[table])  # type: ignore[arg-type]
                    connection.execute(sql.SQL("SELECT {} FROM {}").format(columns, place))
                else:
                    with pytest.raises(psycopg.errors.InsufficientPrivilege):
                        connection.execute(sql.SQL("SELECT 1 FROM {}").format(place))
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(sql.SQL("DELETE FROM {}").format(place))
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(
                    sql.SQL("SELECT source FROM {}").format(sql.Identifier(schema, "scope_territory"))
                )


OFFICER = """
from django.test import Client
from anlan.kernel import clock
from anlan.kernel.identity.models import Account
from anlan.kernel.scope.models import Membership, Party, Person, Post

def sign_in(post_kind, **party):
    person = Person.objects.create(name=post_kind, is_demo=True)
    post = Post.objects.create(party=Party.objects.filter(**party).first(), kind=post_kind, title=post_kind, is_demo=True)
    Membership.objects.create(person=person, post=post, valid_from=clock.today())
    account = Account.objects.create(username=post_kind + clock.now().isoformat(), person=person, is_demo=True)
    client = Client(SERVER_NAME="localhost")
    client.force_login(account)
    return client

def get(client, address):
    answer = client.get(address)
    print(answer.status_code, answer.get("Location", ""), answer.content.decode())
"""
BUREAU = 'level="{}", kind="department", sector="work_safety"'
SUM = """
from datetime import date
from django.utils import timezone
from anlan.kernel.indicators.models import RollUp, Tally
tally = Tally.objects.get(key="enterprises:created_at")
RollUp.objects.create(tally=tally, grain="d", day=date(2020, 1, 1), place="/22/2202/", sector="", sensitivity=0, bucket="",
                      value=4711, rows=4711, computed_at=timezone.now())
RollUp.objects.create(tally=tally, grain="m", day=date(2020, 1, 1), place="/22/2202/", sector="", sensitivity=0, bucket="",
                      value=4711, rows=4711, computed_at=timezone.now())
"""


def test_the_province_page_compares_what_its_cities_summed_up(two: Installation) -> None:
    complete = "from anlan.kernel.indicators.rolling import roll_up; roll_up()"
    for city in SCHEMAS:
        in_city(two, city, complete)
    in_city(two, "jilin", SUM)
    officer = BUREAU.format("province")
    said = in_city(two, PROVINCE, f"{OFFICER}get(sign_in('province_officer', {officer}), '/province')")
    assert said.startswith("200 ")
    assert "长春市" in said
    assert "4,711" in said
    assert "四平市" in said
    assert "尚未接入" in said
    home = in_city(two, PROVINCE, f"{OFFICER}get(sign_in('province_officer', {officer}), '/')")
    assert home.startswith("302 /province")
    in_city(
        two,
        "jilin",
        "from anlan.kernel.indicators.models import RollUp as R; R.objects.filter(rows=4711).delete()",
    )


def test_the_province_page_is_for_its_officers_and_in_a_province_alone(two: Installation) -> None:
    officer = BUREAU.format("province")
    said = in_city(two, PROVINCE, f"{OFFICER}get(sign_in('administrator', {officer}), '/province')")
    assert said.startswith("403 ")
    bureau = BUREAU.format("city")
    assert in_city(two, "jilin", f"{OFFICER}get(sign_in('city_officer', {bureau}), '/province')").startswith(
        "404 "
    )
    assert in_city(two, PROVINCE, f"{OFFICER}get(Client(SERVER_NAME='localhost'), '/province')").startswith(
        "302 /sign-in"
    )


def test_the_role_of_a_city_makes_nothing_anywhere(two: Installation) -> None:
    for city in SCHEMAS:
        with connected(two, city) as connection:
            for schema in SCHEMAS.values():
                command = sql.SQL("CREATE TABLE {} (id int)").format(sql.Identifier(schema, "mine"))
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(command)


def test_what_is_written_in_one_city_is_not_in_the_other(two: Installation) -> None:
    count = "from anlan.kernel.ledger import LedgerEntry; print(LedgerEntry.objects.count())"
    before = {city: int(in_city(two, city, count)) for city in SCHEMAS}
    done = anlan("administrator", "甲某", "first", "--data", str(two.data), "--city", "jilin")
    assert done.returncode == 0, done.stderr
    assert int(in_city(two, "jilin", count)) > before["jilin"]
    assert int(in_city(two, "changchun", count)) == before["changchun"]
    again = anlan("administrator", "乙某", "first", "--data", str(two.data), "--city", "changchun")
    assert again.returncode == 0, "the same user name is free in the other city"
    for city in SCHEMAS:
        verified = anlan("verify", "--data", str(two.data), "--city", city)
        assert verified.returncode == 0, verified.stdout + verified.stderr


def test_numbers_are_counted_in_each_city(two: Installation) -> None:
    for city in SCHEMAS:
        with connected(two, city) as connection:
            assert connection.execute("SELECT nextval('matter_number')").fetchone() == (1,)


def test_a_live_event_is_heard_in_its_own_city_only(two: Installation) -> None:
    tell = "import uuid; from anlan.kernel.loops.engine import tell; tell('hidden-dangers', uuid.UUID(int=7))"
    with connected(two, "changchun") as here, connected(two, "jilin") as there:
        for listener in (here, there):
            for schema in SCHEMAS.values():
                listener.execute(sql.SQL("LISTEN {}").format(sql.Identifier(f"anlan_live_{schema}")))
        in_city(two, "jilin", tell)
        for listener in (here, there):
            heard = list(listener.notifies(timeout=5, stop_after=1))
            assert [notice.channel for notice in heard] == ["anlan_live_jilin"]


def test_each_city_runs_its_own_jobs(two: Installation) -> None:
    queue = "from procrastinate.contrib.django import app; print({t.queue for t in app.tasks.values()})"
    assert in_city(two, "changchun", queue) == "{'default'}"
    assert in_city(two, "jilin", queue) == "{'jilin'}"
    limit = time.monotonic() + 90
    done = dict.fromkeys(SCHEMAS, 0)
    while not all(done.values()):
        assert time.monotonic() < limit, "the clock of a city did not act"
        for city, schema in SCHEMAS.items():
            with psycopg.connect(Cluster(two.data / "db").url("anlan_owner", "anlan")) as connection:
                asked = sql.SQL("SELECT count(*) FROM {}").format(
                    sql.Identifier(schema, "procrastinate_periodic_defers")
                )
                (done[city],) = connection.execute(asked).fetchone() or (0,)
        time.sleep(1)


def test_keys_and_evidence_are_each_citys_own(two: Installation) -> None:
    first, second = two.data / "keys", two.data / "cities" / "jilin" / "keys"
    names = {file.name for file in first.iterdir() if file.is_file()}
    assert "django-secret" in names
    for name in names & {file.name for file in second.iterdir() if file.is_file()}:
        assert (first / name).read_bytes() != (second / name).read_bytes(), name


def test_a_backup_holds_one_city_and_comes_back_alone(two: Installation, workplace: Path) -> None:
    file = workplace / "jilin.tar"
    saved = anlan("backup", str(file), "--data", str(two.data), "--city", "jilin")
    assert saved.returncode == 0, saved.stderr
    with tarfile.open(file) as archive:
        assert not [name for name in archive.getnames() if "cities" in name]
    fresh = workplace / "jilin-alone"
    back = anlan("backup", str(file), "--restore", "--data", str(fresh))
    assert back.returncode == 0, back.stderr
    (entry,) = json.loads((fresh / "cities.json").read_text())
    assert (entry["name"], entry["schema"]) == ("jilin", "jilin")
    count = "from anlan.kernel.ledger import LedgerEntry as L; print(L.objects.count())"
    alone = Installation("", fresh, [], two.process)
    assert in_city(alone, "jilin", count) == in_city(two, "jilin", count)
    verified = anlan("verify", "--data", str(fresh))
    assert verified.returncode == 0, verified.stdout + verified.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("verify",), "--city"),
        (("verify", "--city", "atlantis"), "atlantis"),
        (("backup", "/tmp/never.tar"), "--city"),
        (("city", "add", "atlantis"), "atlantis"),
    ],
)
def test_what_is_not_clear_is_told(two: Installation, words: tuple[str, ...], says: str) -> None:
    done = anlan(*words, "--data", str(two.data))
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_the_same_city_twice_is_told(workplace: Path) -> None:
    data = str(workplace / "twice")
    done = anlan("up", "--check", "--city", "jilin", "--city", "jilin", "--data", data)
    assert done.returncode == 1
    assert "jilin" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_pack_with_an_error_is_told_and_not_added(workplace: Path) -> None:
    packs, data = workplace / "packs", workplace / "wrong"
    made = anlan("city", "new", "wrong", "--code", "220300", "--cities", str(packs), "--data", str(data))
    assert made.returncode == 0, made.stderr
    with (packs / "wrong" / "territories.csv").open("a") as stream:
        stream.write("220399,无上级县,,9999,3,county,,,x,\n")
    port = str(ports_in_a_row(1))
    words = ("--city", "wrong", "--cities", str(packs), "--data", str(data), "--port", port)
    done = anlan("up", "--check", "--no-demo", *words)
    assert done.returncode == 1
    assert "territories.csv:" in done.stderr
    assert "9999" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (data / "cities.json").exists()


def test_another_city_is_not_loaded_over_this_one(two: Installation) -> None:
    here = {"ANLAN_INSTALLATION": str(two.data), "ANLAN_DATA": str(two.data)}
    done = subprocess.run(
        [sys.executable, "-m", "anlan.site.main", "prepare", "--no-demo"],
        cwd=ROOT,
        env=ENVIRONMENT | here | {"ANLAN_CITY": "jilin", "ANLAN_SCHEMA": "public"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 1
    assert "changchun" in done.stderr
    assert "Traceback" not in done.stderr
