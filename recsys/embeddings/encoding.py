"""The program of the child process that encodes texts: `python -m recsys.embeddings.encoding FOLDER SHA256 THREADS`.

It says in a line of JSON what it is, or why it cannot be, then answers each line of texts (a JSON list)
with their vectors: float32, little-endian, one after the other. A closed stdin ends it. No Django.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from recsys.ml.data.weights import BadEncoder, verify


def main() -> None:
    """Encode until the worker has had enough."""
    folder, sha256, threads = sys.argv[1:]
    # Libraries print where they like; what the worker reads is ours alone.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        verify(Path(folder), sha256)
        from recsys.ml.data.encoder import Encoder  # noqa: PLC0415 - it loads torch, for seconds

        encoder = Encoder.load(Path(folder), sha256, int(threads))
    except BadEncoder as problem:
        answers.write(json.dumps({"failed": str(problem)}).encode() + b"\n")
        answers.flush()
        return
    answers.write(json.dumps({"dimension": encoder.dimension}).encode() + b"\n")
    answers.flush()
    for line in sys.stdin:
        answers.write(encoder.encode(json.loads(line)).astype("<f4").tobytes())
        answers.flush()


if __name__ == "__main__":
    main()
