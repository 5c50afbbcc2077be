"""An index of what a check is filtered by: a filter that few checks pass read all of them before."""

from django.db import migrations, models

from anlan.kernel.indexing import AddIndex


class Migration(migrations.Migration):
    dependencies = [
        ("checks", "0003_one_index_each"),
        ("enterprises", "0006_no_names_in_search"),
        ("risk", "0004_map_of_levels"),
        ("scope", "0007_characters_of_names"),
    ]

    operations = [
        AddIndex(
            model_name="checktask",
            index=models.Index(fields=["state", "climbed", "risk_level"], name="checktask_told"),
        ),
    ]
