"""Enterprises without a place in an index of their own: of many few, and every map says how many they are."""

from django.db import migrations, models

from anlan.kernel.indexing import AddIndex


class Migration(migrations.Migration):
    dependencies = [
        ("enterprises", "0007_order_with_filters"),
        ("scope", "0006_few_bodies"),
    ]

    operations = [
        AddIndex(
            model_name="enterprise",
            index=models.Index(
                condition=models.Q(("hexagon", None)), fields=["path"], name="enterprise_unplaced"
            ),
        ),
    ]
