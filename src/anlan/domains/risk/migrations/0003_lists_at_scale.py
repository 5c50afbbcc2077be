"""Indexes for the lists of a million measures and what stands above them: their order, and each filter of few values."""

from django.db import migrations, models

from anlan.kernel.indexing import AddIndex


class Migration(migrations.Migration):
    dependencies = [
        ("enterprises", "0006_no_names_in_search"),
        ("risk", "0002_assess_by"),
        ("scope", "0006_few_bodies"),
    ]

    operations = [
        AddIndex(
            model_name="controlmeasure",
            index=models.Index(fields=["risk_level", "id"], name="controlmeasure_order"),
        ),
        AddIndex(
            model_name="controlmeasure",
            index=models.Index(fields=["control_layer"], name="controlmeasure_by_layer"),
        ),
        AddIndex(
            model_name="controlmeasure",
            index=models.Index(fields=["kind"], name="controlmeasure_by_kind"),
        ),
        AddIndex(
            model_name="controlmeasure",
            index=models.Index(fields=["check_cycle_unit"], name="controlmeasure_by_unit"),
        ),
        AddIndex(
            model_name="controlmeasure",
            index=models.Index(fields=["data_source"], name="controlmeasure_by_source"),
        ),
        AddIndex(
            model_name="controlmeasure",
            index=models.Index(fields=["sector"], name="controlmeasure_by_sector"),
        ),
        AddIndex(
            model_name="riskevent",
            index=models.Index(fields=["risk_level", "id"], name="riskevent_order"),
        ),
        AddIndex(
            model_name="riskevent",
            index=models.Index(fields=["residual_level"], name="riskevent_by_level"),
        ),
        AddIndex(
            model_name="riskevent",
            index=models.Index(fields=["control_layer"], name="riskevent_by_layer"),
        ),
        AddIndex(
            model_name="riskevent",
            index=models.Index(fields=["factor_class"], name="riskevent_by_class"),
        ),
        AddIndex(
            model_name="riskevent",
            index=models.Index(fields=["accident_type"], name="riskevent_by_type"),
        ),
        AddIndex(
            model_name="riskevent",
            index=models.Index(fields=["worksheet"], name="riskevent_by_worksheet"),
        ),
        AddIndex(
            model_name="riskevent",
            index=models.Index(fields=["sector"], name="riskevent_by_sector"),
        ),
        AddIndex(
            model_name="riskobject",
            index=models.Index(fields=["risk_level", "id"], name="riskobject_order"),
        ),
        AddIndex(
            model_name="riskobject",
            index=models.Index(fields=["kind"], name="riskobject_by_kind"),
        ),
        AddIndex(
            model_name="riskobject",
            index=models.Index(fields=["sector"], name="riskobject_by_sector"),
        ),
        AddIndex(
            model_name="riskunit",
            index=models.Index(fields=["risk_level", "id"], name="riskunit_order"),
        ),
        AddIndex(
            model_name="riskunit",
            index=models.Index(fields=["sector"], name="riskunit_by_sector"),
        ),
        AddIndex(
            model_name="workpost",
            index=models.Index(fields=["name", "id"], name="workpost_order"),
        ),
        AddIndex(
            model_name="workpost",
            index=models.Index(fields=["sector"], name="workpost_by_sector"),
        ),
    ]
