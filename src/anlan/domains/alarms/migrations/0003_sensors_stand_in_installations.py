# A sensor names the unit it stands in; what was written in words stays as a note of the place.

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("alarms", "0002_conditions"),
        ("installations", "0003_submitted_and_refused"),
    ]

    operations = [
        migrations.RenameField(model_name="sensor", old_name="installation", new_name="place_note"),
        migrations.AlterField(
            model_name="sensor",
            name="place_note",
            field=models.CharField(blank=True, default="", max_length=80, verbose_name="装置（文字）"),
        ),
        migrations.AddField(
            model_name="sensor",
            name="installation",
            field=models.ForeignKey(
                blank=True,
                help_text="填单元名称或者备案编号",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="installations.installation",
                verbose_name="重大危险源（单元）",
            ),
        ),
    ]
