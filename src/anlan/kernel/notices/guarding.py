"""Where a webhook may lead: public addresses by https, and nothing else unless the operator named it.

A receiver's address is typed by a user, and it is our own machine that calls it: without these checks it could be led to
services that trust the machine (SSRF). Checked again at every attempt on what the name resolves to, and that very address
is called.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings

from anlan.kernel.words import Words

LONGEST_URL = 500
IP = ipaddress.IPv4Address | ipaddress.IPv6Address
# Addresses that carry another one inside, which would have to be judged as well: none of them is needed.
TUNNELS = tuple(
    ipaddress.ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96")
)
_FORM = Words("填写完整地址，以 https:// 开头。", "Give the whole address, beginning with https://.")
_PLAIN = Words("只接受 https 地址。", "Only https addresses are taken.")
_NAMED = Words("地址里不能带用户名和密码。", "An address must not carry a user name or password.")
_INSIDE = Words(
    "这个地址在内部网络，未获准推送。", "This address lies inside a network that webhooks may not reach."
)
FAULTS = (_FORM, _PLAIN, _NAMED, _INSIDE)


def networks() -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Return the inner networks the operator allows (ANLAN_WEBHOOK_NETWORKS)."""
    return [
        ipaddress.ip_network(one, strict=False) for one in getattr(settings, "ANLAN_WEBHOOK_NETWORKS", ())
    ]


def may_call(text: str) -> bool:
    """Say whether an IP address may be called."""
    try:
        address: IP = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if any(address in net for net in networks() if net.version == address.version):
        return True
    is_tunnel = any(address in net for net in TUNNELS if net.version == address.version)
    return address.is_global and not address.is_multicast and not is_tunnel


def fault_of(url: str) -> Words | None:
    """Return why an address cannot be a receiver's, as far as it can be said without looking it up; None if it can."""
    if len(url) > LONGEST_URL or any(c <= " " or c == "\\" or ord(c) == 127 for c in url):
        return _FORM
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return _FORM
    if parts.scheme not in {"https", "http"} or not parts.hostname or port == 0:
        return _FORM
    if parts.scheme == "http" and not getattr(settings, "ANLAN_WEBHOOK_PLAIN", False):
        return _PLAIN
    if parts.username is not None or parts.password is not None:
        return _NAMED
    try:
        parts.hostname.encode("idna")
    except UnicodeError:
        return _FORM
    return _INSIDE if _is_literal(parts.hostname) and not may_call(parts.hostname) else None


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def called_at(url: str, address: str) -> tuple[str, str, str]:
    """Return the address with the IP in the place of the name, the Host header, and the name for the certificate."""
    parts = urlsplit(url)
    host = (
        (parts.hostname or "").encode("idna").decode()
        if parts.hostname and not parts.hostname.isascii()
        else parts.hostname or ""
    )
    shown = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port else ""
    inside = f"[{address}]" if ":" in address else address
    return (
        urlunsplit((parts.scheme, f"{inside}{port}", parts.path or "/", parts.query, "")),
        f"{shown}{port}",
        host,
    )
