"""The partitioned tables and the functions that make and drop their partitions."""

from django.db import migrations

from anlan.streams.tables import BACKWARDS, FORWARDS


class Migration(migrations.Migration):
    dependencies = [("streams", "0001_initial")]

    operations = [migrations.RunSQL(list(FORWARDS), BACKWARDS)]
