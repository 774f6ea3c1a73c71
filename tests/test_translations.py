"""The product in Chinese: every string is written, and nothing is lost on the way; tests/face looks at the pages."""

from __future__ import annotations

import re

import polib
from django.conf import settings

from recsys.config.translations import catalogues, compile_catalogues
from recsys.management.commands.collect_words import Words, collect, refresh

(CHINESE,) = catalogues()
ENTRIES = list(polib.pofile(str(CHINESE)))
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}|<[^>]+>|`[^`]+`")
HAN = "\u4e00-\u9fff"
MIXED = re.compile(
    rf"[{HAN}][,;:!?()]|[,;:!?()][{HAN}]|[{HAN}]\.|[{HAN}][A-Za-z0-9]|[A-Za-z0-9][{HAN}]|[０-９Ａ-Ｚａ-ｚ]"
)
# Patterns of a date are letters to Django, not words.
FORMATS = {"j M"}


def written(entry):
    """The Chinese of an entry: the language has no plural forms."""
    return entry.msgstr_plural[0] if entry.msgid_plural else entry.msgstr


def test_every_string_is_written_in_chinese():
    waiting = [each.msgid for each in ENTRIES if each.fuzzy or each.obsolete or not written(each)]
    assert waiting == []


def test_the_catalogue_holds_the_strings_of_the_sources_and_no_others():
    held = {Words(each.msgctxt, each.msgid, each.msgid_plural or None) for each in ENTRIES}
    found = set(collect(settings.BASE_DIR))
    assert held == found, "manage.py collect_words brings the catalogue in step"


def test_a_translation_keeps_the_placeholders():
    for entry in ENTRIES:
        said = entry.msgid_plural or entry.msgid
        assert sorted(PLACEHOLDER.findall(written(entry))) == sorted(PLACEHOLDER.findall(said))


def test_chinese_takes_its_own_punctuation_and_a_space_beside_latin_words():
    found = [written(entry) for entry in ENTRIES if entry.msgid not in FORMATS]
    assert [text for text in found if MIXED.search(PLACEHOLDER.sub("", text))] == []


def test_collecting_reads_python_and_templates(tmp_path):
    (tmp_path / "recsys").mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / "recsys" / "some.py").write_text(
        '_("one " "text")\nngettext("a", "%s as", n)\npgettext_lazy("room", "b")\n_(name)\n'
    )
    (tmp_path / "templates" / "some.html").write_text(
        "{% load i18n %}{% translate 'e' %}{% firstof x _(\"c\") %}<p>none</p>"
        "{% blocktranslate count n=m %}{{ n }} d{% plural %}{{ n }} ds{% endblocktranslate %}"
    )
    expected = {"one text": None, "a": "%s as", "b": None, "e": None, "c": None}
    found = collect(tmp_path)
    for text, plural in (expected | {"%(n)s d": "%(n)s ds"}).items():
        context = "room" if text == "b" else None
        assert Words(context, text, plural) in found
    assert Words(None, "none", None) not in found


def test_refreshing_keeps_what_is_translated_and_drops_what_is_gone():
    catalogue = polib.POFile()
    catalogue += [
        polib.POEntry(msgid="kept", msgstr="留"),
        polib.POEntry(msgid="gone", msgstr="去"),
    ]
    refresh(catalogue, {Words(None, "kept", None): ["a.py"], Words(None, "new", None): ["b.py"]})
    assert {each.msgid: each.msgstr for each in catalogue} == {"kept": "留", "new": ""}


def test_only_a_catalogue_that_changed_is_compiled(tmp_path):
    folder = tmp_path / "zh_Hans" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    source = folder / "django.po"
    source.write_bytes(CHINESE.read_bytes())
    assert compile_catalogues(tmp_path) == [source]
    assert compile_catalogues(tmp_path) == []
    assert [each.msgid for each in polib.mofile(str(folder / "django.mo"))]
    source.touch()
    assert compile_catalogues(tmp_path) == [source]
