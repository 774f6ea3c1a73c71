"""Room in the pages of ratings: a member's next word on the same item stays in its page and off the indexes."""

from django.db import migrations

ROOM = "ALTER TABLE feedback_rating SET (fillfactor = 60)"


class Migration(migrations.Migration):
    dependencies = [("feedback", "0006_what_training_must_know_of_archived_months")]

    operations = [
        migrations.RunSQL(ROOM, "ALTER TABLE feedback_rating RESET (fillfactor)", elidable=False)
    ]
