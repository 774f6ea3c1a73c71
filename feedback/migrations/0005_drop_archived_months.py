"""The function that drops a month whose rows stand in a verified archive.

Run-time roles may not drop tables; the function may, because it belongs to the role that migrates, and it drops nothing
but a month of interactions or impressions that is over. Who holds the tables for long is not waited for: while the drop
waits, everybody else waits behind it.
"""

from django.db import migrations

DROP_MONTH = """
CREATE FUNCTION feedback_drop_month(parent text, at timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
    starts timestamp := date_trunc('month', at AT TIME ZONE 'UTC');
    partition text := format('%s_%s', parent, to_char(starts, 'YYYYMM'));
BEGIN
    IF parent IS NULL OR parent NOT IN ('feedback_interaction', 'feedback_impression') THEN
        RAISE EXCEPTION '% is not kept by month', parent USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF starts IS NULL OR starts >= date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC') THEN
        RAISE EXCEPTION 'the month of % is not over', at USING ERRCODE = 'datetime_field_overflow';
    END IF;
    IF to_regclass(partition) IS NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', parent, partition);
    EXECUTE format('DROP TABLE %I', partition);
    RETURN true;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("feedback", "0004_reward_tables")]

    operations = [
        migrations.RunSQL(
            DROP_MONTH, "DROP FUNCTION feedback_drop_month(text, timestamptz)", elidable=False
        ),
    ]
