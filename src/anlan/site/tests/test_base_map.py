"""Base tiles: their hosts are opened in the policy and no others; what is no address of tiles stops the start."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from anlan.site.base_map import origins
from anlan.site.middleware import policy

TIANDITU = "https://t{0-2}.tianditu.gov.cn/vec_w/wmts?TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=key"


def test_only_the_hosts_of_the_tiles_are_opened() -> None:
    hosts = origins([TIANDITU, "http://10.0.0.5:8080/{z}/{x}/{y}.png"])
    assert hosts == [
        "https://t0.tianditu.gov.cn",
        "https://t1.tianditu.gov.cn",
        "https://t2.tianditu.gov.cn",
        "http://10.0.0.5:8080",
    ]
    said = dict(part.split(" ", 1) for part in policy(hosts).split("; "))
    for name in ("img-src", "connect-src"):
        assert said[name].split()[-4:] == hosts
    assert all("tianditu" not in said[name] for name in said if name not in {"img-src", "connect-src"})


def test_without_tiles_nothing_is_opened() -> None:
    assert origins([]) == []
    assert "http" not in policy()


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/{z}/{x}",
        "javascript:{z}{x}{y}",
        "https://a.org; script-src *//{z}/{x}/{y}",
        "/{z}/{x}/{y}",
        "https://user:word@a.org/{z}/{x}/{y}",
    ],
)
def test_what_is_no_address_of_tiles_is_refused(address: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        origins([address])


def test_a_system_that_is_not_converted_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured):
        origins([], "bd09")
