"""`manage.py collect_words`: every string for people, from the sources into the catalogues.

It reads what Django's makemessages would, and needs no gettext tools: Python by its syntax tree, templates as Django
itself turns them into calls of gettext.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import polib
from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.translation.template import templatize

from recsys.config.translations import catalogues

_APPS: Final = ("curation", "feedback", "recsys")
# Which arguments of a call are its context, its text and its plural.
_CALLS: Final[Mapping[str, tuple[int | None, int, int | None]]] = {
    "_": (None, 0, None),
    "gettext": (None, 0, None),
    "ngettext": (None, 0, 1),
    "pgettext": (0, 1, None),
    "npgettext": (0, 1, 2),
}
# Of Django and the scheduler, whose catalogue of a language may lack them or punctuate otherwise than we do.
_OF_OTHERS: Final = (
    *(
        " By %(filter_title)s ",
        "Add",
        "Add %s",
        "Change %s",
        "View",
        "View %s",
        "Select %s to change",
        "Select %s to view",
    ),
    *(":", "Add link", "Change or view list link", "Model name"),
    "After you’ve created a user, you’ll be able to edit more user options.",
    (
        "Whether the user will be able to authenticate using a password or not. If disabled, they may still be"
        " able to authenticate using other backends, such as Single Sign-On or LDAP."
    ),
    'Cron Minutes to Run. Use "*" for "all". (Example: "0,30")',
    'Cron Hours to Run. Use "*" for "all". (Example: "8,20")',
    'Cron Days Of The Month to Run. Use "*" for "all". (Example: "1,15")',
    'Cron Months (1-12) Of The Year to Run. Use "*" for "all". (Example: "1,12")',
    'Cron Days Of The Week to Run. Use "*" for "all", Sunday is 0 or 7, Monday is 1. (Example: "0,5")',
)
_TEXT: Final = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_IN_TEMPLATES: Final = re.compile(rf"\b(?:_|n?p?gettext)\({_TEXT}(?:, {_TEXT})*")


class Words(NamedTuple):
    """One string for people, as the sources have it."""

    context: str | None
    text: str
    plural: str | None


class Command(BaseCommand):
    """Bring the catalogues in step with the sources."""

    help = "Collects the strings of the sources into the catalogues; translations are kept."
    requires_system_checks: list[str] = []

    def handle(self, **options: Any) -> None:
        found = collect(settings.BASE_DIR)
        for path in catalogues():
            catalogue = polib.pofile(str(path))
            refresh(catalogue, found)
            catalogue.save()
            waiting = len(catalogue.untranslated_entries())
            self.stdout.write(f"{path}: {len(found)} strings, {waiting} to translate")


def collect(root: Path) -> dict[Words, list[str]]:
    """The strings for people under a root, each with the files that hold it; then those of others that we write."""
    found: dict[Words, list[str]] = {}
    for path in _sources(root):
        for words in sorted(set(_words_of(path)), key=str):
            found.setdefault(words, []).append(str(path.relative_to(root)))
    for text in _OF_OTHERS:
        found.setdefault(Words(None, text, None), [])
    return found


def refresh(catalogue: polib.POFile, found: Mapping[Words, Iterable[str]]) -> None:
    """Give a catalogue the strings that were found and no others; what is translated stays so."""
    known = {Words(each.msgctxt, each.msgid, each.msgid_plural or None): each for each in catalogue}
    catalogue.clear()
    for words, files in found.items():
        entry = known.get(words) or _entry(words)
        entry.occurrences = [(file, "") for file in files]
        catalogue.append(entry)


def _entry(words: Words) -> polib.POEntry:
    return polib.POEntry(
        msgctxt=words.context,
        msgid=words.text,
        msgid_plural=words.plural or "",
        msgstr_plural={0: ""} if words.plural else {},
        flags=["python-format"] if "%(" in words.text else [],
    )


def _sources(root: Path) -> list[Path]:
    python = [path for app in _APPS for path in (root / app).rglob("*.py")]
    return sorted([*python, *(root / "templates").rglob("*.html")])


def _words_of(path: Path) -> Iterator[Words]:
    source = path.read_text()
    if path.suffix == ".html":
        calls = _IN_TEMPLATES.findall(templatize(source, origin=str(path)))
        source = "\n".join(f"{call})" for call in calls)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            yield from _words_in(node)


def _words_in(call: ast.Call) -> Iterator[Words]:
    name = str(getattr(call.func, "attr", "") or getattr(call.func, "id", ""))
    places = _CALLS.get(name.removesuffix("_lazy").removesuffix("_noop"))
    if places is None:
        return
    context, text, plural = (None if at is None else _text(call, at) for at in places)
    if text:
        yield Words(context, text, plural)


def _text(call: ast.Call, at: int) -> str | None:
    """The argument at a place, where it is a text that stands in the source."""
    argument = call.args[at] if at < len(call.args) else None
    value = argument.value if isinstance(argument, ast.Constant) else None
    return value if isinstance(value, str) else None
