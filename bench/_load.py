"""A load generator that costs little itself: ready-made requests over a few connections."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field


@dataclass
class Outcome:
    """What came of a load: seconds it took, milliseconds of each answer, and how many were as wished."""

    seconds: float = 0.0
    times_ms: list[float] = field(default_factory=list)
    good: int = 0

    @property
    def per_second(self) -> float:
        """Answers per second."""
        return len(self.times_ms) / self.seconds


class _Line:
    """One connection with the request that is under way on it."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        self.sent_at = 0.0

    def send(self, request: bytes) -> None:
        self.received, self.sent_at = b"", time.perf_counter()
        self.socket.sendall(request)

    def answer(self) -> bytes | None:
        """The whole answer, once it is there."""
        self.received += self.socket.recv(1 << 18)
        head, found, body = self.received.partition(b"\r\n\r\n")
        if not found:
            return None
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        return self.received if len(body) >= length else None


def get(path: str, token: str = "") -> bytes:
    """The bytes of a GET request."""
    allowed = f"Authorization: Token {token}\r\n" if token else ""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{allowed}\r\n".encode()


def load(
    port: int, requests: Sequence[bytes], is_good: Callable[[bytes], bool], lines: int = 8
) -> Outcome:
    """Send all requests over so many connections, each waiting for its answer before the next."""
    outcome, waiting = Outcome(), iter(requests)
    with selectors.DefaultSelector() as selector:
        for _ in range(lines):
            line = _Line(port)
            selector.register(line.socket, selectors.EVENT_READ, line)
        started = time.perf_counter()
        busy = sum(_next(key.data, waiting) for key in selector.get_map().values())
        while busy:
            for key, _ in selector.select():
                line = key.data
                answer = line.answer()
                if answer is None:
                    continue
                outcome.times_ms.append((time.perf_counter() - line.sent_at) * 1000)
                outcome.good += is_good(answer)
                busy -= not _next(line, waiting)
        outcome.seconds = time.perf_counter() - started
        for key in list(selector.get_map().values()):
            key.data.socket.close()
    return outcome


def _next(line: _Line, waiting: Iterator[bytes]) -> bool:
    request = next(waiting, None)
    if request is not None:
        line.send(request)
    return request is not None
