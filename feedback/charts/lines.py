"""Lines over time, each named at its end; the comparison is the muted one."""

from __future__ import annotations

from collections.abc import Sequence

from feedback.charts.drawing import (
    Chart,
    Drawing,
    Line,
    Mark,
    Say,
    Series,
    Text,
    both,
    cut,
    path,
    round_up,
    width_of,
)
from feedback.charts.frame import Frame, Scale, frame

_APART = 15.0
SPARK_WIDTH, SPARK_HEIGHT = 96, 24


def lines(
    places: Sequence[str],
    series: Sequence[Series],
    say: Say,
    *,
    top: float = 0.0,
    floor: float = 0.0,
) -> Chart:
    """A line with points for each series, from `floor` (zero unless it is said) to a round number."""
    most = max((v for each in series for v in each.values if v is not None), default=0)
    scale = Scale(top or round_up(most), say, floor)
    return both(lambda width: _drawn(width, places, series, scale))


def spark(values: Sequence[float | None], before: Sequence[float | None], title: str) -> Drawing:
    """A small line without a scale, the comparison muted behind it."""
    top = max((v for v in [*values, *before] if v is not None), default=0) or 1.0
    shown = [
        Line(_spark_path(each, top), style)
        for each, style in ((before, "muted"), (values, ""))
        if sum(value is not None for value in each) > 1  # one value alone is no line
    ]
    return Drawing(SPARK_WIDTH, SPARK_HEIGHT, lines=shown, texts=[Text(0, 0, title)])


def _spark_path(values: Sequence[float | None], top: float) -> str:
    step = (SPARK_WIDTH - 4) / max(len(values) - 1, 1)
    return path(
        [
            None if v is None else (2 + at * step, SPARK_HEIGHT - 2 - v / top * (SPARK_HEIGHT - 4))
            for at, v in enumerate(values)
        ]
    )


def _drawn(width: int, places: Sequence[str], series: Sequence[Series], scale: Scale) -> Drawing:
    room = width * 0.3
    aside = max((min(width_of(each.name), room) for each in series), default=0) + 10
    box = frame(width, places, scale, aside=aside)
    drawn = [Line(path(_points(box, each)), each.style) for each in series]
    marks = [mark for each in series for mark in _marks(box, each, scale.say)]
    texts = [*box.texts(scale.say), *_names(box, series, room)]
    return Drawing(width, box.height, box.rules(), drawn, marks, texts)


def _points(box: Frame, series: Series) -> list[tuple[float, float] | None]:
    return [
        None if value is None else (box.middle(at), box.y(value))
        for at, value in enumerate(series.values[: len(box.places)])
    ]


def _marks(box: Frame, series: Series, say: Say) -> list[Mark]:
    return [
        Mark(
            f"{box.places[at]}: {series.name} {say(value)}",
            *(round(box.middle(at), 1), round(box.y(value), 1), 2.5, 2.5),
            style=series.style,
            round=True,
        )
        for at, value in enumerate(series.values[: len(box.places)])
        if value is not None
    ]


def _names(box: Frame, series: Sequence[Series], room: float) -> list[Text]:
    """The name of each line where it ends, moved apart where two would lie on each other."""
    ends = []
    for each in series:
        points = [point for point in _points(box, each) if point]
        if points:
            ends.append((points[-1][1] + 4, each))
    texts: list[Text] = []
    lowest = box.base + 4 + _APART
    for y, each in sorted(ends, key=lambda end: -end[0]):
        lowest = min(y, lowest - _APART)
        name = cut(each.name, room)
        texts.append(Text(box.right + 6, round(lowest, 1), name, "start", each.style or "label"))
    return texts
