"""Words to find an enterprise by hold no person's name any more: those of rows written before are made anew."""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from anlan.kernel.registers.searching import vector_of

BATCH = 2000
COLUMNS = ("name", "credit_code", "foreign_id", "address", "territory__name")


def make_anew(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Fill the search column of every enterprise that names its main person."""
    model: Any = apps.get_model("enterprises", "Enterprise")
    rows = model._base_manager.exclude(legal_representative="").order_by("pk")
    table, after = model._meta.db_table, None
    while True:
        found = list((rows.filter(pk__gt=after) if after else rows).values_list("pk", *COLUMNS)[:BATCH])
        if not found:
            return
        pairs = [(vector_of(" ".join(str(one) for one in words if one)), pk) for pk, *words in found]
        with schema_editor.connection.cursor() as cursor:
            cursor.executemany(f'UPDATE "{table}" SET "search" = %s::tsvector WHERE "id" = %s', pairs)  # noqa: S608 - ours
        after = found[-1][0]


class Migration(migrations.Migration):
    dependencies = [("enterprises", "0005_foreign_numbers"), ("scope", "0001_initial")]

    operations = [migrations.RunPython(make_anew, migrations.RunPython.noop)]
