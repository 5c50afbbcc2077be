"""Two filters that seldom meet are answered from an index alone: it holds what scope and the other filters ask."""

from django.db import migrations, models

from anlan.kernel.indexing import AddIndex, RemoveIndex

SIFTED = ("path", "sector", "sensitivity", "holder", "state", "is_demo")
SIFTED_DANGER = (*SIFTED, "topic", "severity", "found_by", "found_on", "recurs")


def sifted(name: str, *fields: str, condition: models.Q | None = None) -> AddIndex:
    held = tuple(column for column in SIFTED_DANGER if column not in fields)
    index = models.Index(fields=[*fields, "opened_at", "id"], name=name, include=held, condition=condition)
    return AddIndex(model_name="hiddendanger", index=index)


class Migration(migrations.Migration):
    dependencies = [("hidden_dangers", "0010_map_of_major_ones")]

    operations = [
        *(
            RemoveIndex(model_name="hiddendanger", name=f"hiddendanger_{name}")
            for name in ("graded", "opened", "stands", "topic", "sector", "again")
        ),
        sifted("hiddendanger_opened", "path"),
        sifted("hiddendanger_stands", "state"),
        sifted("hiddendanger_topic", "topic"),
        sifted("hiddendanger_sector", "sector"),
        sifted("hiddendanger_again", condition=models.Q(("recurs", True))),
        sifted("hiddendanger_major", condition=models.Q(("severity", "major"))),
        AddIndex(
            model_name="listedsupervision",
            index=models.Index(fields=["level", "opened_at", "id"], name="listing_level", include=SIFTED),
        ),
    ]
