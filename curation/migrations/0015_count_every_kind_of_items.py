"""What members did with each item, kind by kind."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("curation", "0014_find_items_by_words"),
    ]

    operations = [
        migrations.AddField(
            model_name="itemstats",
            name="favourites",
            field=models.IntegerField(db_default=0, default=0, verbose_name="favourites"),
        ),
        migrations.AddField(
            model_name="itemstats",
            name="not_interested",
            field=models.IntegerField(db_default=0, default=0, verbose_name="times not interested"),
        ),
        migrations.AddField(
            model_name="itemstats",
            name="purchases",
            field=models.IntegerField(db_default=0, default=0, verbose_name="purchases"),
        ),
        migrations.AddField(
            model_name="itemstats",
            name="shares",
            field=models.IntegerField(db_default=0, default=0, verbose_name="shares"),
        ),
        migrations.AddField(
            model_name="itemstats",
            name="views",
            field=models.IntegerField(db_default=0, default=0, verbose_name="views"),
        ),
    ]
