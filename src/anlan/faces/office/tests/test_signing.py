"""Signing in by browser: lock-out in words, the second factor as a second step, no way out of the house."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pyotp
import pytest
from django.test import Client

from anlan.kernel import clock
from anlan.kernel.identity.models import Account
from anlan.kernel.identity.signing_in import confirm_totp, new_totp_secret

PASSWORD = "一句很长的口令-2026"


@pytest.fixture
def account(city: Any) -> Account:
    found = Account.objects.get(pk=city.officer.account_id)
    found.is_demo = True  # a demonstration account may work without a second factor
    found.set_password(PASSWORD)
    found.save()
    return found


def send(client: Client, name: str, password: str, **more: str) -> Any:
    return client.post("/sign-in", {"username": name, "password": password, **more})


def test_the_right_password_opens_the_day(account: Account) -> None:
    client = Client()
    answer = send(client, account.username, PASSWORD)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.get("/").status_code == 200


def test_five_wrong_ones_lock_even_against_the_right_one(account: Account) -> None:
    client = Client()
    for _attempt in range(5):
        answer = send(client, account.username, "wrong")
        assert answer.status_code == 422
    answer = send(client, account.username, PASSWORD)
    assert answer.status_code == 422
    assert "锁定" in answer.content.decode()


def test_an_unknown_name_is_told_the_same(account: Account) -> None:
    known, unknown = (send(Client(), name, "wrong") for name in (account.username, "nobody-here"))
    words = [
        answer.content.decode().split('role="alert"')[1].split("</div>")[0] for answer in (known, unknown)
    ]
    assert words[0] == words[1]


@pytest.mark.parametrize(
    "away", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_it_never_leads_elsewhere(account: Account, away: str) -> None:
    answer = send(Client(), account.username, PASSWORD, next=away)
    assert answer["Location"] == "/"


def test_the_second_factor_comes_second_and_only_once(account: Account) -> None:
    secret = new_totp_secret()
    assert confirm_totp(account, secret, pyotp.TOTP(secret).at(clock.now()))
    with clock.travel(clock.now() + timedelta(minutes=2)):
        client, thief = Client(), Client()
        for browser in (client, thief):
            answer = send(browser, account.username, PASSWORD)
            assert answer["Location"].startswith("/sign-in/second-factor")
            assert browser.get("/")["Location"].startswith("/sign-in")
        assert client.post("/sign-in/second-factor", {"code": "000000"}).status_code == 422
        code = pyotp.TOTP(secret).at(clock.now())
        assert client.post("/sign-in/second-factor", {"code": code})["Location"] == "/"
        assert client.get("/").status_code == 200
        assert thief.post("/sign-in/second-factor", {"code": code}).status_code == 422


def test_a_real_officer_enrols_before_anything_else(account: Account) -> None:
    Account.objects.filter(pk=account.pk).update(is_demo=False)
    client = Client()
    send(client, account.username, PASSWORD)
    assert client.get("/")["Location"] == "/profile/second-factor"
    page = client.get("/profile/second-factor")
    assert "<svg" in page.content.decode()
    secret = client.session["fresh_totp"]
    answer = client.post("/profile/second-factor", {"code": pyotp.TOTP(secret).at(clock.now())})
    assert answer.status_code == 302
    assert client.get("/").status_code == 200


def test_signing_out_clears_the_browser(account: Account) -> None:
    client = Client()
    client.force_login(account)
    answer = client.post("/sign-out")
    assert "storage" in answer["Clear-Site-Data"]
    assert client.get("/")["Location"].startswith("/sign-in")


def test_somebody_else_gets_in_where_one_cannot_sign_out(account: Account) -> None:
    client = Client()
    client.force_login(account)
    client.cookies["anlan_unsent"] = "3"  # items of the other person wait on this phone
    assert client.post("/sign-out").status_code == 409
    assert client.get("/sign-in").status_code == 302
    page = client.get("/sign-in", {"other": "1", "next": "/field/"})
    assert (page.status_code, 'value="/field/"' in page.content.decode()) == (200, True)


def test_language_and_appearance_are_kept(account: Account) -> None:
    client = Client()
    client.force_login(account)
    client.post("/language", {"language": "en", "next": "/profile/"})
    client.post("/profile/theme", {"theme": "dark"})
    html = client.get("/profile/").content.decode()
    assert 'lang="en"' in html
    assert 'data-bs-theme="dark"' in html
    account.refresh_from_db()
    assert (account.language, account.theme) == ("en", "dark")


def test_keys_are_shown_once_and_can_be_revoked(account: Account) -> None:
    client = Client()
    client.force_login(account)
    html = client.post(
        "/profile/keys", {"name": "数据交换", "days": "90", "read_only": "true"}
    ).content.decode()
    assert "anlan_" in html
    assert "anlan_" not in client.get("/profile/").content.decode()
    token = account.tokens.get()
    assert client.post(f"/profile/keys/{token.pk}/revoke").status_code == 302
    assert client.post(f"/profile/keys/{token.pk}/revoke").status_code == 404


def test_a_browser_left_open_cannot_replace_the_second_factor(account: Account) -> None:
    present = new_totp_secret()
    assert confirm_totp(account, present, pyotp.TOTP(present).at(clock.now()))
    client = Client()
    client.force_login(account)
    client.get("/profile/second-factor")
    code = pyotp.TOTP(client.session["fresh_totp"]).at(clock.now())
    for given in ({"code": code}, {"code": code, "present": "000000"}):
        assert client.post("/profile/second-factor", given).status_code == 422
    account.refresh_from_db()
    assert account.totp_secret == present
    own = pyotp.TOTP(present).at(clock.now() + timedelta(seconds=30))
    assert client.post("/profile/second-factor", {"code": code, "present": own}).status_code == 302


def test_whoever_is_signed_out_while_writing_comes_back_to_the_form(account: Account) -> None:
    client = Client()
    form = "http://testserver/hidden-dangers/new?enterprise=1"
    way = client.post("/hidden-dangers/new", {"description": "x"}, headers={"Referer": form})["Location"]
    assert way == "/sign-in?next=%2Fhidden-dangers%2Fnew%3Fenterprise%3D1"
    for foreign in ("http://evil.example/x", "//[", ""):
        assert (
            client.post("/hidden-dangers/new", headers={"Referer": foreign})["Location"]
            == "/sign-in?next=%2F"
        )
