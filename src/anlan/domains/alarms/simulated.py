"""Devices and sensors for the simulator and for recorded series: rows like any others, marked as demonstration."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from anlan.domains.alarms.models import DataDevice, Sensor
from anlan.domains.enterprises.models import Enterprise
from anlan.kernel.registers import create
from anlan.kernel.scope.actor import Actor
from anlan.streams import registry

LIMITS = {"limit_ll": "5", "limit_l": "10", "limit_h": "90", "limit_hh": "95", "dead_band": "1", "range_low": "0",
          "range_high": "1000", "stale_after": "60"}  # fmt: skip
_QUANTITIES = (
    ("level", "%", "储罐液位"),
    ("pressure", "kPa", "储罐压力"),
    ("temperature", "℃", "储罐温度"),
    ("flow", "m³/h", "进料流量"),
)


def lay(devices: int, tags: Sequence[str]) -> dict[str, str]:
    """Put so many simulated devices at as many enterprises, each with these sensors; returns their secrets by name."""
    firms = (
        Enterprise.unscoped("the simulator puts its devices at the first enterprises there are")
        .filter(archived_at=None, holder__isnull=False)
        .order_by("pk")
    )
    found = list(islice(firms.defer("search").select_related("territory", "holder"), devices))
    if not found:
        raise ValueError(
            "没有企业，先登记企业或装入演示数据 / no enterprises; register some or load the demonstration"
        )
    return {
        (name := f"sim-{n:04d}"): _device(found[n % len(found)], name, f"模拟网关{n + 1}", tags, LIMITS)
        for n in range(devices)
    }


def lay_recorded(username: str, tags: Sequence[str]) -> str:
    """Put a device for a recorded series at the first enterprise, its sensors without limits; returns its secret."""
    firm = (
        Enterprise.unscoped("the simulator puts its devices at the first enterprises there are")
        .filter(archived_at=None, holder__isnull=False)
        .order_by("pk")
        .first()
    )
    if firm is None:
        raise ValueError("没有企业 / no enterprises")
    return _device(firm, username, f"重放 {username}", tags, {})


def _device(firm: Enterprise, username: str, name: str, tags: Sequence[str], limits: dict[str, str]) -> str:
    party = firm.holder_id
    actor = Actor(
        name="模拟 simulator", post_kind="safety_officer", party_ids=(party,) if party else (), is_demo=True
    )
    devices = DataDevice.unscoped("a simulated device is made once")
    device = devices.filter(username=username).first()
    if device is None:
        asked = {"enterprise": str(firm.pk), "name": name, "username": username}
        device = create(DataDevice, actor, asked)
    sensors = Sensor.unscoped("a simulated sensor is made once").filter(device=device, archived_at=None)
    known = set(sensors.values_list("tag", flat=True))
    for n, tag in enumerate(tag for tag in tags if tag not in known):
        quantity, unit, called = _QUANTITIES[n % len(_QUANTITIES)]
        asked = {"device": str(device.pk), "tag": tag}
        if limits:
            called = f"{n // len(_QUANTITIES) + 1}号模拟{called}"
            asked |= {"name": called, "quantity": quantity, "unit": unit} | limits
        else:
            asked |= {"name": f"{name} {tag}"[:80], "quantity": "other"}
        create(Sensor, actor, asked)
    return registry.give_secret(device.pk)


def forget_demonstration() -> int:
    """Take the demonstration's devices and points out of the ingest, before their rows go; returns how many devices."""
    devices = DataDevice.unscoped("the whole demonstration is taken out").filter(is_demo=True)
    return registry.forget(list(devices.values_list("pk", flat=True)))
