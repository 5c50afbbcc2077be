"""How often one network address may open pages that need no account: enough for a factory gate at the change of shift, no more.

Counted in this process alone and only for a minute or ten: nothing is written down about whoever opens a card. What is
guessed in vain counts apart and far less of it is let through, since whoever scans a code never guesses.
"""

from __future__ import annotations

import ipaddress
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime

from anlan.kernel import clock

MOST_ADDRESSES = 20_000  # kept in mind at once; the longest unseen is forgotten first
NETWORK_BITS = 64  # of an IPv6 address: what one subscriber is given


@dataclass(frozen=True)
class Limit:
    """So many in so many seconds, from one address."""

    most: int
    seconds: int


READS, SENDINGS, MISSES = Limit(240, 60), Limit(60, 60), Limit(20, 600)


@dataclass
class Counted:
    """Counts by address within windows of a limit."""

    limit: Limit
    windows: OrderedDict[str, tuple[datetime, int]] = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, address: str) -> int:
        """Return how many seconds an address has to wait; nought while it may come."""
        with self.lock:
            began, count = self._window(address)
            past = (clock.now() - began).total_seconds()
            return max(1, round(self.limit.seconds - past)) if count >= self.limit.most else 0

    def note(self, address: str) -> None:
        """Count one more."""
        with self.lock:
            began, count = self._window(address)
            self.windows[address] = (began, count + 1)
            self.windows.move_to_end(address)
            while len(self.windows) > MOST_ADDRESSES:
                self.windows.popitem(last=False)

    def _window(self, address: str) -> tuple[datetime, int]:
        now = clock.now()
        began, count = self.windows.get(address, (now, 0))
        past = (now - began).total_seconds()
        return (began, count) if 0 <= past < self.limit.seconds else (now, 0)


class Door:
    """The counts of all open pages together."""

    def __init__(self) -> None:
        """Begin with nobody counted."""
        self.forget()

    def wait(self, address: str, *, is_sent: bool) -> int:
        """Return how long an address waits before it may open a page; where it may, it is counted."""
        who = network_of(address)
        counted = self.sendings if is_sent else self.reads
        found = max(self.misses.wait(who), counted.wait(who))
        if not found:
            counted.note(who)
        return found

    def forget(self) -> None:
        """Forget everybody."""
        self.reads, self.sendings, self.misses = Counted(READS), Counted(SENDINGS), Counted(MISSES)

    def missed(self, address: str) -> None:
        """Count that an address opened what there is not."""
        self.misses.note(network_of(address))


def network_of(address: str) -> str:
    """Return what stands for one subscriber: the address itself, of IPv6 its network."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 6 and found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, NETWORK_BITS), strict=False)) if found.version == 6 else address


door = Door()
