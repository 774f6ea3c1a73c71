"""Sending messages to the workers, by task name: quickly or not at all, on connections that stay open."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any, Final

from kombu import Producer
from kombu.exceptions import OperationalError
from structlog.contextvars import get_contextvars

from recsys.config.celery import app
from recsys.transport.cache import Breaker, request_timeout_s

breaker: Final = Breaker()
LOOK_S: Final = 1.0


class _Producers(threading.local):
    """This thread's producers, by the time that each waits for the broker."""

    def __init__(self) -> None:
        self.by_timeout: dict[float, Producer] = {}


_producers: Final = _Producers()


def publish(
    task: str,
    arguments: Sequence[Any],
    *,
    queue: str,
    timeout_s: float,
    expires_s: float | None = None,
    request: str = "",
) -> None:
    """Send one message; raises `cache.Unavailable` where the broker does not take it in time.

    request: the id of the web request that it follows from; the one at hand where none is named.
    """
    named = request or str(get_contextvars().get("request_id", ""))
    message = {
        "args": list(arguments),
        "queue": queue,
        "expires": expires_s,
        "headers": {"request_id": named},
    }
    breaker.call(lambda: _send(task, message, timeout_s), (OperationalError, OSError))


def _send(task: str, message: Mapping[str, Any], timeout_s: float) -> None:
    producers = _producers.by_timeout
    if timeout_s not in producers:
        producers[timeout_s] = _open(timeout_s)
    try:
        app.send_task(
            task, **message, ignore_result=True, retry=False, producer=producers[timeout_s]
        )
    except BaseException:
        _close(producers.pop(timeout_s), timeout_s)
        raise


def _open(timeout_s: float) -> Producer:
    patience = {
        "socket_timeout": timeout_s,
        "socket_connect_timeout": timeout_s,
        "max_retries": 0,
    }
    connection = app.connection_for_write(transport_options=patience)
    return app.amqp.Producer(connection, auto_declare=False)


def _close(producer: Producer, timeout_s: float) -> None:
    if producer.connection is not None:
        producer.connection.collect(socket_timeout=timeout_s)


def lengths(queues: Sequence[str]) -> dict[str, int]:
    """How many messages wait in each queue; raises `cache.Unavailable`."""
    timeout_s = request_timeout_s() if breaker.is_troubled else LOOK_S
    patience = {"socket_timeout": timeout_s, "socket_connect_timeout": timeout_s, "max_retries": 0}
    reader = app.connection_for_read(transport_options=patience)

    def look() -> dict[str, int]:
        with reader:
            # Not passively: kombu looks for the bare name, where the keys have our prefix.
            channel: Any = reader.default_channel  # its types lack the operations of a channel
            return {queue: int(channel.queue_declare(queue).message_count) for queue in queues}

    return breaker.call(look, (OperationalError, *reader.connection_errors))
