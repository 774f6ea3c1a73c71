"""The connections of a web process: pooled, and looked at before they are handed out.

When PostgreSQL was restarted, the pool still holds connections that have ended; each would cost a request its answer.
The pool can ask the server before it hands one out, at a round trip a request. Whether a connection was cut can be
seen for nothing: on one that is idle the server has nothing to say, unless that it hangs up.
"""

from __future__ import annotations

import select
from typing import Any

import psycopg
from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own, with that look."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> psycopg.Connection[Any]:
        """A connection of the pool that is still there; raises as Django does where none can be had."""
        connection: psycopg.Connection[Any] = super().get_new_connection(conn_params)
        while self.pool and was_cut(connection):
            connection.close()
            self.pool.putconn(connection)  # which makes another in its place
            connection = super().get_new_connection(conn_params)
        return connection


def was_cut(connection: psycopg.Connection[Any]) -> bool:
    """Whether an idle connection has something to read: that it has ended, as a rule."""
    if connection.closed:
        return True
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    return bool(waiting.poll(0))
