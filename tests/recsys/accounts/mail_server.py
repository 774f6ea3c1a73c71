"""A mail server in a thread: it takes what comes, or answers a verb as it is told to."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from socketserver import StreamRequestHandler, ThreadingTCPServer

READY = {
    "HELO": "250 here",
    "EHLO": "250-here\r\n250 AUTH PLAIN",
    "AUTH": "235 welcome",
    "DATA": "354 go on",
    "QUIT": "221 bye",
}


@dataclass
class MailServer:
    """What a server was sent, and the address for `TANDEM_MAIL` that leads to it."""

    address: str = ""
    messages: list[EmailMessage] = field(default_factory=list)
    signed_in: list[tuple[str, str]] = field(default_factory=list)


@contextmanager
def serving(answers: Mapping[str, str]) -> Iterator[MailServer]:
    """A server on a port of its own for as long as the block lasts; `answers` are by verb, "." being the message."""
    told = MailServer()

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            while line := self.rfile.readline().decode().strip():
                verb, _, rest = line.partition(" ")
                self.answer(verb.upper(), rest)

        def answer(self, verb: str, rest: str) -> None:
            reply = answers.get(verb, READY.get(verb, "250 good"))
            self.wfile.write(f"{reply}\r\n".encode())
            if verb == "AUTH":
                _, name, word = base64.b64decode(rest.split()[1]).decode().split("\0")
                told.signed_in.append((name, word))
            if reply.startswith("354"):
                self.take()

        def take(self) -> None:
            lines = list(iter(self.rfile.readline, b".\r\n"))
            reply = answers.get(".", "250 taken")
            if reply.startswith("250"):
                whole = message_from_bytes(b"".join(lines), policy=policy.default)
                assert isinstance(whole, EmailMessage)
                told.messages.append(whole)
            self.wfile.write(f"{reply}\r\n".encode())

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        told.address = f"127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=[0.02], daemon=True)
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            thread.join()
