"""Figures are counted by day: a day is read off an index, not out of the whole table."""

from django.db import migrations, models

from anlan.kernel.indexing import AddIndex


class Migration(migrations.Migration):
    dependencies = [
        ("enterprises", "0010_scale_unknown"),
        ("scope", "0007_characters_of_names"),
    ]

    operations = [
        AddIndex(
            model_name="enterprise",
            index=models.Index(fields=["created_at"], name="enterprise_counted"),
        ),
    ]
