"""The ingest and a broker as processes of their own, for the tests of the streams."""

from __future__ import annotations

from anlan.streams.tests.streams_world import broker as broker
from anlan.streams.tests.streams_world import ingest as ingest
