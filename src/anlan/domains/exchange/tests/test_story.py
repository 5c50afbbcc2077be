"""An enterprise sets up its channel, what it keeps goes out in portions, each is receipted; what changes goes again, alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from anlan.domains.checks.actions import Answer, check
from anlan.domains.checks.models import CheckLine
from anlan.domains.checks.planning import make_for
from anlan.domains.checks.words import FAILED as FAILED_CHECK
from anlan.domains.checks.words import IN_ORDER
from anlan.domains.exchange import dual_prevention as fmt
from anlan.domains.exchange import pages
from anlan.domains.exchange.models import UploadChannel, UploadItem, UploadReceipt, UploadSecret
from anlan.domains.exchange.sending import replay, upload, upload_all
from anlan.domains.exchange.words import FAILED, HELD, PARTLY, REFUSED, SENT, TAKEN, WAITING
from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.domains.risk.models import ControlMeasure, RiskEvent, RiskObject, RiskUnit
from anlan.faces.cli.mock import serving
from anlan.kernel import clock, ledger
from anlan.kernel.registers import archive, create, edit
from anlan.kernel.registers.errors import Invalid, NotAllowed, NotSeen
from anlan.kernel.registers.pages import Asked

SECRET = "a-secret-of-the-platform"


@pytest.fixture
def platform(settings: Any) -> Iterator[Any]:
    """A stand-in platform, listening on this machine."""
    settings.ANLAN_WEBHOOK_NETWORKS = ["127.0.0.1/32"]
    settings.ANLAN_WEBHOOK_PLAIN = True
    server = serving(0, SECRET, now=lambda: clock.now().timestamp())
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{server.server_address[1]}/dual-prevention"
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def tree(city: Any) -> dict[str, Any]:
    """One object with a unit, an event and a checked measure."""
    by = city.safety_officer
    risk_object = create(
        RiskObject, by, {"enterprise": str(city.workshop.pk), "name": "车床", "kind": "equipment"}
    )
    unit = create(RiskUnit, by, {"risk_object": str(risk_object.pk), "name": "车削"})
    event = create(RiskEvent, by, {"unit": str(unit.pk), "name": "卷入", "factor": "2102"})
    measure = create(ControlMeasure, by, {
        "event": str(event.pk), "kind": "engineering", "description": "防护罩完好", "responsible_person": "王某",
        "check_content": "看防护罩", "check_cycle": "1", "check_cycle_unit": "week",
    })  # fmt: skip
    return {"object": risk_object, "unit": unit, "event": event, "measure": measure}


@pytest.fixture
def channel(city: Any, platform: Any) -> UploadChannel:
    made = create(UploadChannel, city.safety_officer, {
        "enterprise": str(city.workshop.pk), "name": "省平台", "url": platform.url, "company_code": "220100001", "app_id": "app",
        "is_on": "on",
    })  # fmt: skip
    UploadSecret.objects.create(channel=made, secret=SECRET, set_at=clock.now())
    return made


def states(channel: UploadChannel) -> dict[str, int]:
    found: dict[str, int] = {}
    for state in UploadItem.objects.filter(channel=channel).values_list("state", flat=True):
        found[state] = found.get(state, 0) + 1
    return found


def receipts(channel: UploadChannel) -> list[UploadReceipt]:
    return list(UploadReceipt.unscoped("a test reads").filter(channel=channel).order_by("sent_at", "pk"))


def test_what_is_kept_goes_out_once_and_what_changes_goes_again(
    city: Any, platform: Any, channel: UploadChannel, tree: dict[str, Any]
) -> None:
    danger = city.reports(by=city.safety_officer)
    assert upload_all() == 4, "an ungraded danger is not uploaded"
    held = platform.platform.rows
    assert held[fmt.TASK][str(tree["measure"].pk)]["checkCycle"] == "7"
    assert held[fmt.EVENT][str(tree["event"].pk)]["riskUnitId"] == str(tree["unit"].pk)
    assert [one.outcome for one in receipts(channel)] == [TAKEN] * 4
    assert [entry.act for entry in ledger.history(receipts(channel)[0].pk)] == ["created"]
    assert upload_all() == 0
    assert len(receipts(channel)) == 4, "nothing changed, nothing sent"

    edit(RiskEvent, tree["event"].pk, city.safety_officer, {"name": "衣袖卷入"})
    archive(ControlMeasure, tree["measure"].pk, city.safety_officer, "设备已拆除")
    assert upload_all() == 3
    assert held[fmt.EVENT][str(tree["event"].pk)]["riskEventName"] == "衣袖卷入"
    assert held[fmt.MEASURE][str(tree["measure"].pk)]["deleted"] == "1"
    assert not held[fmt.DANGER]
    assert danger.severity == ""


def test_a_failed_check_goes_out_with_its_measure_and_the_danger_it_opened(
    city: Any, platform: Any, channel: UploadChannel, tree: dict[str, Any]
) -> None:
    make_for(city.workshop, clock.today())
    (line,) = CheckLine.objects.filter(measure=tree["measure"].pk)
    check(line.task_id, city.safety_officer, [Answer(line.pk, FAILED_CHECK, "防护罩松动")])
    HiddenDanger.unscoped("a test grades it behind the engine").update(severity="general")
    upload_all()
    (record,) = platform.platform.rows[fmt.RECORD].values()
    assert (record["checkTaskId"], record["checkStatus"]) == (str(tree["measure"].pk), "1")
    assert record["person"] == city.safety_officer.name
    (danger,) = platform.platform.rows[fmt.DANGER].values()
    assert (danger["dangerSrc"], danger["checkRecordId"]) == ("9", record["id"])
    assert danger["riskMeasureId"] == str(tree["measure"].pk)
    assert upload_all() == 0, "read again, a record keeps its id"


def test_a_measure_found_failing_on_a_visit_goes_out_as_such_without_a_record_of_a_check(
    city: Any, platform: Any, channel: UploadChannel, tree: dict[str, Any]
) -> None:
    danger = city.reports(at=city.workshop)
    rows = HiddenDanger.unscoped("a test says what a visit found, and grades it behind the engine")
    rows.filter(pk=danger.pk).update(severity="general", control_measure=tree["measure"])
    upload_all()
    (sent,) = platform.platform.rows[fmt.DANGER].values()
    assert (sent["dangerSrc"], sent["riskMeasureId"]) == ("9", str(tree["measure"].pk))
    assert not sent.get("checkRecordId")


def test_a_channel_that_was_off_for_months_loses_no_check(
    city: Any, platform: Any, channel: UploadChannel, tree: dict[str, Any]
) -> None:
    make_for(city.workshop, clock.today())
    (line,) = CheckLine.objects.filter(measure=tree["measure"].pk)
    check(line.task_id, city.safety_officer, [Answer(line.pk, IN_ORDER)])
    city.clock.forward(timedelta(days=200))
    upload_all()
    (record,) = platform.platform.rows[fmt.RECORD].values()
    assert record["checkStatus"] == "0"


def test_a_platform_that_is_down_is_left_alone_and_gets_all_when_it_is_back(
    city: Any, platform: Any, channel: UploadChannel, tree: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    address = channel.url
    UploadChannel.unscoped("a test breaks it").filter(pk=channel.pk).update(url="http://127.0.0.1:9/nothing")
    channel.refresh_from_db()
    assert upload(channel) == 0
    assert [one.outcome for one in receipts(channel)] == [FAILED]
    assert upload(channel) == 0
    assert len(receipts(channel)) == 1, "not called again at once"
    UploadChannel.unscoped("a test mends it").filter(pk=channel.pk).update(url=address)
    channel.refresh_from_db()
    now = clock.now()
    monkeypatch.setattr("anlan.domains.exchange.sending.is_resting", lambda channel, at: False)
    assert upload(channel) == 4
    assert now <= clock.now()
    assert states(channel) == {SENT: 4}


def test_the_pause_grows_and_ends(channel: UploadChannel, tree: dict[str, Any]) -> None:
    from anlan.domains.exchange.sending import FIRST_PAUSE, is_resting

    UploadChannel.unscoped("a test breaks it").filter(pk=channel.pk).update(url="http://127.0.0.1:9/nothing")
    channel.refresh_from_db()
    upload(channel, is_asked=True)
    first = receipts(channel)[0].sent_at
    assert is_resting(channel, first + FIRST_PAUSE - timedelta(seconds=1))
    assert not is_resting(channel, first + FIRST_PAUSE + timedelta(seconds=1))
    upload(channel, is_asked=True)
    second = receipts(channel)[1].sent_at
    assert is_resting(channel, second + FIRST_PAUSE + timedelta(seconds=1))


def test_what_is_refused_says_why_and_holds_back_what_hangs_on_it(
    city: Any, platform: Any, channel: UploadChannel, tree: dict[str, Any]
) -> None:
    upload_all()
    platform.platform.rows[fmt.UNIT].clear()  # the platform lost its units
    assert replay(channel, city.safety_officer, fmt.EVENT, "平台要求重报") == 1
    assert upload(channel) == 0
    (item,) = UploadItem.objects.filter(channel=channel, state=REFUSED)
    assert "riskUnitId" in item.reason
    assert receipts(channel)[-1].outcome == PARTLY
    replay(channel, city.safety_officer, fmt.MEASURE, "平台要求重报")
    upload(channel)
    assert states(channel)[HELD] == 1
    replay(channel, city.safety_officer, "", "平台已恢复")
    assert upload(channel) == 4
    assert states(channel) == {SENT: 4}
    acts = [entry.act for entry in ledger.history(channel.pk)]
    assert acts.count("upload_replayed") == 3


def test_a_row_changed_while_its_record_was_on_its_way_waits_again(
    city: Any, platform: Any, channel: UploadChannel, tree: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from anlan.domains.exchange import sending
    from anlan.domains.exchange.gathering import gather

    true_post = sending.post

    async def slow(*given: Any, **more: Any) -> Any:
        from asgiref.sync import sync_to_async

        answer = await true_post(*given, **more)
        if given[0].endswith(fmt.UNIT):
            await sync_to_async(edit)(RiskUnit, tree["unit"].pk, city.safety_officer, {"name": "精车"})
            await sync_to_async(gather)(channel)
        return answer

    monkeypatch.setattr(sending, "post", slow)
    upload(channel)
    monkeypatch.setattr(sending, "post", true_post)
    upload(channel)
    assert platform.platform.rows[fmt.UNIT][str(tree["unit"].pk)]["riskUnitName"] == "精车"
    assert WAITING not in states(channel)


def test_the_enterprise_alone_keeps_its_channel(city: Any, channel: UploadChannel) -> None:
    given = {
        "enterprise": str(city.workshop.pk),
        "name": "二",
        "url": channel.url + "/2",
        "company_code": "220100001",
        "app_id": "a",
    }
    with pytest.raises(NotAllowed):
        create(UploadChannel, city.officer, given)
    for name, wrong in (("company_code", "12"), ("url", "ftp://x"), ("url", "http://10.0.0.1/x")):
        with pytest.raises(Invalid) as refused:
            create(UploadChannel, city.safety_officer, {**given, name: wrong})
        assert set(refused.value.errors) == {name}
    with pytest.raises(Invalid) as hidden:
        create(UploadChannel, city.far_officer, given)
    assert set(hidden.value.errors) == {"enterprise"}


def test_the_secret_is_taken_by_the_page_and_never_shown(
    city: Any, channel: UploadChannel, client: Client
) -> None:
    from anlan.kernel.identity.models import Account

    client.force_login(Account.objects.get(username="safety_officer"))
    base = f"/upload-channels/{channel.pk}"
    assert client.post(f"{base}/secret", {"secret": "短"}).status_code == 422
    assert client.post(f"{base}/secret", {"secret": "a-new-secret-2026"}).status_code == 302
    assert UploadSecret.objects.get(channel=channel).secret == "a-new-secret-2026"
    for path in (
        "/",
        "/secret",
        "/send",
        "/again",
        "/records",
        "/records?state=sent&data_set=risk_unit&after=x",
    ):
        shown = client.get(base + path)
        assert shown.status_code == 200, path
        assert "a-new-secret" not in shown.content.decode()
    asked = Asked(city.officer, channel.pk, {"secret": "a-new-secret-2027"}, is_sent=True)
    for answer in (pages.secret, pages.send, pages.again):
        with pytest.raises(NotAllowed):
            answer(asked)
        with pytest.raises(NotSeen):
            answer(replace(asked, actor=city.far_officer))
    assert UploadSecret.objects.get(channel=channel).secret == "a-new-secret-2026"
