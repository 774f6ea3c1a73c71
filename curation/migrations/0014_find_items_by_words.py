import django.contrib.postgres.indexes
from django.db import migrations
from django.db.models import Func

# Text that is written without spaces: Thai to Lao, Burmese, Khmer, kana, ideographs, Hangul.
UNSPACED = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
    r"\U00020000-\U0003ffff"
)
# What stands between words: spaces and punctuation of all widths.
BETWEEN = (
    r"\u0001-\u002f:-@\[-`{-\u00bf\u2000-\u206f\u3000-\u303f\ufe10-\ufe1f\uff00-\uff0f\uff1a-\uff20"
    r"\uff3b-\uff40\uff5b-\uff65"
)

# Bodies in the SQL standard's form are bound when they are made, so that they hold under any search path. None of them
# may fail for any text: a row whose words cannot be read could not be written.
FUNCTIONS = rf"""
CREATE FUNCTION curation_folded(words text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN normalize(translate(
    lower(regexp_replace(normalize(words, NFKD), '[\u0300-\u036f]+', '', 'g')), 'łøđðħıŧ', 'loddhit'
), NFKC);
COMMENT ON FUNCTION curation_folded IS 'a text without case, accents and differences of width';

CREATE FUNCTION curation_apart(folded text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN regexp_replace(folded, '([{UNSPACED}]+)', ' \1 ', 'g');
COMMENT ON FUNCTION curation_apart IS 'a text in which spaces stand around what is written without them';

CREATE FUNCTION curation_terms(folded text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN array_remove(regexp_split_to_array(
    regexp_replace(folded, '([^{BETWEEN}]{{100}})[^{BETWEEN}]+', '\1', 'g'), '[{BETWEEN}]+'
), '');
COMMENT ON FUNCTION curation_terms IS 'the words of a text, the first 100 characters of each';

CREATE FUNCTION curation_pieces(apart text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN apart ~ '[{UNSPACED}]' THEN concat_ws(' ',
    regexp_replace(apart, '([{UNSPACED}])', ' \1 ', 'g'),
    regexp_replace(apart, '([{UNSPACED}]{{2}})', ' \1 ', 'g'),
    regexp_replace(
        regexp_replace(apart, '([{UNSPACED}])([{UNSPACED}]*)', ' \1 \2 ', 'g'),
        '([{UNSPACED}]{{2}})', ' \1 ', 'g'
    )
) ELSE apart END;
COMMENT ON FUNCTION curation_pieces IS
    'a text in which what is written without spaces stands as all its characters and all its pairs of them';

CREATE FUNCTION curation_text(title text, description text, attributes jsonb, provider text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN curation_apart(curation_folded(concat_ws(' ', title,
    left(jsonb_path_query_array(attributes, '$.* ? (@.type() != "boolean")')::text, 10000),
    provider, left(description, 10000))));
COMMENT ON FUNCTION curation_text IS 'all that an item says of itself, folded';

CREATE FUNCTION curation_words(title text, description text, attributes jsonb, provider text)
RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1000
RETURN array_to_tsvector(
    curation_terms(curation_pieces(curation_text(title, description, attributes, provider)))
    || string_to_array('=' || array_to_string(
        curation_terms(curation_pieces(curation_apart(curation_folded(title)))), ' ='), ' ')
    || ('==' || left(array_to_string(curation_terms(curation_folded(title)), ' '), 120))
);
COMMENT ON FUNCTION curation_words IS
    'the words of an item; those of its title again after "=", and its whole title after "=="';
"""
GONE = """
DROP FUNCTION curation_words(text, text, jsonb, text);
DROP FUNCTION curation_text(text, text, jsonb, text);
DROP FUNCTION curation_pieces(text);
DROP FUNCTION curation_terms(text);
DROP FUNCTION curation_apart(text);
DROP FUNCTION curation_folded(text);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("curation", "0013_profile_items"),
    ]

    operations = [
        migrations.RunSQL(FUNCTIONS, GONE),
        migrations.AddIndex(
            model_name="item",
            index=django.contrib.postgres.indexes.GinIndex(
                Func("title", "description", "attributes", "provider", function="curation_words"),
                name="item_words",
            ),
        ),
    ]
