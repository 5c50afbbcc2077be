"""The ingest as a process of its own, for the tests of the streams."""

from __future__ import annotations

from anlan.streams.tests.streams_world import ingest as ingest
