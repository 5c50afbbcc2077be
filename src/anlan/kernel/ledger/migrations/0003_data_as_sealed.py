"""What an entry says is kept as the text its digests cover, no longer in an order of PostgreSQL's own.

Entries that are there keep the text PostgreSQL gives them now: a check tells it by its blanks and puts it in order, as it
did before. The table is written anew once while nobody may read or write it, some minutes for millions of entries and as
much room beside it; to put every entry in order as well would take more than an hour.
"""

from django.db import migrations

import anlan.kernel.ledger.sealed

AS_SEALED = "ALTER TABLE ledger_entry ALTER COLUMN data TYPE json USING data::json"
AS_BEFORE = "ALTER TABLE ledger_entry ALTER COLUMN data TYPE jsonb USING data::jsonb"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_append_only")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(AS_SEALED, AS_BEFORE)],
            state_operations=[
                migrations.AlterField(
                    "ledgerentry", "data", anlan.kernel.ledger.sealed.SealedJSON(default=dict)
                )
            ],
        ),
    ]
