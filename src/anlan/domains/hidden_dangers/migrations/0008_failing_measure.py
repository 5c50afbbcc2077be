"""The control measure whose failing is the danger, whoever found it."""

import django.db.models.deletion
from django.db import migrations, models

import anlan.kernel.words


class Migration(migrations.Migration):
    dependencies = [("risk", "0002_assess_by"), ("hidden_dangers", "0007_filters_that_seldom_meet")]

    operations = [
        migrations.AddField(
            model_name="hiddendanger",
            name="control_measure",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="risk.controlmeasure",
                verbose_name=anlan.kernel.words.Words("失效的管控措施", "Control measure that fails"),
            ),
        ),
    ]
