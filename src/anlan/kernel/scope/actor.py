"""The actor: who is doing something, in which post, with which grants.

An actor is a frozen value, made once per request (or per command) and handed down as an argument.
A grant is one sentence: under this path, for this sector or all, this domain or all, up to this sensitivity: see or act.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Protocol

# Sensitivity of a row. Each step up is seen by fewer people.
PUBLIC, INTERNAL, PERSONAL, CONFIDENTIAL, INFORMANT = range(5)


class ScopedRow(Protocol):
    """The columns by which scope decides."""

    path: str
    sector: str
    sensitivity: int
    holder_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class Grant:
    """One permission of a post: territory prefix, sector, domain, sensitivity ceiling, and whether it may act."""

    path: str
    sector: str | None = None
    domain: str | None = None
    ceiling: int = INTERNAL
    act: bool = False

    def covers(self, row: ScopedRow, domain: str) -> bool:
        """Say whether the grant reaches the row."""
        return (
            row.path.startswith(self.path)
            and (self.sector is None or self.sector == row.sector)
            and (self.domain is None or self.domain == domain)
            and row.sensitivity <= self.ceiling
        )


@dataclass(frozen=True, slots=True)
class Actor:
    """A person in a post (or the clock, or nobody) at the moment of the act.

    ``party_ids`` holds the party of the post first, then parties merged into it, whose open work it took over.
    """

    name: str
    kind: str = "person"
    account_id: uuid.UUID | None = None
    person_id: uuid.UUID | None = None
    post_id: uuid.UUID | None = None
    post_kind: str = ""
    post_title: str = ""
    party_ids: tuple[uuid.UUID, ...] = ()
    party_name: str = ""
    party_level: str = ""
    home_path: str = ""
    language: str = "zh-hans"
    grants: tuple[Grant, ...] = field(default=())
    is_demo: bool = False

    @property
    def party_id(self) -> uuid.UUID | None:
        """Return the party the actor acts for."""
        return self.party_ids[0] if self.party_ids else None

    @property
    def is_clock(self) -> bool:
        """Say whether this is the clock, which takes the late actions."""
        return self.kind == "clock"

    def may_act_on(self, row: ScopedRow, domain: str) -> bool:
        """Say whether a grant to act covers the row (own-party rows are judged by the step's ``by``)."""
        return any(grant.act and grant.covers(row, domain) for grant in self.grants)

    @staticmethod
    def system(name: str) -> Actor:
        """Return an actor for system work such as loading a city pack; it has no grants."""
        return Actor(name=name, kind="system")


CLOCK = Actor(name="时钟 clock", kind="clock")
NOBODY = Actor(name="公众 public", kind="nobody")
