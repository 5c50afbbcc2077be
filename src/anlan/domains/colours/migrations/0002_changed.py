"""Colours are found by their last change, so that an open map asks for the tiles alone in which something changed."""

from django.db import migrations, models

from anlan.kernel.indexing import AddIndex


class Migration(migrations.Migration):
    dependencies = [("colours", "0001_initial"), ("enterprises", "0006_no_names_in_search")]

    operations = [
        AddIndex(
            model_name="enterprisecolour",
            index=models.Index(fields=["updated_at", "id"], name="enterprisecolour_changed"),
        ),
        # A colour is found by the words of its enterprise, which were made anew.
        migrations.RunSQL(
            "UPDATE colours_enterprisecolour c SET search = e.search FROM enterprises_enterprise e"
            " WHERE c.enterprise_id = e.id AND c.search IS DISTINCT FROM e.search",
            migrations.RunSQL.noop,
        ),
    ]
