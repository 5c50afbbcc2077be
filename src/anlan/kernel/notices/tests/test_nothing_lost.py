"""Any history of acts, restarts and faults: each notice reaches each recipient in exactly one message, none is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anlan.kernel import clock
from anlan.kernel.notices import note, notice, notices_for
from anlan.kernel.notices.models import Attempt, Notice, NoticeRead, Outward, OutwardItem, Preference
from anlan.kernel.notices.sending import LEASE, claim, deliver, send_batch
from anlan.kernel.notices.spreading import spread
from anlan.kernel.notices.tests.receivers import Postbox, postbox, with_mail
from anlan.kernel.words import Words

ACTS = st.lists(
    st.sampled_from(
        [
            "duty",
            "renewed",
            "overdue",
            "escalate",
            "spread",
            "deliver",
            "killed",
            "busy",
            "minute",
            "hour",
            "night",
            "day",
        ]
    ),
    min_size=4,
    max_size=24,
)
WHAT = Words("隐患", "Hidden danger")


def tell(city: Any, kind: str) -> None:
    due = clock.now() + timedelta(days=3) if kind == "duty" else None
    note(
        [
            notice(
                kind,
                what=WHAT,
                number=f"N-{Notice.objects.count()}",
                party_id=party.pk,
                kinds=["county_officer"],
                due_at=due,
            )
            for party in (city.bureau, city.far_bureau)
        ]
    )


def do(city: Any, box: Postbox, act: str) -> None:
    if act in {"duty", "renewed", "overdue", "escalate"}:
        tell(city, act)
    elif act == "killed":
        claim(3)  # the worker claims, and is gone
    elif act == "busy":
        box.refuses.append("451 later")
    elif act in {"spread", "deliver"}:
        {"spread": spread, "deliver": deliver}[act]()
    else:
        steps = {
            "minute": timedelta(minutes=1),
            "hour": timedelta(hours=1),
            "night": timedelta(hours=9),
            "day": timedelta(days=1),
        }
        city.clock.forward(steps[act])


@pytest.mark.django_db
@given(acts=ACTS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_history_tells_everybody_everything_once(city: Any, box: Postbox, acts: list[str]) -> None:
    for model in (Attempt, OutwardItem, Outward, NoticeRead, Notice, Preference):
        model.objects.all().delete()
    box.mails.clear()
    box.refuses.clear()
    with_mail(city.officer)
    with_mail(city.far_officer)
    for act in acts:
        do(city, box, act)
    box.refuses.clear()
    for _ in range(4):
        city.clock.forward(timedelta(days=4))
        deliver()
    told = Notice.objects.filter(kind__in=["duty", "renewed", "overdue", "escalate"])
    assert OutwardItem.objects.count() == told.count()
    assert set(Outward.objects.values_list("state", flat=True)) <= {"sent"}
    for who in (city.officer, city.far_officer):
        mailed = [
            box.text(n) for n, mail in enumerate(box.mails) if mail["X-To"] == f"{who.post_kind}@city.example"
        ]
        for one in notices_for(who):
            assert sum(text.count(f"{one.pk}/open") for text in mailed) == 1, one
    assert len({str(mail["Message-ID"]) for mail in box.mails}) == len(box.mails)


SENDER = """
import django, os, signal, sys
django.setup()
from anlan.kernel.notices import sending
settle = sending.settle
def gone(ready, answer):
    print("sent", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
sending.settle = gone
sending.deliver()
"""


@pytest.mark.django_db(transaction=True)
def test_kill_9_between_sending_and_noting_leaves_one_duplicate_with_the_same_id(
    city: Any, settings: Any
) -> None:
    with postbox() as box:
        smtp = f"smtp://127.0.0.1:{box.port}?tls=none"
        with_mail(city.officer)
        city.reports()
        environment = (
            os.environ | _database() | {"ANLAN_SMTP_URL": smtp, "ANLAN_SMTP_FROM": "anlan@city.example"}
        )
        environment |= {
            "DJANGO_SETTINGS_MODULE": "anlan.site.settings",
            "PYTHONPATH": str(Path(__file__).parents[4]),
        }
        environment |= {"ANLAN_DATA": str(settings.ANLAN_DATA), "ANLAN_TESTING": "1"}
        # The other process lives in the real present; what was told there is due there.
        Notice.objects.update(kind="escalate")
        command = [sys.executable, "-c", SENDER]
        done = subprocess.run(
            command,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == -signal.SIGKILL, done.stderr
        assert len(box.mails) == 1
        message = Outward.objects.get()
        assert (message.state, message.attempts) == ("waiting", 1)
        city.clock.to(message.claimed_until + timedelta(seconds=1))
        settings.ANLAN_SMTP = {"host": "127.0.0.1", "port": box.port, "user": "", "password": "", "tls": "none",
                               "sender": "anlan@city.example"}  # fmt: skip
        assert send_batch() == [True]
        city.clock.forward(LEASE * 2)
        assert send_batch() == []
        assert [str(mail["Message-ID"]) for mail in box.mails] == [f"<{message.pk}@city.example>"] * 2


def _database() -> dict[str, str]:
    words = connection.get_connection_params()
    host, port, user, name = (
        words.get("host", ""),
        words.get("port", ""),
        words.get("user", ""),
        words["dbname"],
    )
    password = words.get("password", "")
    return {
        "ANLAN_DATABASE_URL": f"postgresql://{user}:{password}@/{name}?host={host}&port={port}",
        "ANLAN_POOL": "0",
    }
