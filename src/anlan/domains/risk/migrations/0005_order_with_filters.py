"""The order of a list holds what scope and filters ask of a row, so that rows passed over are not fetched."""

from django.db import migrations, models

from anlan.kernel.indexing import AddIndex, RemoveIndex


class Migration(migrations.Migration):
    dependencies = [
        ("enterprises", "0006_no_names_in_search"),
        ("risk", "0004_map_of_levels"),
        ("scope", "0007_characters_of_names"),
    ]

    operations = [
        RemoveIndex(
            model_name="controlmeasure",
            name="controlmeasure_order",
        ),
        RemoveIndex(
            model_name="riskevent",
            name="riskevent_order",
        ),
        RemoveIndex(
            model_name="riskobject",
            name="riskobject_order",
        ),
        RemoveIndex(
            model_name="riskunit",
            name="riskunit_order",
        ),
        RemoveIndex(
            model_name="workpost",
            name="workpost_order",
        ),
        AddIndex(
            model_name="controlmeasure",
            index=models.Index(
                fields=["risk_level", "id"],
                include=(
                    "path",
                    "sector",
                    "sensitivity",
                    "holder",
                    "archived_at",
                    "is_demo",
                    "control_layer",
                    "kind",
                    "check_cycle_unit",
                    "data_source",
                ),
                name="controlmeasure_order",
            ),
        ),
        AddIndex(
            model_name="riskevent",
            index=models.Index(
                fields=["risk_level", "id"],
                include=(
                    "path",
                    "sector",
                    "sensitivity",
                    "holder",
                    "archived_at",
                    "is_demo",
                    "residual_level",
                    "control_layer",
                    "factor_class",
                    "accident_type",
                    "worksheet",
                ),
                name="riskevent_order",
            ),
        ),
        AddIndex(
            model_name="riskobject",
            index=models.Index(
                fields=["risk_level", "id"],
                include=("path", "sector", "sensitivity", "holder", "archived_at", "is_demo", "kind"),
                name="riskobject_order",
            ),
        ),
        AddIndex(
            model_name="riskunit",
            index=models.Index(
                fields=["risk_level", "id"],
                include=("path", "sector", "sensitivity", "holder", "archived_at", "is_demo"),
                name="riskunit_order",
            ),
        ),
        AddIndex(
            model_name="workpost",
            index=models.Index(
                fields=["name", "id"],
                include=("path", "sector", "sensitivity", "holder", "archived_at", "is_demo"),
                name="workpost_order",
            ),
        ),
    ]
