from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("curation", "0003_drop_unused_tokens"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="item",
            index=models.Index(
                condition=models.Q(("active", False)), fields=["id"], name="item_inactive"
            ),
        ),
    ]
