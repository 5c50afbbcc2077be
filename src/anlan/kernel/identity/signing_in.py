"""Signing in: password, lock-out, second factor (TOTP, RFC 6238). Views call these; nothing here knows of HTTP.

Lock-out counts by account and by address, so neither a guessed password nor a sprayed list goes far; an unknown user name
costs the same time as a wrong password.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import unicodedata
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import pyotp
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction

from anlan.kernel import clock
from anlan.kernel.identity.models import Account, ApiToken, PersonalAccess, SignInAttempt
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.actors import actor_in, posts_of
from anlan.kernel.scope.models import Person, Post

ATTEMPTS_BEFORE_LOCK = 5
LOCK = timedelta(minutes=15)
ATTEMPTS_FROM_ADDRESS = 50
ATTEMPTS_REMEMBERED = 200
TOTP_STEP_SECONDS = 30
TOKEN_BYTES = 32


class SignInRefused(Exception):
    """Sign-in failed; ``until`` is set while locked. The reason never tells whether the name exists."""

    def __init__(self, until: datetime | None = None) -> None:
        super().__init__("sign-in refused")
        self.until = until


def sign_in(username: str, password: str, address: str) -> Account:
    """Check a user name and password; raise SignInRefused. Locks after five failures for a quarter of an hour."""
    now = clock.now()
    username, address, password = _storable(username)[:64], _storable(address)[:64], _storable(password)
    failed = SignInAttempt.objects.filter(address=address, at__gte=now - LOCK, succeeded=False)
    if failed.count() >= ATTEMPTS_FROM_ADDRESS:
        raise SignInRefused(now + LOCK)
    with transaction.atomic():
        account = Account.objects.select_for_update().filter(username=username).first()
        if account is None:
            make_password(password)  # the same work as a real check
            failure: SignInRefused | None = _unknown_name(username, now)
        else:
            failure = _check(account, password, now)
        SignInAttempt.objects.create(username=username, address=address, succeeded=failure is None, at=now)
    if failure or account is None:
        raise failure or SignInRefused()
    return account


def _storable(text: str) -> str:
    """Return text without what neither the database nor a hash can take (NUL, lone surrogates)."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def _unknown_name(username: str, now: datetime) -> SignInRefused:
    """Lock an unknown name just as a known one, so that the answer does not tell which exist."""
    rows = SignInAttempt.objects.filter(username=username).order_by("-at").values_list("at", flat=True)
    count, until = 0, None
    for at in [*reversed(rows[:ATTEMPTS_REMEMBERED]), now]:
        if until is None or at >= until:
            count += 1
            if count >= ATTEMPTS_BEFORE_LOCK:
                count, until = 0, at + LOCK
    return SignInRefused(until if until and until > now else None)


def _check(account: Account, password: str, now: datetime) -> SignInRefused | None:
    is_right = check_password(password, account.password)  # also while locked: the time must not tell
    if account.locked_until and account.locked_until > now:
        return SignInRefused(account.locked_until)
    has_lapsed = account.one_time_until is not None and account.one_time_until <= now
    if has_lapsed or not (is_right and account.is_active):
        return _count_failure(account, now)
    # With a second factor the count goes on until the code was right, else codes could be guessed without end.
    account.failed_attempts = account.failed_attempts if account.has_second_factor else 0
    account.locked_until, account.last_login = None, now
    account.save(update_fields=["failed_attempts", "locked_until", "last_login"])
    return None


def _count_failure(account: Account, now: datetime) -> SignInRefused:
    account.failed_attempts += 1
    if account.failed_attempts >= ATTEMPTS_BEFORE_LOCK:
        account.failed_attempts, account.locked_until = 0, now + LOCK
    account.save(update_fields=["failed_attempts", "locked_until"])
    return SignInRefused(
        account.locked_until if account.locked_until and account.locked_until > now else None
    )


def new_totp_secret() -> str:
    """Return a fresh secret to enrol; it is stored only when confirmed."""
    return pyotp.random_base32()


def totp_address(account: Account, secret: str, issuer: str) -> str:
    """Return the otpauth:// address for the QR code."""
    return str(pyotp.TOTP(secret, name=account.username, issuer=issuer).provisioning_uri())


def confirm_totp(account: Account, secret: str, code: str) -> bool:
    """Enrol the second factor if the code fits the fresh secret."""
    now = clock.now()
    step = _fitting_step(secret, code, now)
    if step is None:
        return False
    account.totp_secret, account.totp_confirmed_at, account.totp_last_step = secret, now, step
    account.save(update_fields=["totp_secret", "totp_confirmed_at", "totp_last_step"])
    return True


def _fitting_step(secret: str, code: str, now: datetime) -> int | None:
    """Return the step of time that a code belongs to (the present one or a neighbour), or None."""
    digits = unicodedata.normalize("NFKC", code).replace(" ", "")
    if not secret or not (digits.isascii() and digits.isdigit()):
        return None
    step, totp = int(now.timestamp()) // TOTP_STEP_SECONDS, pyotp.TOTP(secret)
    fitting = [
        candidate
        for candidate in (step - 1, step, step + 1)
        if secrets.compare_digest(totp.at(candidate * TOTP_STEP_SECONDS), digits)
    ]
    return fitting[-1] if fitting else None


def check_totp(account_id: uuid.UUID | str, code: str) -> bool:
    """Check a code once (a code cannot be replayed); failures count towards the lock-out.

    Raises SignInRefused while the account is locked.
    """
    now = clock.now()
    with transaction.atomic():
        account = Account.objects.select_for_update().get(pk=account_id)
        if account.locked_until and account.locked_until > now:
            raise SignInRefused(account.locked_until)
        step = _fitting_step(account.totp_secret, code, now) if account.has_second_factor else None
        if step is None or step <= account.totp_last_step:
            _count_failure(account, now)
            return False
        account.totp_last_step, account.failed_attempts = step, 0
        account.save(update_fields=["totp_last_step", "failed_attempts"])
        return True


def actor_for(account: Account, post_id: object = None, posts: Sequence[Post] | None = None) -> Actor | None:
    """Return the actor for an account, in the asked post if the person fills it today, else in the first one.

    ``posts``: those the person fills today, where they were read already.
    """
    today = clock.today()
    posts = posts_of(account.person, today) if posts is None else posts
    if not account.is_active or not posts:
        return None
    wanted = str(post_id or account.preferred_post_id or "")
    post = next((p for p in posts if str(p.id) == wanted), posts[0])
    return actor_in(post, account.person, today, account_id=account.id, language=account.language)


def issue_token(
    account: Account, post: Post, name: str, expires_at: datetime, *, read_only: bool = False
) -> tuple[ApiToken, str]:
    """Make an API token; the secret is returned once and only its digest kept."""
    secret = "anlan_" + base64.urlsafe_b64encode(secrets.token_bytes(TOKEN_BYTES)).decode().rstrip("=")
    token = ApiToken.objects.create(
        account=account,
        post=post,
        name=name,
        digest=_digest(secret),
        hint=secret[-4:],
        read_only=read_only,
        created_at=clock.now(),
        expires_at=expires_at,
    )
    return token, secret


def token_of(secret: str) -> ApiToken | None:
    """Return the live token for a secret, noting its use at most once a minute."""
    now = clock.now()
    token = (
        ApiToken.objects.select_related("account__person", "post")
        .filter(digest=_digest(secret), revoked_at=None, expires_at__gt=now, account__is_active=True)
        .first()
    )
    if token and (token.last_used_at is None or now - token.last_used_at > timedelta(minutes=1)):
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def reveal_many(actor: Actor, people: Iterable[Person], field: str, reason: str) -> None:
    """Log that an encrypted field of several people was given to somebody for one purpose."""
    if field not in {"phone", "identity_number"} or actor.kind != "person" or not reason.strip():
        raise ValueError("personal data is given to a person, with a reason")
    now = clock.now()
    PersonalAccess.objects.bulk_create(
        PersonalAccess(
            person=one,
            field=field,
            account_id=actor.account_id,
            post_id=actor.post_id,
            reason=reason[:200],
            at=now,
        )
        for one in people
    )


def reveal(actor: Actor, person: Person, field: str, reason: str) -> str:
    """Return an encrypted field of a person and log who opened it and why."""
    if field not in {"phone", "identity_number"}:
        raise ValueError(f"not a personal field: {field}")
    if actor.kind != "person" or not _storable(reason).strip():
        raise ValueError("personal data is opened by a person, with a reason")
    PersonalAccess.objects.create(
        person=person,
        field=field,
        account_id=actor.account_id,
        post_id=actor.post_id,
        reason=_storable(reason).strip()[:200],
        at=clock.now(),
    )
    return str(getattr(person, field))
