"""Fields that take JSON at its word, and bodies that take no field they do not know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from curation.fusion.reading import MOST_WRITTEN


class Text(serializers.CharField):
    """A text, and nothing that could be made one."""

    def to_internal_value(self, data: object) -> str:
        """The text as it came."""
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class Whole(serializers.IntegerField):
    """A whole number, not the text of one."""

    def to_internal_value(self, data: object) -> int:
        """The number as it came."""
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return int(super().to_internal_value(data))


class Number(serializers.FloatField):
    """A number, not the text of one."""

    def to_internal_value(self, data: object) -> float:
        """The number as a float."""
        if not isinstance(data, int | float) or isinstance(data, bool):
            self.fail("invalid")
        return float(data)


class Flag(serializers.BooleanField):
    """True or false, not a word for them."""

    def to_internal_value(self, data: object) -> bool:
        """The flag as it came."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class StrictSerializer(serializers.Serializer[Any]):
    """A body in which an unknown field is an error, since it is most often a misspelt one."""

    def to_internal_value(self, data: Any) -> Any:  # noqa: ANN401 - as the framework has it
        """The checked values; raises `ValidationError` naming every unknown field."""
        if isinstance(data, Mapping) and (unknown := sorted(set(data) - set(self.fields))):
            known = ", ".join(self.fields)
            text = _("There is no such field; there are: %(known)s.") % {"known": known}
            raise serializers.ValidationError(
                {str(name)[:60]: serializers.ErrorDetail(text, "unknown_field") for name in unknown}
            )
        return super().to_internal_value(data)


class QueryText(Text):
    """A query written as text; its form is checked where it is parsed."""

    def __init__(self, **kwargs: Any) -> None:
        """Not longer than a text may be."""
        told = 'The query as text, such as `genres has "War" and year >= 1980`, instead of as JSON.'
        super().__init__(max_length=MOST_WRITTEN, help_text=told, **kwargs)


@extend_schema_field(
    {
        "type": "object",
        "description": 'A query: {"all": […]}, {"any": […]}, {"not": …}, {"items": […]} or '
        '{"field", "op", "value"}.',
        "examples": [{"all": [{"field": "genres", "op": "has", "value": "War"}]}],
    }
)
class QueryField(serializers.Field[Any, Any, Any, Any]):
    """A query over items; its form is checked where it is parsed."""

    default_error_messages = {"invalid": gettext_lazy("A query is an object.")}

    def to_internal_value(self, data: object) -> object:
        """The query as it came."""
        if not isinstance(data, Mapping):
            self.fail("invalid")
        return data
