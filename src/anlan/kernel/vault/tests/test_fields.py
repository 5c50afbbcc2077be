"""The sealed field in a real table: plain in Python, sealed in the column, searchable by nothing but its absence."""

from __future__ import annotations

import pytest
from django.core.exceptions import FieldError
from django.db import connection

from anlan.kernel.scope.models import Person
from anlan.kernel.vault import VaultError, ensure_keys, rotate

pytestmark = pytest.mark.django_db
NUMBER = "13800000000"


@pytest.fixture(autouse=True)
def _own_keys(settings, tmp_path) -> None:
    settings.ANLAN_DATA = tmp_path
    ensure_keys(tmp_path / "keys")


def column(pk: object) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT phone FROM {Person._meta.db_table} WHERE id = %s", [pk])
        return cursor.fetchone()[0]


def test_plain_in_python_sealed_in_the_column() -> None:
    person = Person.objects.create(name="张三", phone=NUMBER)
    assert NUMBER not in column(person.pk)
    assert column(person.pk).startswith("v1.")
    assert Person.objects.get(pk=person.pk).phone == NUMBER
    assert column(Person.objects.create(name="无电话", phone="").pk) == ""


def test_two_sealings_of_one_number_differ() -> None:
    one, other = (Person.objects.create(name="甲", phone=NUMBER) for _ in range(2))
    assert column(one.pk) != column(other.pk)


@pytest.mark.parametrize("lookup", ["phone", "phone__contains", "phone__in", "phone__gt", "phone__regex"])
def test_no_search(lookup: str) -> None:
    with pytest.raises(FieldError):
        list(Person.objects.filter(**{lookup: [NUMBER] if lookup.endswith("in") else NUMBER}))


def test_a_value_changed_in_the_database_is_never_shown() -> None:
    person = Person.objects.create(name="张三", phone=NUMBER)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {Person._meta.db_table} SET phone = %s WHERE id = %s", ["13900000000", person.pk]
        )
    with pytest.raises(VaultError, match="phone"):
        Person.objects.get(pk=person.pk)


def test_after_a_rotation_old_and_new_are_readable(tmp_path) -> None:
    old = Person.objects.create(name="旧", phone=NUMBER)
    rotate(tmp_path / "keys")
    new = Person.objects.create(name="新", phone=NUMBER)
    assert column(old.pk).split(".")[1] != column(new.pk).split(".")[1]
    assert {p.phone for p in Person.objects.filter(pk__in=[old.pk, new.pk])} == {NUMBER}
