"""Pages a domain brings itself, where the derived ones do not do: a merge with its confirmation, a draw.

A domain's ``pages.py`` lists them as ``pages``; it is told who asks and what was filled in, and answers with a template and
its values or with the row to go to. It knows nothing of HTTP: the face asks, draws, and words every refusal.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, TypeAlias

from anlan.kernel.registers.declaration import Serves
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.models import Territory
from anlan.kernel.words import Words


@dataclass(frozen=True)
class Asked:
    """What a page is asked: by whom, about which row, with what filled in; ``is_sent`` when it is to act.

    ``pk`` is None on a page of its own; ``place`` is where the person looks; ``evidence`` are files brought along as evidence,
    by purpose; ``token`` is what opens a page without an account; ``files`` are those sent along as they are.
    """

    actor: Actor
    pk: uuid.UUID | None
    values: Mapping[str, str]
    is_sent: bool = False
    key: uuid.UUID | None = None
    place: Territory | None = None
    evidence: Mapping[str, Sequence[uuid.UUID]] = field(default_factory=dict)
    token: str = ""
    files: Mapping[str, BinaryIO] = field(default_factory=dict)

    def id_of(self, name: str) -> uuid.UUID | None:
        """Return a filled-in id, or None where it is none."""
        try:
            return uuid.UUID(self.values.get(name, ""))
        except ValueError:
            return None


@dataclass(frozen=True)
class Drawn:
    """A template to draw, inside the shell of the face."""

    template: str
    context: Mapping[str, Any]
    status: int = 200


@dataclass(frozen=True)
class Done:
    """The act is done: go to this row, or to a page below it, with these words; or ``stays`` on the page it was done on."""

    row: Any
    words: Words
    page: str = ""
    stays: bool = False


@dataclass(frozen=True)
class Given:
    """A file to take along."""

    name: str
    content: bytes
    media_type: str


@dataclass(frozen=True)
class Received:
    """A table was taken in: go on to the preview of that import."""

    pk: uuid.UUID


Answer: TypeAlias = Drawn | Done | Given | Received


@dataclass(frozen=True)
class DomainPage:
    """One page: its place below a row of a register (``/<slug>/<id>/<verb>``) and who answers.

    With ``words`` the page of the row leads to it by a button, for those it ``is_for``. ``longest``: characters of one
    value that are taken; more are cut.
    """

    slug: str
    verb: str
    answer: Callable[[Asked], Answer]
    words: Words | None = None
    icon: str = "list-check"
    is_for: Callable[[Actor, Any], bool] = lambda actor, row: True
    longest: int = 2000

    def __post_init__(self) -> None:
        if self.words is not None:
            _ABOUT[self.slug, self.verb] = self


@dataclass(frozen=True)
class OpenPage:
    """A page that needs no account (``/<slug>/<token>``): whoever has its address may read it. It answers by the token alone."""

    slug: str
    answer: Callable[[Asked], Answer]


@dataclass(frozen=True)
class OwnPage:
    """A page that belongs to no row (``/<slug>/``), in a part of the policy; listed in the side order for those it ``is_for``.

    ``finds`` answers the search box with what the page knows by a name: words, a note, the address.
    """

    slug: str
    words: Words
    part: str
    serves: Serves
    icon: str
    answer: Callable[[Asked], Answer]
    is_for: Callable[[Actor], bool] = lambda actor: True
    finds: Callable[[str], Sequence[tuple[Words, str, str]]] | None = None

    def __post_init__(self) -> None:
        _OWN[self.slug] = self


_OWN: dict[str, OwnPage] = {}
_ABOUT: dict[tuple[str, str], DomainPage] = {}


def pages_about(slug: str, row: Any, actor: Actor) -> list[DomainPage]:
    """Return the pages that the page of a row leads to, for this reader."""
    return [page for (of, _), page in _ABOUT.items() if of == slug and page.is_for(actor, row)]


def own_pages() -> Iterator[OwnPage]:
    """Return the pages of their own that the domains declare."""
    return iter(_OWN.values())
