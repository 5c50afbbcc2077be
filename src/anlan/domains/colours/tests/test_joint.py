"""Joint prevention: members see what is shared and nothing else of each other."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from anlan.domains.colours import painting
from anlan.domains.colours.models import EnterpriseColour, FloorPlan, JointGroup, JointMember, SharedRisk
from anlan.domains.colours.tests.firm import Firm
from anlan.domains.enterprises.models import Enterprise
from anlan.domains.hidden_dangers.models import HiddenDanger
from anlan.domains.risk.models import (
    ControlMeasure,
    Division,
    RiskEvent,
    RiskGrading,
    RiskObject,
    RiskUnit,
    WorkPost,
)
from anlan.kernel.identity.models import Account
from anlan.kernel.registers import archive, create
from anlan.kernel.registers.errors import Invalid, NotAllowed

PHONE = "0431-8888 0001"


def client_of(actor: Any) -> Client:
    Account.objects.update(is_demo=True)  # else officers would first have to enrol their second factor
    client = Client()
    client.force_login(Account.objects.get(pk=actor.account_id))
    return client


class Group:
    """A group of the two enterprises; the workshop shares its press."""

    def __init__(self, city: Any) -> None:
        self.city, self.firm = city, Firm(city, city.workshop, city.safety_officer)
        officer = city.city_officer
        place = {"territory": str(city.city.pk)}
        self.row = create(
            JointGroup,
            officer,
            {"name": "东片联防组", "leader": str(city.workshop.pk), "duty_phone": PHONE, **place},
        )
        self.members = [
            create(
                JointMember,
                officer,
                {"group": str(self.row.pk), "enterprise": str(one.pk), "duty_phone": PHONE},
            )
            for one in (city.workshop, city.far_shop)
        ]
        self.shared = create(SharedRisk, city.safety_officer, {
            "group": str(self.row.pk), "risk_object": str(self.firm.object.pk), "emergency_phone": PHONE,
        })  # fmt: skip


@pytest.fixture
def group(city: Any) -> Group:
    return Group(city)


def test_a_member_sees_the_group_its_numbers_and_what_is_shared(city: Any, group: Group) -> None:
    neighbour = city.far_safety_officer
    assert list(JointGroup.seen_by(neighbour)) == [group.row]
    assert {member.enterprise_id for member in JointMember.seen_by(neighbour)} == {
        city.workshop.pk,
        city.far_shop.pk,
    }
    assert [risk.object_name for risk in SharedRisk.seen_by(neighbour)] == ["冲压机"]


@pytest.mark.parametrize(
    "model",
    [
        RiskObject,
        RiskUnit,
        RiskEvent,
        ControlMeasure,
        RiskGrading,
        Division,
        WorkPost,
        FloorPlan,
        EnterpriseColour,
        HiddenDanger,
    ],
)
def test_nothing_else_of_a_neighbour_is_seen(city: Any, group: Group, model: Any) -> None:
    group.firm.graded(4)
    city.reports()
    painting.follow()
    create(FloorPlan, city.safety_officer, {"enterprise": str(city.workshop.pk), "name": "一层"})
    assert not model.seen_by(city.far_safety_officer).filter(holder=city.workshop.holder).exists()
    assert not Enterprise.seen_by(city.far_safety_officer).filter(pk=city.workshop.pk).exists()


def test_what_is_shared_tells_no_place_and_no_person(group: Group) -> None:
    group.shared.refresh_from_db()
    assert (group.shared.longitude, group.shared.latitude, group.shared.address, group.shared.cell) == (
        None,
        None,
        "",
        "",
    )
    assert group.shared.territory_id == group.row.territory_id
    told = {
        *SharedRisk.kept.columns,
        *SharedRisk.kept.asks,
        *(name for _, names in SharedRisk.kept.panels for name in names),
    }
    assert told == {"group", "enterprise", "risk_object", "object_name", "risk_level", "emergency_phone"}


def test_who_leaves_a_group_takes_along_what_it_shared(city: Any, group: Group) -> None:
    assert SharedRisk.seen_by(city.far_safety_officer).filter(pk=group.shared.pk, archived_at=None).exists()
    member = JointMember.unscoped("a test reads it").get(group=group.row, enterprise=group.shared.enterprise)
    archive(JointMember, member.pk, city.city_officer, "退出联防")
    assert not SharedRisk.seen_by(city.far_safety_officer).filter(pk=group.shared.pk).exists()
    group.shared.refresh_from_db()
    assert group.shared.archive_reason == "退出联防"


def test_who_is_in_no_group_sees_nothing(city: Any, group: Group) -> None:
    archive(JointMember, group.members[1].pk, city.city_officer, "退出联防")
    for model in (JointGroup, JointMember, SharedRisk):
        assert not model.seen_by(city.far_safety_officer).filter(archived_at=None).exists()
    archive(JointGroup, group.row.pk, city.city_officer, "解散")
    assert not JointGroup.seen_by(city.far_safety_officer).exists()


def test_a_member_reads_and_does_not_write(city: Any, group: Group) -> None:
    assert not SharedRisk.actable_by(city.far_safety_officer).filter(pk=group.shared.pk).exists()
    with pytest.raises((NotAllowed, Invalid)):
        create(SharedRisk, city.far_safety_officer, {
            "group": str(group.row.pk), "risk_object": str(group.firm.object.pk), "emergency_phone": PHONE,
        })  # fmt: skip
    with pytest.raises(NotAllowed):
        create(JointMember, city.far_safety_officer, {
            "group": str(group.row.pk), "enterprise": str(city.far_shop.pk), "duty_phone": PHONE,
        })  # fmt: skip


def test_only_a_member_shares(city: Any, group: Group) -> None:
    archive(JointMember, group.members[0].pk, city.city_officer, "退出联防")
    archive(SharedRisk, group.shared.pk, city.safety_officer, "退出联防")
    with pytest.raises(Invalid):
        create(SharedRisk, city.safety_officer, {
            "group": str(group.row.pk), "risk_object": str(group.firm.object.pk), "emergency_phone": PHONE,
        })  # fmt: skip


def test_the_level_follows_the_object_and_an_archived_object_is_shared_no_more(
    city: Any, group: Group
) -> None:
    group.firm.graded(4)
    painting.follow()
    group.shared.refresh_from_db()
    assert group.shared.risk_level == 4
    archive(RiskObject, group.firm.object.pk, city.safety_officer, "已拆除")
    painting.follow()
    assert not SharedRisk.seen_by(city.far_safety_officer).exists()


def test_neighbours_are_told_no_names_of_people(city: Any, group: Group) -> None:
    create(
        WorkPost,
        city.safety_officer,
        {"enterprise": str(city.workshop.pk), "name": "冲压工", "person_name": "赵不传"},
    )
    client = client_of(city.far_safety_officer)
    page = client.get(f"/shared-risks/{group.shared.pk}/").content.decode()
    assert "冲压机" in page
    assert PHONE in page
    assert "沿革" not in page
    assert client.get(f"/api/v1/shared-risks/{group.shared.pk}/history").json()["items"] == []
    for path in (
        f"/risk-objects/{group.firm.object.pk}/",
        f"/api/v1/risk-objects/{group.firm.object.pk}",
        f"/enterprises/{city.workshop.pk}/",
    ):
        assert client.get(path).status_code == 404
    told = client.get(f"/api/v1/shared-risks/{group.shared.pk}").content.decode()
    assert "125.32" not in told
    assert city.workshop.credit_code not in told


def test_who_shares_sees_the_history_of_it(city: Any, group: Group) -> None:
    assert "沿革" in client_of(city.safety_officer).get(f"/shared-risks/{group.shared.pk}/").content.decode()
