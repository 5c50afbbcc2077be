"""Sending mail through the operator's SMTP server. Without one (the default) nothing is sent and pages say so.

The message id is the message's own, the same at every attempt, so that a repeated mail is recognised as one.
"""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.smtp import EmailBackend

from anlan.kernel.notices.answering import Answer

SECONDS = 10  # for every exchange with the server
log = logging.getLogger("anlan.notices")


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail ready to go: plain text and simple HTML."""

    id: str
    to: str
    subject: str
    text: str
    html: str


def mail_is_set_up() -> bool:
    """Say whether this installation has a mail server."""
    return bool(_server())


def _server() -> dict[str, Any]:
    return dict(getattr(settings, "ANLAN_SMTP", None) or {})


def message_id(pk: object) -> str:
    """Return the id of a message as mail servers see it."""
    domain = parseaddr(str(_server().get("sender", "")))[1].rpartition("@")[2] or "anlan.invalid"
    return f"<{pk}@{domain}>"


@contextmanager
def post_office() -> Iterator[PostOffice]:
    """Open one connection for a batch of mails and close it."""
    office = PostOffice(_server())
    try:
        yield office
    finally:
        office.close()


class PostOffice:
    """One connection to the mail server; it is opened with the first mail and anew after a fault."""

    def __init__(self, server: dict[str, Any]) -> None:
        self.server = server
        self.backend: EmailBackend | None = None

    def send(self, mail: Mail) -> Answer:
        """Hand one mail to the server and return its answer; never raises for what a server may do."""
        receipt = message_id(mail.id)
        headers = {
            "Message-ID": receipt,
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
        }
        try:
            message = EmailMultiAlternatives(
                mail.subject, mail.text, self.server["sender"], [mail.to], headers=headers
            )
            message.attach_alternative(mail.html, "text/html")
            message.connection = self._open()
            message.send()
        except smtplib.SMTPRecipientsRefused as refusal:
            return self._refused(list(refusal.recipients.values()))
        except smtplib.SMTPResponseException as refusal:
            self.close()
            text = f"{refusal.smtp_code} {_text(refusal.smtp_error)}"
            return Answer(False, text, refusal.smtp_code, is_final=500 <= refusal.smtp_code < 600 and not isinstance(
                refusal, smtplib.SMTPAuthenticationError | smtplib.SMTPConnectError | smtplib.SMTPHeloError))  # fmt: skip
        except (OSError, smtplib.SMTPException) as fault:
            self.close()
            return Answer(False, f"{type(fault).__name__}: {fault}")
        return Answer(True, "250", 250, receipt)

    def _refused(self, answers: Sequence[tuple[int, bytes]]) -> Answer:
        code, said = answers[0] if answers else (550, b"")
        return Answer(False, f"{code} {_text(said)}", code, is_final=code >= 500)

    def _open(self) -> EmailBackend:
        if self.backend is None:
            server = self.server
            self.backend = EmailBackend(
                host=server["host"], port=server["port"], username=server["user"], password=server["password"],
                use_tls=server["tls"] == "starttls", use_ssl=server["tls"] == "tls", timeout=SECONDS, fail_silently=False,
            )  # fmt: skip
            self.backend.open()
        return self.backend

    def close(self) -> None:
        """Close the connection, whatever state it is in."""
        backend, self.backend = self.backend, None
        if backend is not None:
            try:
                backend.close()
            except (OSError, smtplib.SMTPException):
                log.info("the mail server had closed the connection already")


def _text(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said
