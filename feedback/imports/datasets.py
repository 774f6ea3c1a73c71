"""Published data sets in the layouts that the field uses, MovieLens and RecBole: a folder or a zip archive.

Of an archive only the files that are known are unpacked, within limits. One file of RecBole's
interactions may be named itself; what belongs to it stands beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from django.utils.translation import gettext as _

from curation.imports.importing import UnreadableError
from feedback.imports import movielens, recbole
from feedback.imports.bundles import Dataset, Terms
from feedback.imports.unpacking import unpack


@contextmanager
def opened(path: Path, terms: Terms) -> Iterator[Dataset]:
    """A data set at a path. Raises `UnreadableError` if it is none of those known."""
    with TemporaryDirectory(prefix="dataset-") as own:
        if path.is_dir() or path.suffix == ".inter":
            yield _found(path, terms, Path(own))
        else:
            unpack(path, Path(own), _is_known)
            yield _found(Path(own), terms, Path(own))


def _is_known(name: str) -> bool:
    return name in movielens.FILES or (name.endswith(recbole.SUFFIXES) and not name.startswith("."))


def _found(place: Path, terms: Terms, own: Path) -> Dataset:
    dataset = movielens.found(place, terms) or recbole.found(place, terms, own)
    if dataset is None:
        files = ", ".join((*movielens.FILES, *(f"*{suffix}" for suffix in recbole.SUFFIXES)))
        raise UnreadableError(
            _(
                "%(path)s: no data set that is known; one has items and interactions among %(files)s."
            )
            % {"path": place, "files": files}
        )
    return dataset
