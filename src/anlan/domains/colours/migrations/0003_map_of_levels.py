"""The map of today's colours reads an index of today's colours, however many days there were before."""

from django.db import migrations, models

from anlan.kernel.indexing import AddIndex


class Migration(migrations.Migration):
    dependencies = [
        ("colours", "0002_changed"),
        ("enterprises", "0006_no_names_in_search"),
        ("scope", "0006_few_bodies"),
    ]

    operations = [
        AddIndex(
            model_name="enterprisecolour",
            index=models.Index(
                condition=models.Q(("archived_at", None), ("hexagon__isnull", False)),
                fields=["hexagon"],
                include=(
                    "path",
                    "sector",
                    "sensitivity",
                    "holder",
                    "longitude",
                    "latitude",
                    "id",
                    "risk_level",
                ),
                name="enterprisecolour_nowmap",
            ),
        ),
    ]
