"""A heat strip: seven weekdays by twenty-four hours, the darker the more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from feedback.charts.drawing import Chart, Drawing, Mark, Say, Text, both, width_of

HOURS = 24
_CELL = 20.0


def heat(counts: Mapping[tuple[int, int], int], weekdays: Sequence[str], say: Say) -> Chart:
    """One cell for each weekday (0 first) and hour; its shade is its share of the fullest cell."""
    return both(lambda width: _drawn(width, counts, weekdays, say))


def _drawn(
    width: int, counts: Mapping[tuple[int, int], int], weekdays: Sequence[str], say: Say
) -> Drawing:
    left = max(width_of(day) for day in weekdays) + 8
    step, most = (width - left) / HOURS, max(counts.values(), default=0) or 1
    marks = [
        Mark(
            f"{name} {hour}:00–{hour + 1}:00: {say(counts.get((day, hour), 0))}",
            *(round(left + hour * step, 1), day * _CELL, round(step - 1, 1), _CELL - 1),
            opacity=round(0.06 + 0.94 * counts.get((day, hour), 0) / most, 3),
        )
        for day, name in enumerate(weekdays)
        for hour in range(HOURS)
    ]
    base = len(weekdays) * _CELL
    names = [Text(left - 6, at * _CELL + 14, day, "end") for at, day in enumerate(weekdays)]
    hours = [
        Text(round(left + h * step, 1), base + 15, str(h), "start") for h in range(0, HOURS, 6)
    ]
    return Drawing(width, base + 20, [], [], marks, [*names, *hours])
