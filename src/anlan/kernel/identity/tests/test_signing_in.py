"""Signing in: the lock-out tells nothing, a code works once, a token is only a digest, opening personal data is noted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pyotp
import pytest
from world import PASSWORD

from anlan.kernel import clock
from anlan.kernel.identity import signing_in
from anlan.kernel.identity.models import Account, ApiToken, PersonalAccess, SignInAttempt
from anlan.kernel.identity.signing_in import (
    SignInRefused,
    actor_for,
    check_totp,
    confirm_totp,
    issue_token,
    new_totp_secret,
    reveal,
    sign_in,
    token_of,
)
from anlan.kernel.scope.actor import Actor
from anlan.kernel.scope.models import Membership, Person, Post

HERE = "192.0.2.1"


@pytest.fixture
def account(city: Any) -> Account:
    return Account.objects.get(username="worker")


def fails(username: str, password: str = "wrong", address: str = HERE) -> SignInRefused:
    with pytest.raises(SignInRefused) as refused:
        sign_in(username, password, address)
    return refused.value


def enrol(account: Account) -> pyotp.TOTP:
    secret = new_totp_secret()
    assert confirm_totp(account, secret, pyotp.TOTP(secret).at(clock.now()))
    return pyotp.TOTP(secret)


# --- password and lock-out


def test_the_password_is_kept_as_argon2(city: Any, settings: Any) -> None:
    settings.PASSWORD_HASHERS = [name for name in settings.PASSWORD_HASHERS if "MD5" not in name]
    account = Account.objects.create(
        username="fresh", person=Person.objects.create(name="新"), password="a b"
    )
    assert account.password.startswith("argon2$")
    assert sign_in("fresh", "a b", HERE) == account


def test_right_and_wrong(account: Account) -> None:
    assert fails("worker").until is None
    assert sign_in("worker", PASSWORD, HERE) == account
    account.is_active = False
    account.save()
    fails("worker", PASSWORD)


def test_five_wrong_lock_also_the_right_password_for_a_while(city: Any, account: Account) -> None:
    assert [fails("worker").until for _ in range(4)] == [None] * 4
    assert fails("worker").until is not None
    assert fails("worker", PASSWORD).until is not None
    city.clock.forward(signing_in.LOCK + timedelta(seconds=1))
    assert sign_in("worker", PASSWORD, HERE) == account


def test_a_success_forgives_earlier_mistakes(account: Account) -> None:
    for _ in range(3):
        for _ in range(4):
            assert fails("worker").until is None
        sign_in("worker", PASSWORD, HERE)


def test_the_answer_never_tells_whether_a_name_exists(city: Any, account: Account) -> None:
    waits = [1, 1, 200, 1, 1, 1, 60, 850, 1, 1, 1, 1, 1, 1, 2000, 1]
    for number, wait in enumerate(waits):
        known, unknown = fails("worker"), fails("nobody-of-that-name", address="192.0.2.2")
        assert (known.until is None) == (unknown.until is None), number
        if known.until and unknown.until:
            assert abs(known.until - unknown.until) < timedelta(seconds=2), number
        city.clock.forward(timedelta(seconds=wait))


def test_a_wrong_name_a_locked_and_an_inactive_account_cost_a_hash_too(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    monkeypatch.setattr(signing_in, "make_password", lambda text: hashed.append("made"))
    true_check = signing_in.check_password
    monkeypatch.setattr(
        signing_in, "check_password", lambda *given: hashed.append("checked") or true_check(*given)
    )
    fails("nobody-of-that-name")
    for _ in range(6):
        fails("worker")
    assert len(hashed) == 7


def test_a_sprayed_list_of_names_locks_the_address_not_the_others(account: Account) -> None:
    for number in range(signing_in.ATTEMPTS_FROM_ADDRESS):
        fails(f"name-{number}")
    assert fails("worker", PASSWORD).until is not None
    assert sign_in("worker", PASSWORD, "198.51.100.7") == account


def test_a_long_address_is_counted_like_any_other(account: Account) -> None:
    address = "2001:db8::1%" + "z" * 90
    for number in range(signing_in.ATTEMPTS_FROM_ADDRESS):
        fails(f"name-{number}", address=address)
    assert fails("worker", PASSWORD, address=address).until is not None


@pytest.mark.parametrize("text", ["\x00", "a\x00b", "\ud800", "员" * 500, "' or 1=1 --", "", "%s"])
def test_no_input_is_an_accident(account: Account, text: str) -> None:
    fails(text, "x")
    fails("worker", text)
    fails("nobody", "x", address=text)
    assert token_of(text) is None


def test_each_attempt_leaves_a_line(account: Account) -> None:
    fails("worker")
    sign_in("worker", PASSWORD, HERE)
    lines = SignInAttempt.objects.filter(username="worker").order_by("at")
    assert list(lines.values_list("succeeded", flat=True)) == [False, True]


# --- second factor


def test_a_code_works_once(city: Any, account: Account) -> None:
    totp = enrol(account)
    assert not check_totp(account.pk, totp.at(clock.now())), "the code of the enrolment is used up"
    city.clock.forward(timedelta(seconds=60))
    code = totp.at(clock.now())
    assert check_totp(account.pk, code)
    assert not check_totp(account.pk, code)


def test_the_code_of_the_next_step_cannot_be_replayed_either(city: Any, account: Account) -> None:
    secret = new_totp_secret()
    ahead = pyotp.TOTP(secret).at(clock.now() + timedelta(seconds=30))
    assert confirm_totp(account, secret, ahead)
    assert not check_totp(account.pk, ahead)
    city.clock.forward(timedelta(seconds=30))
    assert not check_totp(account.pk, ahead)


def test_neighbouring_steps_count_others_do_not(city: Any, account: Account) -> None:
    totp = enrol(account)
    city.clock.forward(timedelta(minutes=5))
    now = clock.now()
    assert not check_totp(account.pk, totp.at(now - timedelta(seconds=90)))
    assert not check_totp(account.pk, totp.at(now + timedelta(seconds=90)))
    assert check_totp(account.pk, totp.at(now - timedelta(seconds=30)))
    assert check_totp(account.pk, totp.at(now + timedelta(seconds=30)))
    assert not check_totp(account.pk, totp.at(now)), "an earlier step after a later one"


def test_full_width_digits_and_spaces_are_read(city: Any, account: Account) -> None:
    totp = enrol(account)
    city.clock.forward(timedelta(minutes=5))
    code = totp.at(clock.now())
    wide = code.translate({ord("0") + n: chr(0xFF10 + n) for n in range(10)})
    assert check_totp(account.pk, f" {wide[:3]} {wide[3:]} ")


@pytest.mark.parametrize("code", ["", "12345", "①②③④⑤⑥x", "abcdef", "\x00", "\ud800", "1" * 1000, "१२३४५६"])
def test_odd_codes_are_wrong_codes(city: Any, account: Account, code: str) -> None:
    enrol(account)
    assert not check_totp(account.pk, code)
    assert not confirm_totp(account, new_totp_secret(), code)


def test_without_enrolment_no_code_is_right(account: Account) -> None:
    assert not check_totp(account.pk, "000000")


def test_wrong_codes_lock_even_with_the_password_known(city: Any, account: Account) -> None:
    """Signing in again with the right password must not give five more guesses."""
    enrol(account)
    locked = False
    for _ in range(8):
        try:
            sign_in("worker", PASSWORD, HERE)
            check_totp(account.pk, "000000")
        except SignInRefused:
            locked = True
    assert locked
    with pytest.raises(SignInRefused):
        check_totp(account.pk, "000000")


def test_a_right_code_forgives(city: Any, account: Account) -> None:
    totp = enrol(account)
    for _ in range(3):
        for _ in range(4):
            assert not check_totp(account.pk, "000000")
        city.clock.forward(timedelta(seconds=60))
        assert check_totp(account.pk, totp.at(clock.now()))


def test_the_secret_is_sealed_in_the_database(account: Account) -> None:
    from django.db import connection

    secret = enrol(account).secret
    with connection.cursor() as cursor:
        cursor.execute("SELECT totp_secret FROM identity_account WHERE id = %s", [account.pk])
        (kept,) = cursor.fetchone()
    assert kept
    assert secret not in kept


# --- tokens


def test_a_token_is_kept_as_a_digest_and_ends(city: Any, account: Account) -> None:
    post = Membership.objects.get(person=account.person).post
    token, secret = issue_token(account, post, "试", clock.now() + timedelta(days=1))
    found = token_of(secret)
    assert found == token
    columns = [str(value) for value in ApiToken.objects.filter(pk=token.pk).values().get().values()]
    assert all(secret not in value for value in columns)
    assert token_of(secret[:-1]) is None
    city.clock.forward(timedelta(days=1, seconds=1))
    assert token_of(secret) is None


def test_a_revoked_token_and_one_of_an_inactive_account_are_dead(account: Account) -> None:
    post = Membership.objects.get(person=account.person).post
    token, secret = issue_token(account, post, "试", clock.now() + timedelta(days=1))
    other, second = issue_token(account, post, "试", clock.now() + timedelta(days=1))
    ApiToken.objects.filter(pk=token.pk).update(revoked_at=clock.now())
    assert token_of(secret) is None
    assert token_of(second) == other
    Account.objects.filter(pk=account.pk).update(is_active=False)
    assert token_of(second) is None


def test_use_is_noted_at_most_once_a_minute(city: Any, account: Account) -> None:
    post = Membership.objects.get(person=account.person).post
    token, secret = issue_token(account, post, "试", clock.now() + timedelta(days=1))
    token_of(secret)
    token.refresh_from_db()
    first = token.last_used_at
    token_of(secret)
    token.refresh_from_db()
    assert token.last_used_at == first
    city.clock.forward(timedelta(seconds=61))
    token_of(secret)
    token.refresh_from_db()
    assert token.last_used_at > first


# --- personal data


def test_each_opening_of_personal_data_leaves_who_whose_why(city: Any, account: Account) -> None:
    account.person.phone = "13800000000"
    account.person.save()
    assert reveal(city.officer, account.person, "phone", "联系整改") == "13800000000"
    line = PersonalAccess.objects.get()
    assert (line.person_id, line.field, line.account_id, line.post_id, line.reason) == (
        account.person_id, "phone", city.officer.account_id, city.officer.post_id, "联系整改",
    )  # fmt: skip


@pytest.mark.parametrize("reason", ["", "  ", "\n"])
def test_without_a_reason_nothing_opens(city: Any, account: Account, reason: str) -> None:
    with pytest.raises(ValueError, match="reason"):
        reveal(city.officer, account.person, "phone", reason)
    with pytest.raises(ValueError, match="person"):
        reveal(Actor.system("job"), account.person, "phone", "why")
    with pytest.raises(ValueError, match="personal field"):
        reveal(city.officer, account.person, "name", "why")
    assert not PersonalAccess.objects.exists()


def test_an_odd_reason_is_no_accident(city: Any, account: Account) -> None:
    reveal(city.officer, account.person, "phone", "x" * 1000 + "\x00\ud800")
    assert len(PersonalAccess.objects.get().reason) == 200


# --- the actor of an account


def second_post(city: Any, account: Account) -> Post:
    post = Post.objects.create(party=city.bureau, kind="county_officer", title="兼职")
    Membership.objects.create(person=account.person, post=post, valid_from=clock.today())
    return post


def test_the_actor_stands_in_the_chosen_post(city: Any, account: Account) -> None:
    first = Membership.objects.get(person=account.person).post
    second = second_post(city, account)
    assert actor_for(account).post_id == first.pk
    assert actor_for(account, str(second.pk)).post_id == second.pk
    account.preferred_post = second
    assert actor_for(account).post_id == second.pk
    assert actor_for(account, first.pk).party_ids == (city.workshop.holder_id,)


def test_a_post_that_is_not_ones_own_is_never_given(city: Any, account: Account) -> None:
    actor = actor_for(account, city.officer.post_id)
    assert actor.post_kind == "worker"
    assert actor.grants == ()
    assert actor_for(account, "no-such-post").post_kind == "worker"


def test_who_left_or_was_put_out_is_nobody(city: Any, account: Account) -> None:
    Membership.objects.filter(person=account.person).update(valid_to=clock.today() - timedelta(days=1))
    assert actor_for(account) is None
    Membership.objects.filter(person=account.person).update(valid_to=None)
    account.is_active = False
    assert actor_for(account) is None


def test_expired_sessions_and_their_notes_are_tidied_away_and_no_others(city: Any) -> None:
    from django.contrib.sessions.models import Session
    from django.utils import timezone

    from anlan.kernel.identity.models import SignedIn
    from anlan.kernel.identity.signed_in import tidy

    now = timezone.now()
    account = Account.objects.get(pk=city.officer.account_id)
    for key, ends, since in (("old", -1, -48), ("live", 1, -48), ("fresh", 1, 0)):
        Session.objects.create(session_key=key, session_data="", expire_date=now + timedelta(hours=ends))
        SignedIn.objects.create(
            account=account, session_key=key, since=now + timedelta(hours=since), address=""
        )
    assert tidy() == 2
    assert set(Session.objects.values_list("session_key", flat=True)) == {"live", "fresh"}
    assert set(SignedIn.objects.values_list("session_key", flat=True)) == {"live", "fresh"}
    assert tidy() == 0
