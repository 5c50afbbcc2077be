"""The order of a list holds what scope and filters ask of a row, so that rows passed over are not fetched."""

from django.db import migrations, models

from anlan.kernel.indexing import AddIndex


class Migration(migrations.Migration):
    dependencies = [
        ("colours", "0003_map_of_levels"),
        ("enterprises", "0006_no_names_in_search"),
        ("scope", "0007_characters_of_names"),
    ]

    operations = [
        AddIndex(
            model_name="enterprisecolour",
            index=models.Index(
                condition=models.Q(("archived_at", None)),
                fields=["risk_level", "id"],
                include=(
                    "path",
                    "sector",
                    "sensitivity",
                    "holder",
                    "archived_at",
                    "is_demo",
                    "former_level",
                    "section",
                ),
                name="enterprisecolour_order",
            ),
        ),
    ]
