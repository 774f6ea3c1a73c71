"""Candidates and context as JSON data beside one block of named arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from curation.fusion.candidates import Candidates, Similarities, Statistics
from curation.fusion.columns import Column, Kind
from curation.fusion.context import Context
from curation.fusion.records import from_data, to_data

Arrays = dict[str, NDArray[Any]]

_TYPES: Final = ("bool", "uint8", "int8", "int32", "float64")
_FLAGS: Final = ("active", "rated", "interacted", "shown")


def pack_arrays(arrays: Arrays) -> tuple[list[Any], bytes]:
    """Lay arrays end to end: [name, type, shape] of each by name, and the bytes.

    The bytes of wide numbers are regrouped by significance, which compresses far better.
    """
    layout, blocks = [], []
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name]).astype(arrays[name].dtype.newbyteorder("<"))
        width = array.dtype.itemsize
        layout.append([name, array.dtype.name, list(array.shape)])
        blocks.append(array.reshape(-1).view(np.uint8).reshape(-1, width).T.tobytes())
    return layout, b"".join(blocks)


def unpack_arrays(layout: list[Any], packed: bytes) -> Arrays:
    """Read what ``pack_arrays`` wrote; raises ``ValueError`` where type or length is wrong."""
    arrays: Arrays = {}
    start = 0
    for name, kind, shape in layout:
        if kind not in _TYPES:
            raise ValueError(f"array {name} is of type {kind}")
        dtype = np.dtype(kind).newbyteorder("<")
        size = dtype.itemsize * int(np.prod(shape, dtype=np.int64))
        block = np.frombuffer(packed[start : start + size], np.uint8)
        planes = np.ascontiguousarray(block.reshape(dtype.itemsize, -1).T)
        arrays[name] = planes.reshape(-1).view(dtype).astype(np.dtype(kind)).reshape(shape)
        start += size
    if start != len(packed):
        raise ValueError("arrays and their layout differ in length")
    return arrays


def candidates_data(
    candidates: Candidates, fields: frozenset[str], arrays: Arrays
) -> dict[str, Any]:
    """Describe candidates, putting their arrays aside; only these columns are kept."""
    arrays["ids"] = candidates.ids
    for name in _FLAGS:
        flags = getattr(candidates, name)
        if flags is not None:
            arrays[name] = flags
    for scorer, scores in candidates.scores.items():
        arrays["score/" + scorer] = scores
    alike = candidates.similarities
    if alike is not None:
        arrays |= {"alike/starts": alike.starts, "alike/neighbours": alike.neighbours}
        arrays["alike/values"] = alike.values
    every = np.arange(len(candidates))
    columns = candidates.columns
    kept = {name: columns[name].take(every) for name in columns if name in fields}
    return {
        "statistics": to_data(candidates.statistics),
        "columns": _columns_data("column/", kept, arrays),
        "nevers": sorted(
            str(each) for each in candidates.nevers if candidates.row(each) is not None
        ),
        "profile": to_data(candidates.profile),
    }


def read_candidates(data: Mapping[str, Any], arrays: Arrays) -> Candidates:
    """Read what ``candidates_data`` described."""
    statistics = from_data(Mapping[str, Statistics], data["statistics"])
    alike = None
    if "alike/starts" in arrays:
        names = ("alike/starts", "alike/neighbours", "alike/values")
        alike = Similarities(*(arrays[name] for name in names))
    return Candidates(
        ids=arrays["ids"],
        scores={scorer: arrays["score/" + scorer] for scorer in statistics},
        statistics=statistics,
        active=arrays["active"],
        rated=arrays.get("rated"),
        interacted=arrays.get("interacted"),
        shown=arrays.get("shown"),
        columns=_read_columns("column/", data["columns"], arrays),
        nevers=from_data(frozenset[UUID], data["nevers"]),
        similarities=alike,
        profile=data["profile"],
    )


def context_data(context: Context, arrays: Arrays) -> dict[str, Any]:
    """Describe a context, putting the member's attributes aside."""
    data: dict[str, Any] = to_data(replace(context, attributes={}))
    data.pop("attributes", None)
    return {"record": data, "attributes": _columns_data("member/", context.attributes, arrays)}


def read_context(data: Mapping[str, Any], arrays: Arrays) -> Context:
    """Read what ``context_data`` described."""
    context: Context = from_data(Context, data["record"])
    return replace(context, attributes=_read_columns("member/", data["attributes"], arrays))


def _columns_data(prefix: str, columns: Mapping[str, Column], arrays: Arrays) -> dict[str, Any]:
    for name, column in columns.items():
        arrays[f"{prefix}{name}/data"] = column.data
        arrays[f"{prefix}{name}/starts"] = column.starts
    return {
        name: {"kind": column.kind, "vocabulary": list(column.vocabulary)}
        for name, column in columns.items()
    }


def _read_columns(prefix: str, data: Mapping[str, Any], arrays: Arrays) -> dict[str, Column]:
    return {
        name: Column(
            Kind(column["kind"]),
            arrays[f"{prefix}{name}/data"],
            arrays[f"{prefix}{name}/starts"],
            tuple(column["vocabulary"]),
        )
        for name, column in data.items()
    }
