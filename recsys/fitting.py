"""The program of the child process that fits: `python -m recsys.fitting JOB.json`. No Django, no Celery.

It writes JSON lines to stdout (see `Teller`) and ends. A word on stdin stops it at its next batch; a
closed stdin means that its worker is gone, and ends it at once.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import shutil
import signal
import sys
import threading
import time
import traceback
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow.parquet as pq

from recsys.failures import trouble_of
from recsys.ml import artifact, registry
from recsys.ml.checkpoints import ForeignCheckpoint
from recsys.ml.interactions import Interactions, Vocabulary
from recsys.ml.judging import Exam, Rival, segments_of, tags_of
from recsys.ml.scorer import Cancelled, Scorer, Training, Untrainable
from recsys.ml.splitting import Cuts, temporal_cuts
from recsys.ml.sufficiency import Amount
from recsys.ml.tables import read_table, read_texts, read_vectors
from recsys.ml.vectors import Texts, Vectors
from recsys.telling import Teller

ORPHANED: Final = 3
PR_SET_PDEATHSIG: Final = 1


@dataclass(frozen=True, slots=True)
class Job:
    """What to fit, from which files, and where its results go.

    family, parameters, options
        As the run names them.
    interactions, catalogue
        Parquet files of the snapshot.
    artifact, validation
        Folders of the finished model and of the one that was fitted before the validation cut.
    checkpoints
        Folder to resume from; kept until the run has its version.
    test
        Folder of the model that was fitted before the test cut.
    members
        Parquet file of members and their segments, if there is one.
    vectors
        Parquet file of the vectors of items, for a family that reads texts.
    texts
        Parquet file of the texts of items, for a family that reads their words.
    rival
        The live version to compare with: its `version`, and its `artifacts`, newest first.
    """

    family: str
    parameters: Mapping[str, Any]
    options: Mapping[str, Any]
    interactions: str
    catalogue: str
    artifact: str
    validation: str
    checkpoints: str
    test: str = ""
    members: str = ""
    vectors: str = ""
    texts: str = ""
    rival: Mapping[str, Any] = field(default_factory=dict)


def main() -> None:
    """Do the job that the file in the first argument describes."""
    _die_with_parent()
    teller = Teller(sys.stdout)
    threading.Thread(target=_watch, args=(teller.cancelled,), daemon=True).start()
    job = Job(**json.loads(Path(sys.argv[1]).read_text()))
    try:
        teller.say(result=perform(job, teller))
    except Cancelled:
        teller.say(cancelled=True)
        os._exit(0)  # the device is wanted: torch would take its time to leave
    except Exception as error:  # noqa: BLE001 - whatever it is, the worker is told its class
        with suppress(OSError):  # the log lies on the disk that may be full
            traceback.print_exc()
        teller.say(failed=trouble_of(error).told())


def perform(job: Job, tell: Teller) -> dict[str, Any]:
    """Fit before each cut and judge what comes after it, then fit on everything; returns digest and report."""
    began = time.monotonic()
    interactions = read_table(pq.read_table(job.interactions))
    _amount(interactions).check()
    table = pq.read_table(job.catalogue)
    catalogue = Vocabulary.of(map(uuid.UUID, table["item_id"].to_pylist()))
    segments = segments_of(pq.read_table(job.members)) if job.members else {}
    exam = Exam(interactions, catalogue, tags_of(table), segments)
    cuts = _cuts(interactions)
    vectors = read_vectors(pq.read_table(job.vectors)) if job.vectors else None
    texts = read_texts(pq.read_table(job.texts)) if job.texts else None
    result = _Fits(job, exam, tell, vectors, texts).judged(cuts)
    seconds = round(time.monotonic() - began, 3)
    return {**result, "report": {**result["report"], "cuts": asdict(cuts), "seconds": seconds}}


@dataclass(frozen=True, slots=True)
class _Fits:
    job: Job
    exam: Exam
    tell: Teller
    vectors: Vectors | None
    texts: Texts | None

    def judged(self, cuts: Cuts) -> dict[str, Any]:
        """Fit three times: before the validation cut, before the test cut, on everything."""
        report = {**self._validated(cuts), **self._tested(cuts.test)}
        began = time.monotonic()
        everything = self.exam.interactions
        final = self._fitted("final", everything)
        report["fit_seconds"] = round(time.monotonic() - began, 3)
        self.tell("writing", 0, 1)
        digest = self._save(final, Path(self.job.artifact), everything)
        report["bytes"] = sum(file.stat().st_size for file in Path(self.job.artifact).iterdir())
        return {"digest": digest, "report": report}

    def _validated(self, cuts: Cuts) -> dict[str, Any]:
        before = self.exam.interactions.before(cuts.validation)
        scorer = self._fitted("validation", before)
        self._save(scorer, Path(self.job.validation), before)
        self.tell("evaluate", 0, 1)
        asked = self.exam.ask(scorer, cuts.validation, cuts.test)
        return {"validation": self.exam.reports(asked, scorer, cuts.validation, cuts.test)}

    def _tested(self, cut: float) -> dict[str, Any]:
        """What came after the test cut, with the live version beside it if there is one."""
        before = self.exam.interactions.before(cut)
        scorer = self._fitted("test", before)
        if self.job.test:
            self._save(scorer, Path(self.job.test), before)
        self.tell("evaluate", 0, 2)
        asked = self.exam.ask(scorer, cut)
        told = {"test": self.exam.reports(asked, scorer, cut)}
        self.tell("evaluate", 1, 2)
        rival = Rival.of(self.job.rival)
        return {**told, "beside": self.exam.beside(asked, rival, cut)} if rival else told

    def _fitted(self, part: str, interactions: Interactions) -> Scorer:
        """The scorer of one part, loaded where an earlier attempt had already finished it."""
        self.tell.part = part
        folder = Path(self.job.checkpoints) / part
        finished = folder / "finished"
        if scorer := self._taken_over(finished):
            return scorer
        try:
            scorer = self._learnt(interactions, folder)
        except (artifact.CorruptArtifact, ForeignCheckpoint):
            shutil.rmtree(folder)
            self.tell.log("damaged_part", part=part)
            scorer = self._learnt(interactions, folder)
        self._save(scorer, finished, interactions)
        return scorer

    def _learnt(self, interactions: Interactions, checkpoints: Path) -> Scorer:
        """Fit, going on from a checkpoint where there is one."""
        options = registry.parse_options(self.job.options)
        training = Training(options, self.tell, checkpoints, self.vectors, self.texts)
        config = registry.parse_config(self.job.family, self.job.parameters)
        learn = registry.learner_of(self.job.family)
        return learn(config, interactions, self.exam.catalogue, training)

    def _taken_over(self, finished: Path) -> Scorer | None:
        """What an earlier attempt has finished; a damaged one is fitted again."""
        if not finished.exists():
            return None
        try:
            scorer = artifact.load(finished)
        except artifact.CorruptArtifact:
            shutil.rmtree(finished)
            self.tell.log("damaged_part", part=self.tell.part)
            return None
        self.tell.log("kept_part", part=self.tell.part)
        return scorer

    def _save(self, scorer: Scorer, folder: Path, learnt: Interactions) -> str:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        facts = artifact.Facts.of(learnt, now, code_digest(), self.job.options)
        return artifact.save(folder, scorer, facts)


def code_digest() -> str:
    """SHA-256 of the learning code, so that an artifact says by what it was made."""
    sha = hashlib.sha256()
    for path in sorted(Path(artifact.__file__).parent.rglob("*.py")):
        sha.update(path.read_bytes())
    return sha.hexdigest()


def _cuts(interactions: Interactions) -> Cuts:
    try:
        return temporal_cuts(interactions)
    except ValueError as error:
        told = f"{error}. Collect or import more feedback first."
        raise Untrainable(told, reason="all_at_once", there=len(interactions)) from error


def _amount(interactions: Interactions) -> Amount:
    return Amount(
        interactions=len(interactions),
        members=len(np.unique(interactions.members)),
        items=len(np.unique(interactions.items)),
        liked=int((interactions.values > 0).sum()),
    )


def _watch(cancelled: threading.Event) -> None:
    """Obey the worker: a word from it stops the fit at its next batch, its end at once."""
    while os.read(0, 64):
        cancelled.set()
    os._exit(ORPHANED)


def _die_with_parent() -> None:
    """Ask Linux to kill this process with its worker; elsewhere the closed pipe does it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    main()
