"""The table that says who may do what, read: each route with its methods, a cell for each column."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import yaml
from django.urls import URLPattern, URLResolver, get_resolver

TABLE = Path(__file__).with_name("authorization.yaml")


def walk(resolver: URLResolver | None = None, before: str = "") -> Iterator[str]:
    """Every route below a resolver, as it is written in the urls."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from walk(entry, route)
        elif isinstance(entry, URLPattern):
            yield plain(route)


def plain(route: str) -> str:
    """A route as the table writes it: a part that is an expression goes by its name alone."""
    return re.sub(r"\^\(\?P<(\w+)>.*", r"<\1>", route)


def spread(route: str) -> list[str]:
    """The routes that one with {alternatives,in,braces} stands for."""
    if braces := re.search(r"\{([\w,]+)\}", route):
        return [route.replace(braces[0], each) for each in braces[1].split(",")]
    return [route]


def rows() -> dict[str, dict[str, list[str]]]:
    """Each route of the table with its methods, a cell for each column."""
    found: dict[str, dict[str, list[str]]] = {}
    for row in yaml.safe_load(TABLE.read_text()):
        cells = {method: str(line).split() for method, line in row.items() if method != "routes"}
        for route in chain.from_iterable(map(spread, row["routes"])):
            assert route not in found, f"{route} stands in the table twice"
            found[route] = cells
    return found
