"""MovieLens (Harper and Konstan 2015): which file of which release holds what.

`ratings.csv` and `movies.csv` of the later releases; `ratings.dat`, `movies.dat` and `users.dat`, whose
fields stand between `::`; `u.data`, `u.item` and `u.user` of MovieLens 100K, where each genre has a
column of 0 and 1. Members are known where their file is there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from curation.fusion.columns import Kind
from curation.imports import item_files, member_files
from curation.imports.importing import Layout
from feedback.imports import reading
from feedback.imports.bundles import Dataset, Part, Terms

_TOLD: Final = ("userId", "movieId", "rating", "timestamp")
_GENRES: Final = (
    *("Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama"),
    *("Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller"),
    *("War", "Western"),
)
"""Of MovieLens 100K, in the order of the columns."""

_OCCUPATIONS: Final = (
    *("other", "academic or educator", "artist", "clerical or admin", "college or grad student"),
    *("customer service", "doctor or health care", "executive or managerial", "farmer"),
    *("homemaker", "K-12 student", "lawyer", "programmer", "retired", "sales or marketing"),
    *("scientist", "self-employed", "technician or engineer", "tradesman or craftsman"),
    *("unemployed", "writer"),
)
"""Of MovieLens 1M, by their numbers; its ages are the least of a range of years."""

_YEAR: Final = re.compile(r"^(?P<title>.*\S)\s*\((?P<year>\d{4})\)$")
_NO_TAGS: Final = "(no genres listed)"


@dataclass(frozen=True, slots=True)
class _Release:
    """The names of the files of one release, and the layouts of those that are no CSV."""

    items: str
    ratings: str
    members: str = ""
    item_layout: Layout | None = None
    rating_layout: Layout | None = None
    member_layout: Layout | None = None


_RELEASES: Final = (
    _Release("movies.csv", "ratings.csv"),
    _Release(
        "movies.dat",
        "ratings.dat",
        "users.dat",
        Layout("::", ("movieId", "title", "genres"), "latin-1"),
        Layout("::", _TOLD),
        Layout("::", ("userId", "gender", "age", "occupation", "zip_code")),
    ),
    _Release(
        "u.item",
        "u.data",
        "u.user",
        Layout("|", ("movieId", "title", "on", "on video", "url", "none", *_GENRES), "latin-1"),
        Layout("\t", _TOLD),
        Layout("|", ("userId", "age", "gender", "occupation", "zip_code")),
    ),
)

FILES: Final = tuple(
    name for each in _RELEASES for name in (each.items, each.ratings, each.members) if name
)


def found(folder: Path, terms: Terms) -> Dataset | None:
    """The data set of a folder that has the items and the ratings of a release."""
    for release in _RELEASES:
        items, ratings = folder / release.items, folder / release.ratings
        if items.is_file() and ratings.is_file():
            return Dataset(
                items=Part(items, _item_reading(release, terms)),
                members=_members(folder, release, terms),
                interactions=ratings,
                interaction_reading=_rating_reading(release, terms),
            )
    return None


def _item_reading(release: _Release, terms: Terms) -> item_files.Reading:
    return item_files.Reading(
        source=terms.source,
        columns={"item": "movieId"},
        declared={"year": Kind.NUMBER, "genres": Kind.TAGS},
        layout=release.item_layout,
        refine=_refined,
    )


def _rating_reading(release: _Release, terms: Terms) -> reading.Reading:
    return reading.Reading(
        source=terms.source,
        columns=dict(zip(("member", "item", "value", "occurred_at"), _TOLD, strict=True)),
        transform="lift",
        scale=terms.scale,
        layout=release.rating_layout,
    )


def _members(folder: Path, release: _Release, terms: Terms) -> Part | None:
    path = folder / release.members
    if not path.is_file():
        return None
    text = dict.fromkeys(("gender", "occupation", "zip_code"), Kind.TEXT)
    reads = item_files.Reading(
        source=terms.source,
        columns={"member": "userId"},
        declared={"age": Kind.NUMBER, **text},
        layout=release.member_layout,
        refine=_named,
        fields=member_files.FIELDS,
    )
    return Part(path, reads)


def _refined(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """The year stands in brackets behind the title; no tags at all are a text of their own, or no column's."""
    item, title, tags = (told.get(name) for name in ("movieId", "title", "genres"))
    if tags is None:
        tags = "|".join(genre for genre in _GENRES if told.get(genre) == "1")
    match = _YEAR.match(str(title or "").strip())
    known = {"movieId": item, "title": title, "genres": "" if tags == _NO_TAGS else tags}
    return {**known, **(match.groupdict() if match else {})}


def _named(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """An occupation that is told by its number is told in words."""
    number = str(told.get("occupation", ""))
    known = number.isdecimal() and int(number) < len(_OCCUPATIONS)
    return {**told, "occupation": _OCCUPATIONS[int(number)]} if known else told
