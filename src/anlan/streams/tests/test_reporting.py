"""Troubles of the intake reach those who answer for it: once each when they begin, once when they are over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from anlan.kernel import clock
from anlan.kernel.ids import new_id
from anlan.kernel.notices import Notice
from anlan.kernel.notices.leaving import Outward
from anlan.kernel.notices.spreading import spread
from anlan.kernel.notices.tests.receivers import with_mail
from anlan.streams import registry, standing
from anlan.streams.models import StreamDevice, StreamIngest, StreamRefusal
from anlan.streams.reporting import CALM, report

pytestmark = pytest.mark.django_db


def device(name: str) -> StreamDevice:
    pk = new_id()
    registry.keep_device(pk, name, [], enabled=True)
    registry.give_secret(pk)
    return StreamDevice.objects.get(pk=pk)


def runs(city: Any, **more: Any) -> None:
    """Let an ingest give a sign."""
    StreamIngest.objects.update_or_create(writer=1, defaults={"noted_at": clock.now(), **more})


def told(city: Any) -> list[tuple[str, str]]:
    return [
        (one.kind, one.zh)
        for one in Notice.objects.filter(kind__startswith="trouble").order_by("made_at", "id")
    ]


@pytest.fixture(autouse=True)
def officer_is_told(city: Any, settings: Any) -> None:
    settings.ANLAN_TROUBLE_POSTS = [city.officer.post_kind]
    settings.ANLAN_DISK_FLOOR = 0


def test_told_once_when_it_begins_and_once_when_it_is_over(city: Any, settings: Any) -> None:
    device("pump-house")
    settings.ANLAN_MQTT_BROKER = "mqtt://broker"
    runs(city, broker="away")
    first = report()
    assert first >= 1
    assert {kind for kind, _ in told(city)} == {"trouble"}
    assert "消息代理的连接断开" in told(city)[0][1]
    for broker in ("away", "connected", "away"):  # it comes and goes: still the same trouble
        city.clock.forward(timedelta(seconds=30))
        runs(city, broker=broker)
        assert report() == 0
    city.clock.forward(CALM)
    runs(city, broker="connected")
    assert (report(), report()) == (first, 0)
    assert told(city)[-1][0] == "trouble_over"
    city.clock.forward(timedelta(hours=1))
    runs(city, broker="away")
    assert report() == first  # the next one is another


def test_another_device_with_the_same_trouble_is_told_too_and_each_ends_by_itself(city: Any) -> None:
    first, second = device("first"), device("second")
    runs(city)
    for number, one in enumerate((first, second), 1):
        StreamRefusal.objects.create(
            device=one,
            received_at=clock.now(),
            reason="range",
            tag="PT-0",
            count=standing.REFUSED,
            readings=[],
        )
        runs(city)
        assert report() >= 1
        assert f"{number}台采集设备的大量读数未被接收" in told(city)[-1][1]
    StreamRefusal.objects.filter(device=first).update(replayed_at=clock.now())
    city.clock.forward(CALM + timedelta(seconds=1))
    runs(city)
    assert report() >= 1
    assert told(city)[-1] == ("trouble_over", "数据接入已恢复：大量读数未被接收（first）")


def test_a_disk_that_fills_up_is_told_and_goes_out_by_mail_at_once(city: Any, settings: Any) -> None:
    settings.ANLAN_SMTP = {
        "host": "127.0.0.1",
        "port": 1,
        "user": "",
        "password": "",
        "tls": "none",
        "sender": "a@city.example",
    }
    settings.ANLAN_ADDRESS = "https://anlan.example"
    with_mail(city.officer)
    settings.ANLAN_DISK_FLOOR = 10**18
    assert report() >= 1
    spread()
    [mail] = Outward.objects.filter(person=city.officer.person_id)
    assert (mail.sort, mail.next_at <= clock.now()) == ("instant", True)
