"""The child process in which texts are encoded: no worker keeps torch in its memory for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self, cast

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from recsys.embeddings.encoders import Encoder

FLOAT_BYTES: Final = 4


class EncoderFailed(Exception):
    """The encoder could not be had, or ended; the message says why."""


class EncoderProcess:
    """A running `recsys.embeddings.encoding`. Use as a context: whatever happens, the child is gone afterwards.

    What it writes to stderr goes to a log in the data folder. Raises EncoderFailed.
    """

    def __init__(self, encoder: Encoder, threads: int = 1) -> None:
        if encoder.folder is None:
            raise EncoderFailed(f"{encoder.title} is not installed on this machine")
        self.log_path = Path(settings.VAR_DIR) / "log" / "encoder.log"
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        words = [str(encoder.folder), encoder.sha256, str(threads)]
        with self.log_path.open("wb") as stderr:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "recsys.embeddings.encoding", *words],
                cwd=settings.BASE_DIR,
                env={**os.environ, **_quiet(threads)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
            )

    def __enter__(self) -> Self:
        try:
            self.dimension = self._greeted()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the child, also in the middle of a batch."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(BrokenPipeError):
                cast("IO[bytes]", pipe).close()
        self._process.wait()

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of texts [n, D], none of them blank; raises EncoderFailed where the child ended."""
        wanted = len(texts) * self.dimension * FLOAT_BYTES
        try:
            words = cast("IO[bytes]", self._process.stdin)
            words.write(json.dumps(list(texts)).encode() + b"\n")
            words.flush()
            answer = cast("IO[bytes]", self._process.stdout).read(wanted)
        except BrokenPipeError:
            answer = b""
        if len(answer) < wanted:
            raise EncoderFailed(self._last_words())
        return np.frombuffer(answer, "<f4").reshape(len(texts), self.dimension)

    def _greeted(self) -> int:
        line = cast("IO[bytes]", self._process.stdout).readline()
        if not line:
            raise EncoderFailed(self._last_words())
        said = json.loads(line)
        if "failed" in said:
            raise EncoderFailed(said["failed"])
        return int(said["dimension"])

    def _last_words(self) -> str:
        return f"the encoder ended with status {self._process.wait()}; its log is {self.log_path}"


def _quiet(threads: int) -> dict[str, str]:
    """No network, no warnings of forks, and no more threads than allowed."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    offline = {
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
    return {**offline, **dict.fromkeys(names, str(threads))}
