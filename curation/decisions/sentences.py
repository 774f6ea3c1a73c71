"""What decisions and queries say, in sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from curation.decisions.audiences import PARTS
from curation.field_words import DEVICES, ITEM_WORDS, MEMBER_WORDS, OPERATOR_WORDS, scorer_called
from curation.fusion.parsing import QueryError, parse
from curation.fusion.query import All, AnyOf, Comparison, ItemList, Not, Query
from curation.fusion.writing import text_of
from curation.given import Readings, given, in_each_language
from curation.models import Decision, Item, Revision
from curation.queries import members as member_queries
from curation.queries.items import Schema, is_likeness, likeness_name
from curation.queries.likeness_uses import words_in

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

_LONGEST_NAME: Final = 120
_MOST_NAMED: Final = 3
_STOPS: Final = ".。"
Titles = Mapping[str, str]
"""Item to its title, by id."""


def names_of(revision: Revision, kinds: Schema) -> Readings:
    """What a change set is called that is opened for one revision: what that says, and where."""
    titles = titles_of([revision])
    return in_each_language(lambda: _name(revision, kinds, titles))


def _name(revision: Revision, kinds: Schema, titles: Titles) -> str:
    words = headline_and_words(revision, kinds, titles)[0]
    if revision.ends:
        words = _("End: %(words)s") % {"words": words}
    surface = revision.decision.surface
    where = f" · {surface or _('everywhere')}"
    return Truncator(words).chars(_LONGEST_NAME - len(where)) + where


def in_words(revision: Revision, kinds: Schema) -> str:
    """What a revision says, in one sentence."""
    return headline_and_words(revision, kinds)[1]


def headline_and_words(
    revision: Revision, kinds: Schema, titles: Titles | None = None
) -> tuple[str, str]:
    """Its headline and its sentence, of which each alone would have the conditions read and described again.

    `titles` are those of the items that it stands beside, from whoever reads them once for many: see `titles_of`.
    """
    content = _content(revision, kinds, titles_of([revision]) if titles is None else titles)
    return content.rstrip(_STOPS), _("Ended.") if revision.ends else content


def titles_of(revisions: Iterable[Revision]) -> Titles:
    """The titles of the items that sentences name as what decisions stand beside, by id: one query, or none."""
    named = {each for row in revisions for each in row.who.get("anchors", ())[:_MOST_NAMED]}
    if not named:
        return {}
    rows = Item.objects.filter(pk__in=named).values_list("pk", "title")
    return {str(key): title for key, title in rows}


def _content(revision: Revision, kinds: Schema, titles: Titles) -> str:
    content = _decided(revision, kinds)
    when = _situation(revision.who, titles)
    if not when:
        return content
    return _("%(content)s, %(when)s.") % {"content": content.rstrip(_STOPS), "when": when}


def _situation(who: Mapping[str, Any], titles: Titles) -> str:
    """In which situations a decision holds, beside segment and member; empty where in all."""
    parts = {name: _PARTS[name](who[name]) for name in _PARTS if name in who}
    if "anchors" in who:
        parts["anchors"] = _anchors(who["anchors"], titles)
    return _(", ").join(parts[name] for name in PARTS if name in parts)


def _devices(devices: Sequence[str]) -> str:
    return _("on %(devices)s") % {"devices": _(" or ").join(str(DEVICES[each]) for each in devices)}


def _languages(languages: Sequence[str]) -> str:
    known = {code: str(name) for code, name in settings.LANGUAGES}
    named = _(" or ").join(known.get(each, each) for each in languages)
    return _("in %(languages)s") % {"languages": named}


def _anchors(anchors: Sequence[str], titles: Titles) -> str:
    if len(anchors) > _MOST_NAMED:
        return _("beside %(n)d items") % {"n": len(anchors)}
    named = _(", ").join(f"“{titles[each]}”" for each in anchors if each in titles)
    return _("beside %(items)s") % {"items": named}


def _members(query: Mapping[str, Any]) -> str:
    try:
        # Without the declared attributes: a page of many decisions would read them once for each.
        told = describe(member_queries.read(query, member_queries.FIELDS), MEMBER_WORDS)
    except QueryError:
        told = text_of(query)
    return _("for members for whom %(query)s") % {"query": told}


def _hours(hours: Mapping[str, Any]) -> str:
    days = _(", ").join(str(WEEKDAYS_ABBR[day - 1]) for day in hours.get("weekdays", ()))
    times = f"{hours['from']}–{hours['until']}"
    told = {"days": days, "times": times, "zone": hours["zone"].replace("_", " ")}
    if days:
        return _("on %(days)s at %(times)s in %(zone)s") % told
    return _("at %(times)s in %(zone)s") % told


def _decided(revision: Revision, kinds: Schema) -> str:
    spec, item = revision.spec, revision.item.title if revision.item else ""
    kind = revision.decision.kind
    if kind == Decision.Kind.PIN:
        return _("Pin “%(item)s” to slot %(slot)d.") % {"item": item, "slot": spec["slot"]}
    if kind == Decision.Kind.BLOCK:
        sentence = _("Safety block of “%(item)s”.") if spec["safety"] else _("Block “%(item)s”.")
        return sentence % {"item": item}
    if kind == Decision.Kind.BLEND:
        weights = _(", ").join(
            f"{scorer_called(name)} {weight:g}"
            for name, weight in spec["weights"].items()
            if weight
        )
        return _("Blend: %(weights)s.") % {"weights": weights}
    return _rule(spec, kinds)


def _rule(spec: dict[str, Any], kinds: Schema) -> str:
    sentences = {
        "boost": _("Boost by %(strength)s: %(what)s."),
        "bury": _("Bury by %(strength)s: %(what)s."),
        "bury_to_bottom": _("Bury to the bottom: %(what)s."),
        "exclude": _("Exclude: %(what)s."),
        "only": _("Only: %(what)s."),
        "cap": _("At most %(at_most)s in the first %(first)s: %(what)s."),
        "quota": _("At least %(at_least)s in the first %(first)s: %(what)s."),
        "pin_match": _("Pin the best match to slot %(slot)s: %(what)s."),
    }
    what = describe(parse(spec["where"], kinds))
    told = {**spec, "what": what}
    if "strength" in spec:
        told["strength"] = f"{spec['strength']:g}"
    return sentences[spec["effect"]] % told


def describe(query: Query, words: Mapping[str, StrPromise] = ITEM_WORDS) -> str:
    """A query in words; `words` are what the fields are called."""
    if isinstance(query, Comparison):
        return _compared(query, words)
    if isinstance(query, ItemList):
        return _("%(n)d listed items") % {"n": len(query.items)}
    if isinstance(query, Not):
        return _("not (%(part)s)") % {"part": describe(query.part, words)}
    return _joined(query, words)


def _compared(query: Comparison, words: Mapping[str, StrPromise]) -> str:
    field = words.get(query.field) or _named(query.field)
    op = OPERATOR_WORDS.get(query.op) or query.op.replace("_", " ")
    told = {"field": field, "op": op, "value": _value(query.value)}
    return (_("%(field)s %(op)s %(value)s") % told).strip()


def _named(field: str) -> str:
    """What a field is called that has no words: a likeness by the text that it is about, as its key has it."""
    if is_likeness(field) and (text := words_in(field)):
        return likeness_name(text)
    return given(field.replace("_", " "))


def _joined(query: All | AnyOf, words: Mapping[str, StrPromise]) -> str:
    if not query.parts:
        return _("everything") if isinstance(query, All) else _("nothing")
    word = _(" and ") if isinstance(query, All) else _(" or ")
    return word.join(
        f"({describe(part, words)})" if isinstance(part, All | AnyOf) else describe(part, words)
        for part in query.parts
    )


_PARTS: Final[Mapping[str, Callable[[Any], str]]] = {
    "devices": _devices,
    "languages": _languages,
    "members": _members,
    "hours": _hours,
}


def _value(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return _(", ").join(map(_value, value))
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
