from django.db import migrations, models

from anlan.kernel.indexing import AddIndex


class Migration(migrations.Migration):
    dependencies = [("identity", "0003_signed_in")]

    operations = [
        AddIndex(
            model_name="account",
            index=models.Index(condition=models.Q(("is_demo", True)), fields=["id"], name="account_demo"),
        ),
    ]
