"""What the environment asks of `manage.py up`, checked before anything starts."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from recsys.config.embedded.places import data_folder
from recsys.config.embedded.trouble import Trouble
from recsys.config.supervisor.programs import Web


@dataclass(frozen=True)
class Plan:
    """Where the data is, where the web server listens, and whether this is the demo."""

    var: Path
    web: Web
    demo: bool


def read_plan(environment: Mapping[str, str] = os.environ) -> Plan:
    """Read TANDEM_VAR, PORT, TANDEM_BIND, TANDEM_WEB_WORKERS and TANDEM_DEMO; raises Trouble where they are wrong."""
    host = environment.get("TANDEM_BIND", "127.0.0.1")
    port = _number(environment, "PORT", 8000, 65_535)
    workers = _number(environment, "TANDEM_WEB_WORKERS", 1, 64)
    return Plan(data_folder(), Web(host, port, workers), _is_demo(environment, host))


def check_port(web: Web) -> None:
    """Say so where somebody else listens already."""
    family = socket.AF_INET6 if ":" in web.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((web.host, web.port))
        except OSError as error:
            raise Trouble(_port_trouble(web, error)) from error


def _port_trouble(web: Web, error: OSError) -> str:
    another = f"choose another port: PORT={web.port + 1 if web.port < 65_535 else 8000} make run"
    if error.errno == errno.EADDRINUSE:
        return f"Port {web.port} is taken. Stop what listens there, or {another}"
    if error.errno == errno.EACCES:
        return f"Port {web.port} is reserved for root. Please {another}"
    return f"{web.host}:{web.port} cannot be listened on ({error.strerror}). Check TANDEM_BIND, or {another}"


def _is_demo(environment: Mapping[str, str], host: str) -> bool:
    """The demo has known logins: only on our own database, only for this machine."""
    own = not environment.get("DATABASE_URL") and _is_loopback(host)
    demo = environment.get("TANDEM_DEMO", "1" if own else "0") == "1"
    if demo and not own:
        raise Trouble(
            "The demo has logins that everybody knows, so it runs on the embedded database and a loopback address "
            "only. Set TANDEM_DEMO=0, or unset DATABASE_URL and TANDEM_BIND."
        )
    return demo


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _number(environment: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = environment.get(name) or str(default)
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= most:
        raise Trouble(f"{name} is {text!r}; it has to be a number from 1 to {most}.")
    return int(text)
