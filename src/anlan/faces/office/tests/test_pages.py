"""The pages as people use them: lists, one row in one scroll, forms with their faults, a matter to its end."""

from __future__ import annotations

import io
import re
import uuid
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from anlan.kernel.identity.models import Account
from anlan.kernel.loops import Duty


def signed_in(actor: Any) -> Client:
    client = Client(headers={"accept-language": "zh-hans"})
    account = Account.objects.get(pk=actor.account_id)
    Account.objects.filter(pk=account.pk).update(is_demo=True)
    client.force_login(account)
    return client


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.content.decode()[:2000]
    return str(answer.content.decode())


def test_today_tells_what_is_late_and_offers_the_verb(city: Any) -> None:
    city.reports(description="配电箱门缺失")
    assert "配电箱门缺失" in text(signed_in(city.officer).get("/inbox/"))
    city.clock.forward(timedelta(days=40))
    html = text(signed_in(city.officer).get("/"))
    assert "已逾期" in html
    assert "配电箱门缺失" in html.split("已逾期")[1]


def test_a_desk_with_more_than_is_counted_says_so(city: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anlan.faces.office.shell.MOST_WAITING", 2)
    client = signed_in(city.officer)
    for told in ("1", "2", "2+", "2+"):
        city.reports()
        assert f'<span class="count">{told}</span>' in text(client.get("/enterprises/"))


def test_every_duty_of_a_full_desk_is_reached(city: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anlan.faces.office.today.SHOWN_IN_INBOX", 2)
    for number in range(5):
        city.reports(description=f"第{number}处配电箱门缺失")
    client, seen = signed_in(city.officer), set()
    html = text(client.get("/inbox/"))
    address = re.search(r'href="(/inbox/\?group=(\w+))"', html)
    assert address
    group = address[2]
    pages = 0
    while address:
        html = text(client.get(unescape(address[1])))
        seen |= set(re.findall(r"第(\d)处", html))
        pages += 1
        address = re.search(r'rel="next" href="([^"]+)"', html)
    assert (seen, pages) == (set("01234"), 3)
    assert "第一页" in html
    beyond = text(client.get("/inbox/", {"group": group, "after": f"~{uuid.UUID(int=2**128 - 1)}"}))
    assert "配电箱门缺失" in beyond  # a page whose duties were all done leads back to those that are left
    for odd in ("?group=x", "?group=later&after=x", "?group=week&after=~", "?group=overdue"):
        text(client.get(f"/inbox/{odd}"))


def test_a_group_of_the_inbox_is_searched_narrowed_and_exported_in_its_lists(city: Any) -> None:
    for words in ("配电箱门缺失", "消防通道堵塞", "灭火器过期"):
        city.reports(description=words)
    done = city.reports(description="已经分级的一件")
    city.step(done, "grade", city.officer, rectify_by=city.in_days(5), measures="清理")
    client = signed_in(city.officer)
    [group] = set(re.findall(r'href="/inbox/\?group=(\w+)"', text(client.get("/inbox/"))))
    html = text(client.get("/inbox/", {"group": group}))
    [(address, number)] = re.findall(
        r'href="(/hidden-dangers/\?[^"]+)">[^<]*<span class="count">(\d+)</span>', html
    )
    assert (number, address) == ("3", f"/hidden-dangers/?awaiting_term={group}")
    listed = text(client.get(address))
    assert "<b>3</b> 条" in listed
    assert "待我办理：" in listed
    assert "已经分级的一件" not in listed
    # Whoever narrows the list further stays within what awaits him.
    assert f'<input type="hidden" name="awaiting_term" value="{group}">' in listed
    assert "<b>1</b> 条" in text(client.get(f"{address}&q=通道"))
    assert re.search(rf'href="export\?[^"]*awaiting_term={group}', listed)
    assert "<b>0</b> 条" in text(signed_in(city.far_officer).get(address))
    assert "<b>3</b> 条" in text(client.get("/hidden-dangers/?awaiting=1"))


def test_a_duty_of_a_loop_that_is_gone_keeps_no_group_from_its_reader(city: Any) -> None:
    city.reports()
    other = city.reports()
    Duty.objects.filter(matter_id=other.pk).update(loop="gone")
    client = signed_in(city.officer)
    groups = set(re.findall(r'href="/inbox/\?group=(\w+)"', text(client.get("/inbox/"))))
    for group in groups:
        html = text(client.get("/inbox/", {"group": group}))
        assert f'href="/hidden-dangers/?awaiting_term={group}"' in html
    assert groups


@pytest.mark.parametrize("asked", ["late=0", "awaiting=0", "territory=220102", "opened_hour=1-9"])
def test_what_no_input_of_the_form_shows_is_carried_along(city: Any, asked: str) -> None:
    html = signed_in(city.officer).get(f"/hidden-dangers/?{asked}").content.decode()
    name, value = asked.split("&")[-1].split("=")
    carried = html.index(f'<input type="hidden" name="{name}" value="{value}">')
    assert carried < html.index('class="panel facets"')  # what is chosen in the form comes later, and counts


def test_nothing_to_do_is_said_kindly(city: Any) -> None:
    assert "今天没有要办的事" in text(signed_in(city.far_officer).get("/"))


def test_lists_search_filter_sort_and_stay_in_scope(city: Any) -> None:
    city.reports(description="消防通道堵塞")
    client = signed_in(city.officer)
    assert "消防通道堵塞" in text(client.get("/hidden-dangers/?q=通道"))
    assert "没有符合条件的记录" in text(client.get("/hidden-dangers/?q=锅炉"))
    assert "测试机械" in text(client.get("/enterprises/?sort=-name&dense=1"))
    assert "消防通道堵塞" not in text(signed_in(city.far_officer).get("/hidden-dangers/"))
    part = text(client.get("/hidden-dangers/", headers={"hx-request": "true"}))
    assert "<html" not in part


@pytest.mark.parametrize(
    "query",
    ["sort=password", "size=7", "size=000020" + "9" * 30, "after=xx", "state=nowhere", "territory=999999"],
)
def test_a_wrong_filter_is_told_and_never_breaks(city: Any, query: str) -> None:
    html = text(signed_in(city.officer).get(f"/hidden-dangers/?{query}"), 400)
    assert "筛选" in html or "没有" in html


def test_a_filter_that_is_asked_twice_or_stands_on_a_sheet_never_breaks(city: Any) -> None:
    """The last value counts; one that is none stands in the words of the filter as it was given."""
    client = signed_in(city.officer)
    nobody = "00000000-0000-0000-0000-000000000000"
    for path in (f"/enterprises/?party=x&party={nobody}", f"/enterprises/?party={'-' * 8}{'0' * 32}junk"):
        assert client.get(path).status_code in (200, 400)
    assert "所属单位：x" in text(client.get("/map/sheet?layers=enterprises&party=x"))


def test_the_map_is_the_same_list(city: Any) -> None:
    html = text(signed_in(city.officer).get("/enterprises/?view=map&scale=small"))
    assert 'data-query="scale=small"' in html


def test_an_enterprise_in_one_scroll(city: Any) -> None:
    city.reports(description="消防通道堵塞", at=city.workshop)
    html = text(signed_in(city.officer).get(f"/enterprises/{city.workshop.pk}/"))
    for said in ("谁来监管", "南关区应急管理局", "消防通道堵塞", "统一社会信用代码", "沿革"):
        assert said in html


def test_out_of_scope_is_as_good_as_absent(city: Any) -> None:
    danger = city.reports()
    far = signed_in(city.far_officer)
    for address in (
        f"/enterprises/{city.workshop.pk}/",
        f"/hidden-dangers/{danger.pk}/",
        f"/enterprises/{uuid.uuid4()}/",
    ):
        assert far.get(address).status_code == 404
    assert far.post(f"/hidden-dangers/{danger.pk}/steps/comment", {"text": "x"}).status_code == 404
    assert Client().get(f"/hidden-dangers/{danger.pk}/")["Location"].startswith("/sign-in?next=")


def test_a_form_keeps_what_was_typed_and_says_the_fault_at_its_field(city: Any) -> None:
    client = signed_in(city.officer)
    html = text(client.post("/enterprises/new", {"name": "半成品公司", "credit_code": "123"}), 422)
    assert "半成品公司" in html
    assert 'aria-invalid="true"' in html
    assert 'href="#id_territory"' in html


def test_editing_an_old_version_shows_what_changed_meanwhile(city: Any) -> None:
    client = signed_in(city.officer)
    row = city.workshop
    form = {"name": row.name, "version": row.version, "business": "机械加工"}
    page = client.get(f"/enterprises/{row.pk}/edit").content.decode()
    assert f'name="version" value="{row.version}"' in page
    first = client.post(f"/enterprises/{row.pk}/edit", {**filled(row), **form})
    assert first.status_code == 302, first.content.decode()[:3000]
    html = text(
        client.post(f"/enterprises/{row.pk}/edit", {**filled(row), **form, "business": "另一说法"}), 409
    )
    assert "其间的变化" in html
    assert "另一说法" in html


def filled(row: Any) -> dict[str, str]:
    """Return the fields of a row as a browser would send them."""
    found = {}
    for name in row.kept.asks:
        value = getattr(row, name)
        if value is True:
            found[name] = "true"
        elif value not in (None, False, ""):
            found[name] = str(getattr(value, "pk", value))
    return found


def test_archiving_asks_the_reason(city: Any) -> None:
    client, address = signed_in(city.officer), f"/enterprises/{city.workshop.pk}/archive"
    assert "写明原因" in text(client.post(address, {"reason": " "}), 422)
    assert client.post(address, {"reason": "已注销"}).status_code == 302
    assert "测试机械" not in text(client.get("/enterprises/"))
    assert "已注销" in text(client.get(f"/enterprises/{city.workshop.pk}/"))


def test_a_matter_offers_each_person_only_what_is_theirs(city: Any) -> None:
    danger = city.reports()
    address = f"/hidden-dangers/{danger.pk}/"
    assert f"{address}steps/grade" in text(signed_in(city.officer).get(address))
    assert f"{address}steps/grade" not in text(signed_in(city.worker).get(address))


def test_a_step_by_form_its_replay_and_its_refusal(city: Any) -> None:
    danger = city.reports()
    client, address = signed_in(city.officer), f"/hidden-dangers/{danger.pk}/steps/comment"
    key = str(uuid.uuid4())
    for _again in range(2):
        assert (
            client.post(address, {"text": "已电话联系", "key": key, "version": danger.version}).status_code
            == 302
        )
    assert text(client.get(f"/hidden-dangers/{danger.pk}/")).count("已电话联系") == 1
    assert "有内容需要修改" in text(client.post(address, {"text": ""}), 422)
    assert client.post(address, {"text": "x", "key": "no-key"}).status_code in {400, 422}
    assert client.post(f"/hidden-dangers/{danger.pk}/steps/fly", {}).status_code == 404


def test_who_came_second_is_told_what_changed(city: Any) -> None:
    danger = city.reports()
    client, address = signed_in(city.officer), f"/hidden-dangers/{danger.pk}/steps/grade"
    form = {"rectify_by": city.in_days(7), "measures": "更换", "version": danger.version}
    assert client.post(address, form).status_code == 302
    html = text(signed_in(city.second_officer).post(address, form), 409)
    assert "其间的变化" in html


def test_files_without_scripts_become_evidence(city: Any) -> None:
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (80, 60), "blue").save(out, "JPEG")
    out.name, danger = "现场.jpg", city.reports()
    out.seek(0)
    address = f"/hidden-dangers/{danger.pk}/"
    answer = signed_in(city.officer).post(f"{address}steps/attach", {"evidence_attachment_files": out})
    assert answer.status_code == 302, answer.content.decode()[:2000]
    assert "现场" in text(signed_in(city.officer).get(address)) or "/thumb" in text(
        signed_in(city.officer).get(address)
    )


def test_search_and_look_up_start_from_scope(city: Any) -> None:
    near, far = signed_in(city.officer), signed_in(city.far_officer)
    assert "测试机械" in text(near.get("/search?q=测试机械"))
    assert "没有找到" in text(far.get("/search?q=测试机械"))
    query = "/lookup?lookup=enterprises.enterprise&name=enterprise&enterprise__find=测试机械"
    assert str(city.workshop.pk) in text(near.get(query))
    assert str(city.workshop.pk) not in text(far.get(query))
    for label in ("identity.account", "scope.person", "nonsense", "ledger.ledgerentry"):
        assert near.get(f"/lookup?lookup={label}&name=x&x__find=a").status_code == 404


def test_narrowing_to_a_place_stays_within_ones_own(city: Any) -> None:
    client = signed_in(city.city_officer)
    assert client.post("/scope", {"territory": str(city.far_county.pk)}).status_code == 302
    html = text(client.get("/enterprises/"))
    assert "测试机械" not in html
    assert "测试粮油" in html
    assert f"territory={city.far_county.code}" in text(client.get("/enterprises/?view=map"))
    assert signed_in(city.officer).post("/scope", {"territory": str(city.far_county.pk)}).status_code == 403


def test_a_zone_is_looked_at_through_its_members(city: Any) -> None:
    client = signed_in(city.city_officer)
    client.post("/scope", {"territory": str(city.zone.pk)})
    html = text(client.get("/enterprises/"))  # the zone overlays the far township
    assert "测试粮油" in html
    assert "测试机械" not in html


def test_help_shows_the_loop_and_who_may_do_what(city: Any) -> None:
    html = text(signed_in(city.officer).get("/help/hidden-dangers/"))
    assert "谁可以做什么" in html
    assert "<svg" in html


@pytest.mark.parametrize(
    "address", ["/nothing/", "/hidden-dangers/not-an-id/", "/help/nothing/", "/enterprises/x/edit"]
)
def test_unknown_addresses_say_so_in_words(city: Any, address: str) -> None:
    html = text(signed_in(city.officer).get(address), 404)
    assert "没有找到" in html
    assert "not_found" in html


def test_a_search_of_any_length_is_answered(city: Any) -> None:
    client = signed_in(city.officer)
    for words in ("中" * 3000, "%" * 900, "😀" * 500):
        text(client.get("/hidden-dangers/", {"q": words}))
