"""Uploaded tables are kept for a set number of days and then removed; what was entered from them stays, and can still be undone.

They hold personal data of many people, and nobody needs them once their rows are in the registers.
"""

from __future__ import annotations

import time
from datetime import timedelta

from anlan.kernel import clock
from anlan.kernel.jobs.models import OPEN, Task
from anlan.kernel.spreadsheets.models import Import, imports_folder
from anlan.kernel.words import Words

KEPT_DAYS = 30
ORPHAN_SECONDS = 24 * 3600  # a file without its row: an upload that was broken off
GONE = Words(
    "上传的文件保存 {n} 天，已到期删除。要导入，重新上传。",
    "An uploaded file is kept for {n} days; this one was removed. Upload it again to import it.",
).filled(n=KEPT_DAYS)


def expire() -> int:
    """Remove the files whose time is over, and those that belong to nothing; returns how many."""
    now, count = clock.now(), 0
    busy = Task.objects.filter(state__in=OPEN).values("pk")
    old = Import.objects.filter(file_gone_at=None, uploaded_at__lte=now - timedelta(days=KEPT_DAYS))
    for found in old.exclude(task__in=busy).exclude(undo_task__in=busy):
        # First the mark: should this be broken off in between, the file is an orphan and goes the next time.
        Import.objects.filter(pk=found.pk).update(file_gone_at=now)
        found.path.unlink(missing_ok=True)
        count += 1
    kept = {pk.hex for pk in Import.objects.filter(file_gone_at=None).values_list("pk", flat=True)}
    for path in imports_folder().iterdir():
        if path.name not in kept and path.stat().st_mtime < time.time() - ORPHAN_SECONDS:
            path.unlink(missing_ok=True)
            count += 1
    return count
