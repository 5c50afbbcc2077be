"""What the form of an enterprise tells at once, what its list shows, and by which words a row is found."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client

from anlan.domains.enterprises.models import Enterprise
from anlan.kernel import clock
from anlan.kernel.identity.models import Account
from anlan.kernel.ids import new_id
from anlan.kernel.registers import Listing, create, edit
from anlan.kernel.registers.bulk import Entering, create_many
from anlan.kernel.registers.errors import Invalid


def signed_in(actor: Any) -> Client:
    account = Account.objects.get(pk=actor.account_id)
    account.totp_confirmed_at = clock.now()  # officials need a second factor
    account.save(update_fields=["totp_confirmed_at"])
    client = Client()
    client.force_login(account)
    return client


def test_every_fault_is_told_at_once_beside_its_field(city: Any) -> None:
    with pytest.raises(Invalid) as refused:
        create(Enterprise, city.officer, {})
    assert set(refused.value.errors) >= {"name", "credit_code", "territory", "industry"}
    page = signed_in(city.officer).post("/enterprises/new", {"longitude": "125.3"}).content.decode()
    for name in ("name", "credit_code", "territory", "longitude"):
        assert f'href="#id_{name}"' in page, "the list of faults leads to the field"


@pytest.mark.parametrize(
    ("given", "told", "silent"),
    [
        ({"credit_code": "12345"}, {"name", "credit_code"}, {"foreign_id"}),
        ({"foreign_id": "1000"}, {"name", "foreign_issuer"}, {"credit_code"}),
        ({"foreign_id": "1000", "foreign_issuer": "EPA RMP", "industry": "99999"}, {"name", "industry"}, {"credit_code"}),
        ({"credit_code": "x" * 31}, {"name", "credit_code"}, {"foreign_id", "foreign_issuer"}),
        ({"longitude": "125.3", "credit_code": "1"}, {"name", "longitude", "credit_code"}, {"latitude"}),
        ({"longitude": "500", "latitude": "43"}, {"name", "longitude"}, {"latitude"}),
    ],
)  # fmt: skip
def test_what_is_known_of_a_fault_does_not_wait_for_the_other_fields(
    city: Any, given: dict[str, str], told: set[str], silent: set[str]
) -> None:
    with pytest.raises(Invalid) as refused:
        create(Enterprise, city.officer, given)
    assert told <= set(refused.value.errors)
    assert not silent & set(refused.value.errors)
    (many,) = create_many(Enterprise, city.officer, [Entering(given, new_id())])
    assert isinstance(many, Invalid)
    assert many.errors == refused.value.errors, "many rows are told the same as one"


def test_an_edit_tells_every_fault_at_once(city: Any) -> None:
    with pytest.raises(Invalid) as refused:
        edit(Enterprise, city.workshop.pk, city.officer, {"name": "", "credit_code": ""})
    assert set(refused.value.errors) == {"name", "credit_code"}
    with pytest.raises(Invalid) as refused:
        edit(Enterprise, city.workshop.pk, city.officer, {"name": "", "employees": "7"})
    assert set(refused.value.errors) == {"name"}, "what stands and is sound is no fault"


def test_the_list_of_what_is_registered_abroad_shows_its_number(city: Any) -> None:
    answers = {
        "name": "境外试验公司", "territory": str(city.village.pk), "industry": "3489", "foreign_id": "RMP-100042",
        "foreign_issuer": "EPA RMP",
    }  # fmt: skip
    create(Enterprise, city.officer, answers)
    client = signed_in(city.officer)
    assert "RMP-100042" not in client.get("/enterprises/").content.decode()
    shown = client.get("/enterprises/?foreign=1").content.decode()
    assert "RMP-100042" in shown
    assert "境外登记号" in shown
    assert "RMP-100042" not in client.get("/enterprises/?foreign=0").content.decode()


def test_an_old_row_is_found_by_its_main_person_no_more(city: Any) -> None:
    edit(Enterprise, city.workshop.pk, city.officer, {"legal_representative": "欧阳试验"})
    table = Enterprise._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{table}" SET search = %s::tsvector WHERE id = %s',
            ["'欧阳':1 '阳试':2 '试验':3 '验':4", city.workshop.pk],
        )

    def found(words: str) -> int:
        kept = Enterprise.kept
        asked = Listing(Enterprise, city.officer, kept.facets, kept.sorts, kept.order)
        return int(asked.page({"q": [words]}).count)

    assert found("欧阳试验") == 1
    migration = import_module("anlan.domains.enterprises.migrations.0006_no_names_in_search")
    with connection.schema_editor() as editor:
        migration.make_anew(apps, editor)
    assert found("欧阳试验") == 0
    row = Enterprise.seen_by(city.officer).get(pk=city.workshop.pk)
    assert found(row.name) == 1
    assert found(str(row.credit_code)) == 1
