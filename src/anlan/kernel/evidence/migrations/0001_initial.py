import django.db.models.deletion
from django.db import migrations, models

import anlan.kernel.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("ledger", "0002_append_only"),
        ("scope", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Evidence",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=anlan.kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("path", models.CharField(db_collation="C", editable=False, max_length=120)),
                (
                    "sector",
                    models.CharField(
                        choices=[
                            ("work_safety", "安全生产综合（工矿商贸）"),
                            ("chemicals", "危险化学品"),
                            ("industry", "工业和信息化"),
                            ("housing_construction", "住房城乡建设"),
                            ("urban_management", "城市管理（燃气）"),
                            ("transport", "交通运输"),
                            ("market_regulation", "市场监管（特种设备）"),
                            ("fire", "消防"),
                            ("agriculture", "农业农村"),
                            ("commerce", "商务"),
                            ("education", "教育"),
                            ("health", "卫生健康"),
                            ("culture_tourism", "文化旅游"),
                            ("water", "水利"),
                            ("energy", "能源电力"),
                            ("natural_resources", "自然资源"),
                            ("public_security", "公安"),
                            ("civil_affairs", "民政"),
                        ],
                        default="work_safety",
                        max_length=32,
                        verbose_name="监管行业领域",
                    ),
                ),
                (
                    "sensitivity",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "公开"), (1, "内部"), (2, "个人信息"), (3, "保密"), (4, "举报人信息")],
                        default=1,
                        editable=False,
                        verbose_name="敏感级别",
                    ),
                ),
                ("is_demo", models.BooleanField(default=False, editable=False, verbose_name="演示数据")),
                ("sha256", models.CharField(db_index=True, max_length=64)),
                ("sm3", models.CharField(max_length=64)),
                ("size", models.BigIntegerField()),
                ("media_type", models.CharField(max_length=100)),
                ("name", models.CharField(max_length=200)),
                ("width", models.PositiveIntegerField(null=True)),
                ("height", models.PositiveIntegerField(null=True)),
                ("captured_at", models.DateTimeField(null=True)),
                ("captured_lng", models.FloatField(null=True)),
                ("captured_lat", models.FloatField(null=True)),
                ("accuracy_m", models.FloatField(null=True)),
                ("camera_at", models.DateTimeField(null=True)),
                ("camera_lng", models.FloatField(null=True)),
                ("camera_lat", models.FloatField(null=True)),
                ("uploaded_by", models.UUIDField(db_index=True, null=True)),
                ("received_at", models.DateTimeField()),
                ("bound", models.BooleanField(default=False)),
                (
                    "holder",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="scope.party",
                        verbose_name="所属单位",
                    ),
                ),
            ],
            options={
                "db_table": "evidence",
                "indexes": [models.Index(fields=["path"], name="evidence_path")],
            },
        ),
        migrations.CreateModel(
            name="EvidenceLink",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=anlan.kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("chain", models.UUIDField(db_index=True)),
                ("purpose", models.CharField(max_length=40)),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="evidence_links",
                        to="ledger.ledgerentry",
                    ),
                ),
                (
                    "evidence",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="links",
                        to="evidence.evidence",
                    ),
                ),
            ],
            options={
                "db_table": "evidence_link",
                "constraints": [
                    models.UniqueConstraint(fields=("evidence", "entry"), name="evidence_link_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Upload",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=anlan.kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("account", models.UUIDField(db_index=True)),
                ("length", models.BigIntegerField()),
                ("metadata", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(db_index=True)),
                (
                    "evidence",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="evidence.evidence",
                    ),
                ),
            ],
            options={
                "db_table": "evidence_upload",
            },
        ),
    ]
