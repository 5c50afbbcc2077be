"""Taking demonstration evidence out again: links, rows, and files that no other row needs."""

from __future__ import annotations

from anlan.kernel.evidence.images import LONGEST_SIDE
from anlan.kernel.evidence.models import Evidence, EvidenceLink
from anlan.kernel.evidence.showing import shown_path
from anlan.kernel.evidence.storage import FolderStorage, storage


def clear_demonstration() -> int:
    """Delete demonstration evidence and return how many pieces went; before the ledger's own clearing."""
    EvidenceLink.objects.filter(entry__is_demo=True).delete()
    gone = Evidence.unscoped("clear demonstration evidence").filter(is_demo=True)
    hashes = set(gone.values_list("sha256", flat=True))
    count, _ = gone.delete()
    kept = Evidence.unscoped("keep files that other evidence shares").filter(sha256__in=hashes)
    for sha256 in hashes - set(kept.values_list("sha256", flat=True)):
        for size in LONGEST_SIDE:
            shown_path(sha256, size).unlink(missing_ok=True)
        store = storage()
        if isinstance(store, FolderStorage):
            store.path(sha256).unlink(missing_ok=True)
    return count
