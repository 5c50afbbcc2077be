"""The loop of an alarm: raised, acknowledged, handled; shelved with a reason and an end. Serves articles 14, 18 and 22.

Instruments open alarms, tell that they cleared or came again; people acknowledge and handle. Lateness climbs to the county,
then the city.
"""

from __future__ import annotations

from anlan.domains.alarms import effects
from anlan.domains.alarms.checks import shelved_for_long, still_raised
from anlan.domains.alarms.models import SERVES, Alarm
from anlan.kernel.loops.declaration import REASON, Ask, Loop, Opening, State, Step, photo
from anlan.kernel.loops.due import Late, date, escalate, overdue, rule
from anlan.kernel.loops.verbs import attach, comment
from anlan.kernel.scope.actor import Actor, ScopedRow
from anlan.kernel.scope.who import Who, post, regulator, supervisor
from anlan.kernel.words import Words


class _Instruments(Who):
    """No person: what the sensors say."""

    def allows(self, actor: Actor, row: ScopedRow, domain: str) -> bool:
        return actor.is_clock

    def words(self) -> Words:
        return Words("由监测数据自动", "By the readings")


instruments: Who = _Instruments()
enterprise = post("main_person", "safety_officer", "worker")
keepers = post("main_person", "safety_officer")
LATENESS = (
    overdue(),
    escalate("alarms.county_after", regulator),
    Late(
        "escalate_city",
        Words("逾期升级至市级", "Escalated to the city"),
        "alarms.city_after",
        watchers=supervisor,
    ),
)


class AlarmLoop(
    Loop, of=Alarm, zh="报警", en="Alarms", serves=SERVES, part="prevention", slug="alarms", prefix="BJ",
):  # fmt: skip
    """From the first crossing of a limit to its disposition."""

    raised = State(
        "待确认",
        "Raised",
        awaits=enterprise,
        due=rule("alarms.acknowledge_within"),
        late=LATENESS,
        tone="warning",
    )
    handling = State(
        "处置中",
        "Being handled",
        awaits=keepers,
        due=rule("alarms.handle_within"),
        late=LATENESS,
        tone="active",
    )
    shelved = State("已搁置", "Shelved", awaits=keepers, due=date("shelved_until"), late=LATENESS)
    closed = State("已处置", "Handled", final=True, tone="done")

    opening = Opening(
        "报警",
        "Raise",
        raised,
        by=instruments,
        asks=["condition", "kind", "raised_at"],
        optional=["value", "bound"],
    )

    acknowledge = Step(
        "确认报警", "Acknowledge", raised, handling, by=enterprise, asks=[], effect=effects.note_acknowledged,
        main=True, help=Words("表示已知道并着手处置", "Says that you know of it and see to it"),
    )  # fmt: skip
    handle = Step(
        "处置完成", "Handled", (raised, handling), closed, by=keepers, asks=["cause", "what_was_done"],
        needs=[photo("after", "处置后照片", "Photo afterwards", required=False)], check=still_raised, main=True,
    )  # fmt: skip
    to_danger = Step(
        "转为隐患", "Make it a hidden danger", (raised, handling), handling, by=keepers,
        asks=[Ask("danger_description", Words("隐患描述", "What is wrong"))], effect=effects.open_danger,
        when=lambda row: row.danger is None,
        help=Words("背后有隐患的，转入隐患治理；报警仍须处置", "Where a danger lies behind it; the alarm is still to be handled"),
    )  # fmt: skip
    shelve = Step(
        "搁置", "Shelve", (raised, handling), shelved, by=keepers, asks=["shelved_until", REASON],
        check=shelved_for_long, dangerous=True,
        help=Words("暂不提醒；到期自动恢复，搁置人负责", "Not announced for a while; it comes back by itself"),
    )  # fmt: skip
    unshelve = Step(
        "取消搁置",
        "Unshelve",
        shelved,
        handling,
        by=keepers | instruments,
        asks=[],
        effect=effects.lift_shelf,
        main=True,
        in_sets=True,
    )
    clear = Step(
        "恢复正常", "Cleared", None, None, by=instruments, asks=[], effect=effects.note_cleared, in_sets=True
    )
    again = Step("再次报警", "Raised again", None, None, by=instruments, asks=[], effect=effects.note_again)

    verbs = (comment(), attach())

    columns = (
        "number",
        "level",
        "state",
        "active",
        "value",
        "bound",
        "raised_at",
        "times",
        "due_at",
        "enterprise",
    )
    facets = ("state", "level", "kind", "cause", "territory", "sector", "is_demo")
    sorts = ("opened_at", "due_at", "raised_at", "times")
    panels = (
        (Words("报警", "The alarm"), ("sensor", "enterprise", "kind", "level", "value", "bound", "raised_at")),
        (Words("传感器现状", "What the sensor says"), ("active", "cleared_at", "times")),
        (Words("处置", "Handling"), ("acknowledged_at", "cause", "what_was_done", "shelved_until")),
    )  # fmt: skip
