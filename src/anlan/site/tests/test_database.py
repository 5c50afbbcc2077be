"""The embedded database: it starts, is shared, survives kills, and is gone when the last user leaves."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from anlan.site.database import Cluster, DatabaseTrouble


@pytest.fixture
def folder() -> Iterator[Path]:
    place = Path(tempfile.mkdtemp(prefix="anlan-db-"))
    place.chmod(0o711)
    yield place
    shutil.rmtree(place)


def answers(cluster: Cluster) -> bool:
    try:
        with psycopg.connect(cluster.url(), connect_timeout=2) as connection:
            return connection.execute("select 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def test_the_last_user_out_stops_the_server(folder: Path) -> None:
    first, second = Cluster(folder, forgetful=True), Cluster(folder, forgetful=True)
    first.enter()
    second.enter()
    first.leave()
    assert answers(second)
    second.leave()
    assert not answers(second)


def test_a_killed_server_starts_again_with_its_data(folder: Path) -> None:
    cluster = Cluster(folder)
    with cluster.in_use(), psycopg.connect(cluster.url(), autocommit=True) as connection:
        connection.execute("create table kept (n int)")
        connection.execute("insert into kept values (7)")
        os.kill(int((cluster.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        time.sleep(0.1)
    again = Cluster(folder)
    with again.in_use(), psycopg.connect(again.url()) as connection:
        assert connection.execute("select n from kept").fetchone() == (7,)


def test_a_stale_process_number_does_not_block_the_start(folder: Path) -> None:
    cluster = Cluster(folder, forgetful=True)
    with cluster.in_use():
        pass
    # The number now belongs to another program: this test itself.
    (cluster.data / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster.data}\n0\n5432\n\n\n")
    with cluster.in_use():
        assert answers(cluster)


def test_a_folder_half_made_is_made_again(folder: Path) -> None:
    cluster = Cluster(folder, forgetful=True)
    left = cluster.home / "making-1-1"
    left.mkdir(parents=True)
    (left / "PG_VERSION").write_text("18\n")
    with cluster.in_use():
        assert answers(cluster)
    assert not left.exists()


def test_a_damaged_folder_is_told_and_left_alone(folder: Path) -> None:
    cluster = Cluster(folder, forgetful=True)
    (cluster.data / "base").mkdir(parents=True)
    with pytest.raises(DatabaseTrouble, match="restore a backup"), cluster.in_use():
        pass
    assert (cluster.data / "base").exists()


def test_a_long_path_still_gets_a_socket(folder: Path) -> None:
    cluster = Cluster(folder / ("长" * 40), forgetful=True)
    with cluster.in_use():
        assert answers(cluster)
    shutil.rmtree(cluster.sockets)
