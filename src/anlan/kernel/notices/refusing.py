"""What is refused in the settings of notices, in the user's words; faces turn it into their answer."""

from __future__ import annotations

import uuid

from anlan.kernel.scope.actor import Actor
from anlan.kernel.words import Words


class NoticeRefused(Exception):
    """What was given does not do. ``field`` names the entry, empty where it concerns the whole."""

    def __init__(self, words: Words, field: str = "") -> None:
        super().__init__(words.zh)
        self.words, self.field = words, field


def self_of(actor: Actor) -> uuid.UUID:
    """Return who acts; only a person has settings of their own."""
    if actor.person_id is None:
        raise NoticeRefused(Words("请先登录。", "Sign in first."))
    return actor.person_id
