"""Accounts for people in posts: made with a one-time password, unlocked, a lost second factor forgotten, closed.

The one-time password is shown once, lives three days and opens nothing but the page on which it is replaced. No password is
ever written down here.
"""

from __future__ import annotations

import re
import secrets
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction

from anlan.kernel import clock
from anlan.kernel.identity.models import Account, ApiToken
from anlan.kernel.people.authority import person_with_account
from anlan.kernel.people.writing import ACCOUNT, LONGEST_REASON, note, text
from anlan.kernel.registers.errors import Invalid, NotSeen
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.models import Person
from anlan.kernel.words import Words

ONE_TIME = timedelta(hours=72)
# Without characters that are mistaken for one another when read out over the telephone.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_USERNAME = re.compile(r"[a-z][a-z0-9_.-]{2,63}")


def open_account(actor: Actor, person: Any, username: str) -> tuple[Account, str]:
    """Make an account and return it with its one-time password."""
    return make_account(actor, person_with_account(actor, person), username)


def make_account(actor: Actor, who: Person, username: str) -> tuple[Account, str]:
    """Make the account of a person already found to be within the actor's reach."""
    name = text("username", username, 64).lower()
    if not _USERNAME.fullmatch(name):
        raise Invalid(
            {
                "username": [
                    Words(
                        "以字母开头，3至64位小写字母、数字、点、横线。", "Three to 64 letters, digits, dots."
                    )
                ]
            }
        )
    password = _one_time()
    try:
        with transaction.atomic():
            account = Account.objects.create(
                username=name,
                person=who,
                password=password,
                one_time_until=clock.now() + ONE_TIME,
                is_demo=who.is_demo,
            )
            note(account.pk, ACCOUNT, "account_opened", actor, {"person": who.pk}, is_demo=who.is_demo)
    except IntegrityError:
        taken = Words("用户名已被使用，或此人已有账号。", "The name is taken, or this person has an account.")
        raise Invalid({"username": [taken]}) from None
    return account, password


def new_password(actor: Actor, person: Any, reason: str) -> tuple[Account, str]:
    """Replace a lost password by a one-time one; every session and API key of the account ends."""
    why = text("reason", reason, LONGEST_REASON)
    password = _one_time()
    with transaction.atomic():
        account = _locked(actor, person)
        account.set_password(password)
        account.one_time_until = clock.now() + ONE_TIME
        account.failed_attempts, account.locked_until = 0, None
        account.save(update_fields=["password", "one_time_until", "failed_attempts", "locked_until"])
        ApiToken.objects.filter(account=account, revoked_at=None).update(revoked_at=clock.now())
        note(account.pk, ACCOUNT, "password_reset", actor, {"reason": why})
    return account, password


def unlock(actor: Actor, person: Any) -> Account:
    """End a lock-out before its time."""
    with transaction.atomic():
        account = _locked(actor, person)
        account.failed_attempts, account.locked_until = 0, None
        account.save(update_fields=["failed_attempts", "locked_until"])
        note(account.pk, ACCOUNT, "account_unlocked", actor, {})
    return account


def forget_second_factor(actor: Actor, person: Any, reason: str) -> Account:
    """Forget a lost second factor; the person enrols a new one at the next sign-in."""
    why = text("reason", reason, LONGEST_REASON)
    with transaction.atomic():
        account = _locked(actor, person)
        account.totp_secret, account.totp_confirmed_at, account.totp_last_step = "", None, 0
        account.save(update_fields=["totp_secret", "totp_confirmed_at", "totp_last_step"])
        note(account.pk, ACCOUNT, "second_factor_forgotten", actor, {"reason": why})
    return account


def set_active(actor: Actor, person: Any, reason: str, *, active: bool) -> Account:
    """Close an account, or open a closed one again. A closed account is nobody from the next request on."""
    why = text("reason", reason, LONGEST_REASON)
    with transaction.atomic():
        account = _locked(actor, person)
        account.is_active = active
        account.save(update_fields=["is_active"])
        note(account.pk, ACCOUNT, "account_reopened" if active else "account_closed", actor, {"reason": why})
    return account


def account_of(person: Person) -> Account | None:
    """Return the person's account, if there is one."""
    return Account.objects.filter(person=person).first()


def _locked(actor: Actor, person: Any) -> Account:
    who = person_with_account(actor, person)
    account = Account.objects.select_for_update(of=("self",)).filter(person=who).first()
    if account is None:
        raise NotSeen
    return account


def _one_time() -> str:
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(4))
    return "-".join(groups)
