"""The health check of a container: `healthy.py http` for web, `healthy.py ROLE` for a process with a heartbeat."""

from __future__ import annotations

import http.client
import os
import sys

import psycopg

PORT = 8000
_SEEN = """
    SELECT 1 FROM recsys_heartbeat
    WHERE role = %s AND strpos(name, %s) > 0 AND beat_at > now() - interval '1 minute'
"""


def main(what: str) -> int:
    """0 where this container does its work, 1 elsewhere."""
    return 0 if (_serves() if what == "http" else _beats(what)) else 1


def host() -> str:
    """A name that web answers to: the first of its own, where a leading dot stands for all names below."""
    first = os.environ.get("TANDEM_HOSTS", "").split(",")[0].removeprefix(".")
    return first if first not in {"", "*"} else "localhost"


def _serves() -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=2)
    try:
        connection.request("GET", "/readyz", headers={"Host": host()})
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def _beats(role: str) -> bool:
    try:
        with psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=2) as connection:
            return connection.execute(_SEEN, [role, os.uname().nodename]).fetchone() is not None
    except psycopg.Error:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
