"""Settings of families and runs: their ranges and help, and the check of what a person typed.

Imported by the web process, so it needs neither numpy nor torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar, cast, get_type_hints

Config = TypeVar("Config")
Value = bool | int | float | str


def gettext_noop(text: str) -> str:
    """Mark a text for translation where it is shown; returns it unchanged."""
    return text


@dataclass(frozen=True, slots=True)
class Problem:
    """One setting that cannot be: which one, what was given, what would do."""

    field: str
    wrong: str
    expected: str

    def __str__(self) -> str:
        return f"{self.field}: {self.wrong}; expected {self.expected}"


class ConfigError(ValueError):
    """Settings that no run can have; ``problems`` names every one of them."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as a form shows it: ``low`` and ``high`` are both allowed values, ``unit`` is what is counted."""

    name: str
    kind: type
    default: Value
    help: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    unit: str = ""

    @property
    def expected(self) -> str:
        """What may be given, in words."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        if self.kind is bool:
            return "true or false"
        noun = "a whole number" if self.kind is int else "a number"
        return noun if self.low is None else f"{noun} from {self.low:g} to {self.high:g}"

    def check(self, value: object) -> Problem | None:
        """Say what is wrong with a value, None where it will do."""
        if not self._is_of_kind(value):
            return Problem(self.name, f"{value!r} is not {self.expected}", self.expected)
        if self.choices and value not in self.choices:
            return Problem(self.name, f"{value!r} is not known", self.expected)
        if self.low is not None and self.high is not None:
            number = float(cast("float", value))
            if not self.low <= number <= self.high:
                return Problem(self.name, f"{value!r} is out of range", self.expected)
        return None

    def _is_of_kind(self, value: object) -> bool:
        if self.kind is float:
            return isinstance(value, int | float) and not isinstance(value, bool)
        if self.kind is int:
            return isinstance(value, int) and not isinstance(value, bool)
        return isinstance(value, self.kind)


def number(help_text: str, low: float, high: float, unit: str = "") -> Mapping[str, object]:
    """Field metadata of a number in [low, high], of so many of a unit."""
    return {"help": help_text, "low": low, "high": high, "unit": unit}


def choice(help_text: str, *choices: str) -> Mapping[str, object]:
    """Field metadata of a word among ``choices``."""
    return {"help": help_text, "choices": choices}


def settings_of(config: type[Any]) -> tuple[Setting, ...]:
    """The settings of a config dataclass, in order."""
    hints = get_type_hints(config)
    return tuple(
        Setting(each.name, hints[each.name], cast("Value", each.default), **each.metadata)
        for each in fields(config)
    )


def parse(config: type[Config], given: object) -> Config:
    """Make a config of what was given; what is absent keeps its default.

    Raises ConfigError naming every setting that is unknown, of the wrong kind or out of range.
    """
    if not isinstance(given, Mapping):
        raise ConfigError((Problem("parameters", f"{given!r} is no object", "names and values"),))
    known = {setting.name: setting for setting in settings_of(config)}
    problems = [_unknown(str(name), tuple(known)) for name in given if name not in known]
    checked = (known[name].check(value) for name, value in given.items() if name in known)
    problems += [problem for problem in checked if problem]
    if problems:
        raise ConfigError(tuple(problems))
    return config(**{name: known[name].kind(value) for name, value in given.items()})


def read(config: type[Any], words: Mapping[str, str]) -> dict[str, Value]:
    """Settings that were typed, as values of their kinds; raises ConfigError as `parse` does."""
    kinds = {setting.name: setting.kind for setting in settings_of(config)}
    values = {name: _typed(kinds.get(name, str), word) for name, word in words.items()}
    parse(config, values)
    return values


def _typed(kind: type, word: str) -> Value:
    """A word as a value of a kind; one that is none stays a word, for the check to name it."""
    if kind is bool:
        return {"true": True, "false": False}.get(word, word)
    try:
        number: Value = kind(word)
    except ValueError:
        return word
    return number


def _unknown(name: str, known: tuple[str, ...]) -> Problem:
    return Problem(name, "there is no such setting", "one of " + ", ".join(known))
