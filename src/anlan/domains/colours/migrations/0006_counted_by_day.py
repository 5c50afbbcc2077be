"""Figures are counted by day: a day is read off an index, not out of the whole table."""

from django.db import migrations, models

from anlan.kernel.indexing import AddIndex


class Migration(migrations.Migration):
    dependencies = [
        ("colours", "0005_former_colours"),
        ("enterprises", "0009_seldom_filters"),
        ("scope", "0007_characters_of_names"),
    ]

    operations = [
        AddIndex(
            model_name="enterprisecolour",
            index=models.Index(fields=["created_at"], name="enterprisecolour_counted"),
        ),
    ]
