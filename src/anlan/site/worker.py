"""The background worker: once a minute it lets the clock act on every matter that is late.

One sweep over open duties replaces a job per deadline: nothing to cancel when a deadline moves, and after an outage
the first sweep catches up.
"""

from __future__ import annotations

from procrastinate.contrib.django import app

__all__ = ["app"]
