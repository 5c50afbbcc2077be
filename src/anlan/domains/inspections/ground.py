"""What the visits of a batch stand on, read once for all of them: their sites, what was found there before, their phones' chains.

Read under the locks of the phones and the sites, in one order for everybody, so that two batches never wait for each other in a
circle; what a visit of the batch adds is taken in, so that the next one stands on it too. Asked for one by one for each visit
this was most of what a queue of two hundred asked of the database. Serves articles 9, 15 and 22.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence

from django.db import connection

from anlan.domains.checks.checklists import CheckItem
from anlan.domains.enterprises.models import Enterprise
from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.domains.inspections.items import items_of_sites
from anlan.domains.inspections.models import SiteVisit
from anlan.domains.inspections.queries import heads_of_devices, items_open, last_visits, numbers_taken
from anlan.domains.inspections.sheets import Sheet
from anlan.kernel.ledger import LedgerEntry
from anlan.kernel.scope.actor import Actor

# Advisory locks of phones; their second half is the device.
LOCK_SPACE = 0x4644


class Ground:
    """What some visits stand on; ``added`` tells it of each that was received."""

    def __init__(self, actor: Actor, sheets: Sequence[Sheet]) -> None:
        """Lock the phones and the sites, then read what is known of them."""
        _lock(sheet.device for sheet in sheets)
        sites = {sheet.site for sheet in sheets}
        rows = Enterprise.seen_by(actor).filter(pk__in=sites, archived_at=None).order_by("pk")
        rows = rows.select_related("territory", "holder").defer("search")
        # Visits hang on the row: nobody who only refers to it has to wait.
        locked = rows.select_for_update(of=("self",), no_key=True)
        self.firms: dict[str, Enterprise] = {str(firm.pk): firm for firm in locked}
        firms = list(self.firms.values())
        keys = [sheet.series for sheet in sheets]
        self.received: dict[uuid.UUID, LedgerEntry] = {
            entry.key: entry for entry in LedgerEntry.objects.filter(key__in=keys) if entry.key is not None
        }
        self.heads = heads_of_devices(sheet.device for sheet in sheets)
        self.taken = numbers_taken((sheet.device, sheet.device_seq) for sheet in sheets)
        self._latest: dict[uuid.UUID, SiteVisit] = last_visits(firms)
        self._visited: set[uuid.UUID] = set()
        keys_of: dict[uuid.UUID, set[str]] = {}
        for sheet in sheets:
            keys_of.setdefault(uuid.UUID(sheet.site), set()).update(sheet.answers)
        self.items: dict[uuid.UUID, dict[str, CheckItem]] = items_of_sites(keys_of)
        self.open: dict[uuid.UUID, dict[str, HiddenDanger]] = items_open(firms)

    def latest_visit(self, firm: Enterprise) -> SiteVisit | None:
        """Return the latest visit to a site, read anew where the batch itself has brought one."""
        if firm.pk in self._visited:
            self._latest |= last_visits([firm])
        return self._latest.get(firm.pk)

    def added(
        self, sheet: Sheet, entry: LedgerEntry, firm: Enterprise, dangers: dict[str, HiddenDanger]
    ) -> None:
        """Take in a visit that was received just now."""
        self.received[sheet.series] = entry
        self.taken.add((sheet.device, sheet.device_seq))
        if sheet.device_seq > self.heads.get(sheet.device, (0, ""))[0]:
            self.heads[sheet.device] = (sheet.device_seq, sheet.head)
        self._visited.add(firm.pk)
        self.open.setdefault(firm.pk, {}).update(dangers)


def _lock(devices: Iterable[uuid.UUID]) -> None:
    with connection.cursor() as cursor:
        for device in sorted({device.hex for device in devices}):
            cursor.execute(
                "SELECT pg_advisory_xact_lock(%s, hashtext(current_schema() || %s))", [LOCK_SPACE, device]
            )
