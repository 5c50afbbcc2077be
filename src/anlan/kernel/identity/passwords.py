"""How long a password must be, said in the reader's language. Serves no clause; signing in rests on it."""

from __future__ import annotations

from django.contrib.auth.password_validation import MinimumLengthValidator

from anlan.kernel.words import Words

_TOO_SHORT = Words(
    "密码太短，至少 {n} 个字符。", "This password is too short. It must contain at least {n} characters."
)


class MinimumLength(MinimumLengthValidator):
    """Django's own; only its words are ours.

    Django 5.2 asks its catalogues for a sentence with ``%d``, and the Chinese one keeps that of older releases, with
    ``%(min_length)d``: it is not found, and stays English.
    """

    def get_error_message(self) -> str:
        """Return what is told of a password that is too short."""
        return str(_TOO_SHORT.filled(n=self.min_length))
