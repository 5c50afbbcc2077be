"""The map of risk objects reads their levels from its own index, so that no row is looked at."""

from django.db import migrations, models

from anlan.kernel.indexing import AddIndex, RemoveIndex


class Migration(migrations.Migration):
    dependencies = [
        ("enterprises", "0006_no_names_in_search"),
        ("risk", "0003_lists_at_scale"),
        ("scope", "0006_few_bodies"),
    ]

    operations = [
        RemoveIndex(
            model_name="riskobject",
            name="riskobject_map",
        ),
        AddIndex(
            model_name="riskobject",
            index=models.Index(
                condition=models.Q(("hexagon__isnull", False)),
                fields=["hexagon"],
                include=(
                    "path",
                    "sector",
                    "sensitivity",
                    "holder",
                    "longitude",
                    "latitude",
                    "id",
                    "archived_at",
                    "risk_level",
                ),
                name="riskobject_map",
            ),
        ),
    ]
