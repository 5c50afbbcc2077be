"""Where a process that answers looks for objects that hold on to each other: never among what it was started with.

A loaded application is some hundred thousand objects that stay for good. Python goes through all of them again after every few
pages, a tenth of a second in which one reader waits.
"""

from __future__ import annotations

import gc


def settle() -> None:
    """Set apart what is loaded by now."""
    gc.collect()
    gc.freeze()


def look_seldom() -> None:
    """Look for such objects far less often: where masses come and go, and nearly all go by themselves.

    Costs some memory: for work that ends, not for what answers all day.
    """
    gc.set_threshold(50_000, 20, 100)
