"""Settings of notices, outward messages and one's own sign-ins, through the browser's doors."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.utils.html import strip_tags

from anlan.faces.office.notice_wording import OTHERS
from anlan.kernel.identity.models import Account, SignedIn
from anlan.kernel.notices.kinds import KINDS
from anlan.kernel.notices.leaving import Outward
from anlan.kernel.notices.models import Absence, Preference, Receiver

pytestmark = pytest.mark.django_db
AT = "/notices/settings"


@pytest.fixture
def door(city: Any) -> Any:
    """Give a signed-in browser of somebody."""
    Account.objects.update(is_demo=True)

    def signed_in(who: Any) -> Client:
        client = Client(headers={"accept-language": "zh-hans"})
        client.force_login(Account.objects.get(pk=who.account_id))
        return client

    return signed_in


def test_without_a_mail_server_the_page_says_so(city: Any, door: Any) -> None:
    officer = door(city.officer)
    assert "还没有设置邮件服务" in officer.get(AT).content.decode()
    answer = officer.post(AT, {"act": "address", "address": "a@city.example"})
    assert answer.status_code == 422
    assert Outward.objects.count() == 0


def test_an_address_is_entered_and_confirmed(city: Any, door: Any, settings: Any) -> None:
    settings.ANLAN_SMTP = {
        "host": "127.0.0.1",
        "port": 1,
        "user": "",
        "password": "",
        "tls": "none",
        "sender": "a@city.example",
    }
    officer = door(city.officer)
    assert officer.post(AT, {"act": "address", "address": "a@city.example"}).status_code == 302
    body = officer.get(AT).content.decode()
    assert "六位验证码" in body
    assert officer.post(AT, {"act": "code", "code": "12"}).status_code == 422
    code = re.search(r'"code": "(\d{6})"', Outward.objects.get().sealed)
    assert code is not None
    assert officer.post(AT, {"act": "code", "code": code[1]}).status_code == 302
    assert "已确认" in officer.get(AT).content.decode()
    assert "a@city.example" not in door(city.administrator).get("/notices/outward/").content.decode()
    assert officer.post(AT, {"act": "forget"}).status_code == 302
    assert not Preference.objects.get().address


def test_choices_a_substitute_and_a_receiver_are_kept(city: Any, door: Any) -> None:
    officer = door(city.safety_officer)
    fits = {
        "act": "choose", "pace": "each", "digest_times": "8:30，16：00", "quiet_from": "21:00", "quiet_to": "06:30",
        "kinds": ["duty"],
    }  # fmt: skip
    assert officer.post(AT, fits).status_code == 302
    choice = Preference.objects.get()
    assert (choice.pace, choice.digest_times, choice.by_mail) == ("each", ["08:30", "16:00"], False)
    assert "duty" not in choice.muted
    assert officer.post(AT, fits | {"digest_times": "99:99"}).status_code == 422
    away = {
        "act": "appoint",
        "substitute": str(city.worker.person_id),
        "since": city.in_days(0),
        "until": city.in_days(2),
    }
    assert officer.post(AT, away).status_code == 422
    assert officer.post(AT, away | {"reason": "出差"}).status_code == 302
    assert "您正代理" in door(city.worker).get(AT).content.decode()
    absence = Absence.objects.get()
    foreign = {"act": "end_absence", "absence": str(absence.pk), "reason": "x"}
    assert door(city.far_officer).post(AT, foreign).status_code == 404
    assert officer.post(AT, foreign).status_code == 302
    made = officer.post(
        AT, {"act": "receiver", "name": "值班", "url": "https://hooks.city.example/a?key=1", "pace": "each"}
    )
    assert "whsec_" in made.content.decode()
    assert "whsec_" not in officer.get(AT).content.decode()
    assert "key=1" not in officer.get(AT).content.decode()
    change = {"act": "change_receiver", "receiver": str(Receiver.objects.get().pk), "does": "pause"}
    assert door(city.far_officer).post(AT, change).status_code == 404
    assert officer.post(AT, change).status_code == 302
    assert officer.post(AT, change | {"does": "end"}).status_code == 422
    assert officer.post(AT, change | {"does": "end", "reason": "换系统"}).status_code == 302
    assert officer.post(AT, {"act": "nonsense"}).status_code == 404
    assert (
        officer.post(
            AT, {"act": "receiver", "name": "x", "url": "https://10.0.0.1/", "pace": "each"}
        ).status_code
        == 422
    )


def test_messages_are_listed_and_sent_again_by_the_administrator(city: Any, door: Any) -> None:
    from anlan.kernel import clock

    row = Outward.objects.create(
        channel="mail", sort="instant", target=city.officer.person_id, person_id=city.officer.person_id, state="given_up",
        reason="550 nobody here", made_at=clock.now(), next_at=clock.now(),
    )  # fmt: skip
    one = f"/notices/outward/{row.pk}/"
    officer, administrator, other = door(city.officer), door(city.administrator), door(city.far_officer)
    for client in (officer, administrator):
        assert "550 nobody here" in client.get("/notices/outward/").content.decode()
        assert client.get(one).status_code == 200
    assert "550 nobody here" not in other.get("/notices/outward/").content.decode()
    assert other.get(one).status_code == 404
    assert other.post(f"{one}again", {"reason": "x"}).status_code == 404
    assert officer.post(f"{one}again", {"reason": "x"}).status_code == 404
    assert administrator.post(f"{one}again", {"reason": ""}).status_code == 422
    assert administrator.post(f"{one}again", {"reason": "地址已修好"}).status_code == 302
    row.refresh_from_db()
    assert row.state == "failed"
    assert "地址已修好" in strip_tags(administrator.get(one).content.decode())
    assert administrator.get("/notices/outward/export?state=failed").status_code == 200
    for query in ("?state=x", "?sort_of=x", "?made_at_from=x", "?after=x", "?q=%00"):
        assert administrator.get(f"/notices/outward/{query}").status_code in {200, 400}


def test_the_wording_of_every_kind_is_shown(city: Any, door: Any) -> None:
    body = door(city.worker).get("/notices/wording").content.decode()
    assert "YH-2026-000012" in body
    assert "awaits you" in body


def test_a_substitute_opens_a_notice_of_a_matter_out_of_scope_and_is_told_so(city: Any, door: Any) -> None:
    from anlan.kernel.notices import note, notice
    from anlan.kernel.words import Words

    far = city.reports(by=city.far_officer, at=city.far_shop)
    told = notice("duty", what=Words("隐患", "x"), number=far.number, loop="hidden-dangers", matter_id=far.pk,
                  person_id=city.officer.person_id)  # fmt: skip
    note([told])
    officer = door(city.officer)
    body = officer.get("/notices/").content.decode()
    assert "已不在您的管辖范围内" in body
    assert far.title() not in body
    assert officer.get(f"/notices/{told.pk}/open").headers["Location"] == "/notices/"


def test_own_sign_ins_are_listed_and_ended(city: Any) -> None:
    def comes(agent: str) -> Client:
        client = Client(headers={"user-agent": agent, "accept-language": "zh-hans"})
        Account.objects.update(is_demo=True)
        name = Account.objects.get(pk=city.officer.account_id).username
        answer = client.post("/sign-in", {"username": name, "password": "correct-horse-battery-staple"})
        assert answer.status_code == 302
        return client

    desk = comes("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0")
    phone = comes("Mozilla/5.0 (Linux; Android 14) Chrome/120.0 Mobile MicroMessenger/8.0")
    body = desk.get("/profile/").content.decode()
    assert "Windows 电脑，Edge 浏览器" in body
    assert "安卓手机，微信" in body
    assert desk.session.session_key not in body
    other = SignedIn.objects.get(session_key=phone.session.session_key)
    assert (
        Client().post("/profile/sessions/end", {"session": str(other.pk)}).status_code == 302
    )  # to the sign-in page
    assert desk.post("/profile/sessions/end", {"session": "x"}).status_code == 404
    assert desk.post("/profile/sessions/end", {"session": str(other.pk)}).status_code == 302
    assert phone.get("/profile/").headers["Location"].startswith("/sign-in")
    third = comes("curl/8")
    assert desk.post("/profile/sessions/end", {"others": "1"}).status_code == 302
    assert third.get("/profile/").status_code == 302
    assert desk.get("/profile/").status_code == 200


def test_nobody_ends_the_sign_in_of_another(city: Any, door: Any) -> None:
    stranger = door(city.worker)
    Client()
    row = SignedIn.objects.create(
        account_id=city.officer.account_id,
        session_key="k" * 32,
        since="2026-03-02T01:00:00Z",
        address="",
        agent="",
    )
    assert stranger.post("/profile/sessions/end", {"session": str(row.pk)}).status_code == 404
    stranger.post("/profile/sessions/end", {"others": "1"})
    assert SignedIn.objects.filter(pk=row.pk).exists()


def test_the_sample_of_a_notice_that_tells_of_no_matter_names_none() -> None:
    of_no_matter = {key for key, kind in KINDS.items() if "{number}" not in kind.sentence.zh}
    assert of_no_matter == set(OTHERS)
