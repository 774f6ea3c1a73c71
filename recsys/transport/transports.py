"""Mail servers by address: what `TANDEM_MAIL` may say, read before anything starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

CONSOLE: Final = "console"
PORTS: Final[Mapping[str, int]] = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
TIMEOUT_S: Final = 20
_KNOWN: Final = "console, or smtp://, smtp+tls:// or smtps://name:word@host:port?timeout=seconds"
_BACKENDS: Final = "django.core.mail.backends"


def connection(address: str) -> Mapping[str, Any]:
    """What Django's `get_connection` takes to hand mail over there.

    Raises ImproperlyConfigured with what is wrong; the address itself, which may hold a password, is not repeated.
    """
    if address == CONSOLE:
        return {"backend": f"{_BACKENDS}.console.EmailBackend"}
    try:
        return _server(_parts(address))
    except ValueError as error:
        raise ImproperlyConfigured(f"TANDEM_MAIL: {error}. It takes {_KNOWN}.") from None


def _parts(address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError:  # whose words repeat parts of the address
        raise ValueError("the address cannot be read") from None


def _server(parts: SplitResult) -> Mapping[str, Any]:
    """Raises ValueError."""
    if parts.scheme not in PORTS:
        raise ValueError("the kind of server is not known")
    if not parts.hostname or parts.path.strip("/") or parts.fragment:
        raise ValueError("after the kind comes a host, and nothing behind it but ?timeout")
    if bool(parts.username) != bool(parts.password):
        raise ValueError("a name comes with a word, and a word with a name")
    return {
        "backend": f"{_BACKENDS}.smtp.EmailBackend",
        "host": parts.hostname,
        "port": _port(parts),
        "username": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "use_tls": parts.scheme == "smtp+tls",
        "use_ssl": parts.scheme == "smtps",
        "timeout": _timeout_s(parts.query),
    }


def _port(parts: SplitResult) -> int:
    try:
        return parts.port or PORTS[parts.scheme]
    except ValueError:  # whose words may hold a part of a password with a slash in it
        raise ValueError("the port is no number up to 65535") from None


def _timeout_s(query: str) -> int:
    told = parse_qs(query, keep_blank_values=True)
    value = told.pop("timeout", [str(TIMEOUT_S)])[-1]
    if told or not (value.isascii() and value.isdecimal() and int(value)):
        raise ValueError("the timeout is whole seconds from 1 on, and the only option")
    return int(value)
