"""How a process that answers looks for objects that hold on to each other: seldom, and never among what it was started with.

A loaded application is some hundred thousand objects that stay for good. Python goes through all of them again after every few
pages, a tenth of a second in which one reader waits; and a page of two hundred cards makes thousands of its own, which are let
go by themselves when it is sent.
"""

from __future__ import annotations

import gc

YOUNG, MIDDLE, OLD = 20_000, 20, 20


def settle() -> None:
    """Set what is loaded by now apart, and let the collector come by less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
