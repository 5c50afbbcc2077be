"""Lists of dangers by who found them, of those that recur; and what PostgreSQL has to know of filters that belong together."""

from django.db import migrations, models

from anlan.kernel.indexing import AddIndex

# Filters that belong together, such as who found it and how grave it is: else PostgreSQL takes them for independent, expects a
# page of rows among the newest and reads a whole city back in time where none or few pass both.
TOGETHER = {
    "hiddendanger_grade_finder": "severity, found_by, recurs",
    "hiddendanger_grade_topic": "severity, topic, recurs",
    "hiddendanger_grade_state": "severity, state, recurs",
    "hiddendanger_topic_finder": "topic, found_by",
    "hiddendanger_topic_sector": "topic, sector",
}


class Migration(migrations.Migration):
    dependencies = [
        ("enterprises", "0006_no_names_in_search"),
        ("hidden_dangers", "0008_failing_measure"),
        ("risk", "0003_lists_at_scale"),
        ("scope", "0006_few_bodies"),
    ]

    operations = [
        AddIndex(
            model_name="hiddendanger",
            index=models.Index(fields=["found_by"], name="hiddendanger_by"),
        ),
        AddIndex(
            model_name="hiddendanger",
            index=models.Index(
                condition=models.Q(("recurs", True)), fields=["opened_at", "id"], name="hiddendanger_again"
            ),
        ),
        *(
            migrations.RunSQL(
                f"CREATE STATISTICS {name} (mcv) ON {columns} FROM hidden_dangers_hiddendanger",
                f"DROP STATISTICS IF EXISTS {name}",
            )
            for name, columns in TOGETHER.items()
        ),
    ]
