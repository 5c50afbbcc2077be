"""The map of major dangers reads an index of these alone, of all dangers few; so does the count of those without a place."""

from django.db import migrations, models

from anlan.kernel.indexing import AddIndex


class Migration(migrations.Migration):
    dependencies = [
        ("enterprises", "0006_no_names_in_search"),
        ("hidden_dangers", "0009_few_values"),
        ("scope", "0006_few_bodies"),
    ]

    operations = [
        AddIndex(
            model_name="hiddendanger",
            index=models.Index(
                condition=models.Q(("hexagon__isnull", False), ("severity", "major")),
                fields=["hexagon"],
                include=(
                    "path",
                    "sector",
                    "sensitivity",
                    "holder",
                    "longitude",
                    "latitude",
                    "id",
                    "state",
                    "closed_at",
                    "severity",
                ),
                name="hiddendanger_majormap",
            ),
        ),
        AddIndex(
            model_name="hiddendanger",
            index=models.Index(
                condition=models.Q(("hexagon", None)), fields=["path"], name="hiddendanger_unplaced"
            ),
        ),
    ]
