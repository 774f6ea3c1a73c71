"""The program of the child process that fits: `python -m recsys.runs.fitting JOB.json`. No Django, no Celery.

It writes JSON lines to stdout (see `Teller`) and ends. A word on stdin stops it at its next batch; a
closed stdin means that its worker is gone, and ends it at once. Several processes may do the job together,
started by `torchrun`: the first one tells, judges and writes, the others fit along.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
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
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow.parquet as pq

from recsys.jobs.failures import trouble_of
from recsys.ml import artifact
from recsys.ml.data.interactions import Interactions, Vocabulary
from recsys.ml.data.tables import read_table, read_texts, read_vectors
from recsys.ml.data.vectors import Texts, Vectors
from recsys.ml.evaluation.judging import Exam, Rival, segments_of, tags_of
from recsys.ml.families import registry
from recsys.ml.scorer import Cancelled, Scorer, Training, Untrainable
from recsys.ml.splits.temporal import Cuts, temporal_cuts
from recsys.ml.sufficiency import Amount
from recsys.ml.training.checkpoints import ForeignCheckpoint
from recsys.runs import obeying
from recsys.runs.telling import Teller

if TYPE_CHECKING:
    from recsys.ml.training.ranks import Ranks

GIVEN_UP: Final = 4
"""How one of several ranks ends that was cancelled or has failed: `torchrun` then ends the others."""


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
    obeying.die_with_parent()
    teller = Teller(sys.stdout if obeying.is_first() else io.StringIO())
    threading.Thread(target=obeying.watch, args=(teller.cancelled,), daemon=True).start()
    job = Job(**json.loads(Path(sys.argv[1]).read_text()))
    try:
        teller.say(result=_performed(job, teller))
    except Cancelled:
        teller.say(cancelled=True)
        # The device is wanted: torch would take its time to leave.
        os._exit(0 if obeying.is_alone() else GIVEN_UP)
    except Exception as error:  # noqa: BLE001 - whatever it is, the worker is told its class
        with suppress(OSError):  # the log lies on the disk that may be full
            traceback.print_exc()
        Teller(sys.stdout).say(failed=trouble_of(error).told())
        if not obeying.is_alone():
            os._exit(GIVEN_UP)


def _performed(job: Job, tell: Teller) -> dict[str, Any]:
    """Do the job alone, or as one of several ranks; torch is loaded here only for these."""
    if obeying.is_alone():
        return perform(job, tell)
    options = registry.parse_options(job.options, job.family)
    with resolve_name("recsys.ml.training.ranks:joined")(options.device) as ranks:
        return perform(job, tell, ranks)


def perform(job: Job, tell: Teller, ranks: Ranks | None = None) -> dict[str, Any]:
    """Fit before each cut and judge what comes after it, then fit on everything; returns digest and report.

    Of several ranks only the first one has something to return.
    """
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
    fits = _Fits(job, exam, tell, vectors, texts, ranks)
    if ranks and not ranks.is_first:
        return fits.along(cuts)
    result = fits.judged(cuts)
    seconds = round(time.monotonic() - began, 3)
    return {**result, "report": {**result["report"], "cuts": asdict(cuts), "seconds": seconds}}


@dataclass(frozen=True, slots=True)
class _Fits:
    job: Job
    exam: Exam
    tell: Teller
    vectors: Vectors | None
    texts: Texts | None
    ranks: Ranks | None

    def along(self, cuts: Cuts) -> dict[str, Any]:
        """As another rank than the first: fit what that one fits, judge and write nothing."""
        everything = self.exam.interactions
        parts = {"validation": everything.before(cuts.validation)}
        parts |= {"test": everything.before(cuts.test), "final": everything}
        for part, interactions in parts.items():
            self.tell.part = part
            if self._told(is_to_learn=False):
                self._learnt(interactions, Path(self.job.checkpoints) / part)
        return {}

    def _told(self, *, is_to_learn: bool) -> bool:
        """Whether the first rank has something to learn, at every rank."""
        return bool(self.ranks.told(is_to_learn)) if self.ranks else is_to_learn

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
        scorer = self._taken_over(finished)
        self._told(is_to_learn=scorer is None)
        if scorer:
            return scorer
        scorer = self._learnt(interactions, folder)
        self._save(scorer, finished, interactions)
        return scorer

    def _learnt(self, interactions: Interactions, folder: Path) -> Scorer:
        """Fit, going on from a checkpoint where there is one; from a damaged one it begins again."""
        try:
            return self._learnt_from(interactions, folder)
        except (artifact.CorruptArtifact, ForeignCheckpoint):
            self._remove(folder)
            self.tell.log("damaged_part", part=self.tell.part)
            return self._learnt_from(interactions, folder)

    def _remove(self, folder: Path) -> None:
        """Remove what no rank reads any more, before one reads it again."""
        if self.ranks:
            self.ranks.meet()
        if obeying.is_first():
            shutil.rmtree(folder)
        if self.ranks:
            self.ranks.meet()

    def _learnt_from(self, interactions: Interactions, checkpoints: Path) -> Scorer:
        options = registry.parse_options(self.job.options, self.job.family)
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


if __name__ == "__main__":
    main()
