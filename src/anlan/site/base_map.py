"""The hosts of base tiles an operator has set: checked at the start, opened in the content security policy, and no others."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

SYSTEMS = ("wgs84", "gcj02")
_HOSTS = re.compile(r"\{(\d)-(\d)\}")
_HOST = re.compile(r"[A-Za-z0-9.-]+(?::\d{1,5})?")


def origins(addresses: Iterable[str], system: str = "wgs84") -> list[str]:
    """Return the origins of tile addresses; raises ImproperlyConfigured for what is no address of tiles."""
    if system not in SYSTEMS:
        raise ImproperlyConfigured(f"ANLAN_MAP_SYSTEM is one of {', '.join(SYSTEMS)}, not {system}")
    found = []
    for address in addresses:
        if any(part not in address for part in ("{z}", "{x}", "{y}")):
            raise ImproperlyConfigured(f"ANLAN_MAP_TILES wants {{z}}, {{x}} and {{y}} in {address}")
        for one in _each_host(address):
            parts = urlsplit(one)
            if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(parts.netloc):
                raise ImproperlyConfigured(f"ANLAN_MAP_TILES wants http or https and a plain host: {address}")
            found.append(f"{parts.scheme}://{parts.netloc}")
    return list(dict.fromkeys(found))


def _each_host(address: str) -> list[str]:
    several = _HOSTS.search(address)
    if several is None:
        return [address]
    return [address.replace(several[0], str(n)) for n in range(int(several[1]), int(several[2]) + 1)]
