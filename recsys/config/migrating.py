"""Migrating without rendering the models anew that a change does not concern.

After each operation Django renders the model that changed and every model within reach of its relations: of a hundred
that all know the user, most of them. Where no class refers to what changed it takes only the nearest of these, and
renders all anew before the next operation of Python. Here it takes the model alone; the statements are the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db.migrations.state import ProjectState

Key = tuple[str, str]


@contextmanager
def rendered_alone() -> Iterator[None]:
    """While this lasts, a new model, and one whose change Django lets wait, is rendered without its neighbours."""
    whole = ProjectState._find_reload_model  # type: ignore[attr-defined]  # noqa: SLF001 - no public place

    def find(state: ProjectState, label: str, name: str, delay: bool = False) -> set[Key]:
        if not delay and name in state.apps.all_models[label]:
            found: set[Key] = whole(state, label, name, delay)
            return found
        state.is_delayed = state.is_delayed or delay
        return {(label, name)}

    ProjectState._find_reload_model = find  # type: ignore[attr-defined]  # noqa: SLF001
    try:
        yield
    finally:
        ProjectState._find_reload_model = whole  # type: ignore[attr-defined]  # noqa: SLF001
