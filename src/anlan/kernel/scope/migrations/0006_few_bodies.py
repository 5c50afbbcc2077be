"""An index on the kind of a party: government bodies are few among tens of thousands of enterprises."""

from django.db import migrations, models

from anlan.kernel.indexing import AddIndex


class Migration(migrations.Migration):
    dependencies = [
        ("scope", "0005_touched_reader"),
    ]

    operations = [
        AddIndex(
            model_name="party",
            index=models.Index(fields=["kind", "path"], name="scope_party_kind_8f9f94_idx"),
        ),
    ]
