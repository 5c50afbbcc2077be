"""Two filters that seldom meet are answered from an index alone: it holds what scope and the other filters ask."""

from django.db import migrations, models

from anlan.kernel.indexing import AddIndex, RemoveIndex

SIFTED = ("path", "sensitivity", "holder", "state", "topic", "found_by", "found_on")


class Migration(migrations.Migration):
    dependencies = [("hidden_dangers", "0010_map_of_major_ones")]

    operations = [
        RemoveIndex(model_name="hiddendanger", name="hiddendanger_graded"),
        RemoveIndex(model_name="hiddendanger", name="hiddendanger_sector"),
        RemoveIndex(model_name="hiddendanger", name="hiddendanger_again"),
        AddIndex(
            model_name="hiddendanger",
            index=models.Index(
                fields=["sector", "opened_at", "id"],
                include=(*SIFTED, "severity", "recurs"),
                name="hiddendanger_sector",
            ),
        ),
        AddIndex(
            model_name="hiddendanger",
            index=models.Index(
                condition=models.Q(("recurs", True)),
                fields=["opened_at", "id"],
                include=("sector", *SIFTED, "severity"),
                name="hiddendanger_again",
            ),
        ),
        AddIndex(
            model_name="hiddendanger",
            index=models.Index(
                condition=models.Q(("severity", "major")),
                fields=["opened_at", "id"],
                include=("sector", *SIFTED, "recurs"),
                name="hiddendanger_major",
            ),
        ),
    ]
