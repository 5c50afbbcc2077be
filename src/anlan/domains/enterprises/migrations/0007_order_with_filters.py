"""The order of a list holds what scope and filters ask of a row, so that rows passed over are not fetched."""

from django.db import migrations, models

from anlan.kernel.indexing import AddIndex, RemoveIndex


class Migration(migrations.Migration):
    dependencies = [
        ("enterprises", "0006_no_names_in_search"),
        ("scope", "0007_characters_of_names"),
    ]

    operations = [
        RemoveIndex(
            model_name="enterprise",
            name="enterprise_name",
        ),
        AddIndex(
            model_name="enterprise",
            index=models.Index(
                fields=["name", "id"],
                include=(
                    "path",
                    "sector",
                    "sensitivity",
                    "holder",
                    "archived_at",
                    "is_demo",
                    "scale",
                    "operation",
                    "handles_hazardous_chemicals",
                    "has_major_hazard",
                    "has_explosive_dust",
                    "uses_ammonia",
                    "has_confined_space",
                    "is_crowded_place",
                ),
                name="enterprise_order",
            ),
        ),
    ]
