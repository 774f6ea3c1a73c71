"""The words for what a run stores as codes: stages, lines of the log, failures with their remedies, checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from django.template.defaultfilters import filesizeformat
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from recsys.jobs.failures import Failure
from recsys.models import Job, Run, RunProgress
from recsys.runs.queueing import Place
from recsys.runs.readiness import Check

Words = Mapping[str, str | Promise]

PARTS: Final[Words] = {
    "validation": _("fit for validation"),
    "test": _("fit for the test"),
    "final": _("final fit"),
}
STAGES: Final[Words] = {
    "queued": _("waiting"),
    "claimed": _("a worker has it"),
    "snapshot": _("taking the data"),
    "training": _("training"),
    "counting": _("counting"),
    "counting pairs": _("counting pairs"),
    "counting transitions": _("counting transitions"),
    "factorizing": _("factorizing"),
    "comparing items": _("comparing items"),
    "putting members together": _("putting members together"),
    "keeping members": _("keeping members"),
    "reading embeddings": _("reading embeddings"),
    "inverting": _("inverting the matrix"),
    "learning what is liked lately": _("learning what is liked lately"),
    "evaluate": _("evaluating"),
    "writing": _("writing the artifact"),
    "policy": _("asking what members would get of it"),
}
LINES: Final[Words] = {
    "snapshot": _("Data taken: %(rows)s interactions of %(members)s members."),
    "resumed": _("Taken up again after its worker stopped: it goes on from its last checkpoint."),
    "restarted": _("Taken up again after its worker stopped: it starts again."),
    "began": _("%(part)s: begun."),
    "policy": _("Fitted and judged; now fused with the policies of the surfaces."),
    "kept_part": _("%(part)s: kept from the attempt before."),
    "damaged_part": _("%(part)s: what the attempt before left is damaged; it is fitted again."),
}
TITLES: Final[Mapping[str, str | Promise]] = {
    Failure.BAD_DATA: _("There is not enough in the data to learn from."),
    Failure.CONFIGURATION: _("The settings do not suit the data or the machine."),
    Failure.OUT_OF_MEMORY: _("The memory did not suffice."),
    Failure.DISK_FULL: _("The disk is full."),
    Failure.NOT_WRITABLE: _("The data folder cannot be written."),
    Failure.DEVICE_LOST: _("The GPU was lost."),
    Failure.RANK_LOST: _("One of the processes that fitted together ended or fell silent."),
    Failure.DATABASE_AWAY: _("The database went away, again and again."),
    Failure.WORKER_DIED: _("The worker died, and every allowed attempt is used up."),
    Failure.LEASE_LOST: _("The worker fell silent, and every allowed attempt is used up."),
    Failure.CODE_ERROR: _("The program failed."),
}
REMEDIES: Final[Mapping[str, str | Promise]] = {
    Failure.BAD_DATA: _("Collect or import more feedback, then launch the run again."),
    Failure.CONFIGURATION: _("Change the settings as the detail says, then launch the run again."),
    Failure.OUT_OF_MEMORY: _("Choose a smaller model or free some memory, then launch it again."),
    Failure.DISK_FULL: _(
        "Nothing half-written is left. Free some space or prune artifacts, then launch it again."
    ),
    Failure.NOT_WRITABLE: _("Let the worker's user write there, then launch the run again."),
    Failure.DEVICE_LOST: _("Look at the driver's log and restart the training worker."),
    Failure.RANK_LOST: _(
        "Most often it ran out of memory. Ask for fewer processes or a smaller model, or launch it again."
    ),
    Failure.DATABASE_AWAY: _("See that the database stays up, then launch the run again."),
    Failure.WORKER_DIED: _(
        "Look at the training worker's log; most often the machine ran out of memory."
    ),
    Failure.LEASE_LOST: _(
        "It was frozen or cut off from the database. Look at its machine, then launch it again."
    ),
    Failure.CODE_ERROR: _("Report it with the detail below and the log of the training worker."),
}
REASONS: Final[Words] = {
    "too_few_interactions": _("%(there)s interactions; at least %(least)s are needed."),
    "too_few_members": _("Feedback of %(there)s members; at least %(least)s are needed."),
    "too_few_items": _("Feedback on %(there)s items; at least %(least)s are needed."),
    "too_few_liked": _("Nobody liked anything: every interaction has a reward of 0."),
    "all_at_once": _(
        "All %(there)s interactions are of one instant: there is no before and after."
    ),
    "loss_not_a_number": _("The loss is no longer a number: lower the learning rate."),
    "no_gpu": _("A GPU was asked for and this worker has none: choose auto or cpu."),
    "rank_lost": _("The log of all of them is %(log)s."),
    "one_device": _("Only GPUs of CUDA and processors can be shared out: choose auto or cpu."),
    "few_gpus": _("%(asked)s processes were asked for and the worker has %(there)s GPUs."),
    "few_cores": _("%(asked)s processes were asked for and the worker has %(there)s cores."),
    "killed": _("The system killed the fit, most likely for want of memory."),
    "ended": _("The fit ended unexpectedly with status %(status)s; its log is %(log)s."),
    "little_space": _("%(free)s are free, %(needed)s are needed."),
    "no_known_items": _("None of %(there)s items has %(least)s interactions that count."),
    "heads_do_not_divide": _(
        "The embedding cannot be divided into so many heads: change one of them."
    ),
    "no_pairs": _("No member has two interactions to learn from."),
    "too_many_items": _(
        "%(there)s items take %(needed)s of memory and are more than the %(most)s that this family takes: "
        "raise “least”, or train nearest items, least squares or the dot product instead."
    ),
    "no_room_for_items": _(
        "%(there)s items take %(needed)s of memory and %(free)s are free: "
        "raise “least”, or train nearest items, least squares or the dot product instead."
    ),
    "embeddings_not_numbers": _("The embeddings are no longer numbers: raise “regularization”."),
    "no_stars": _("Nobody has given stars: let it predict the reward of any feedback instead."),
    "no_embeddings": _("No item has an embedding: embed the items first."),
    "no_texts": _("No item has a text: give the items titles or descriptions."),
    "no_inverse": _("The matrix cannot be inverted: raise “regularization”."),
}

CHECKS: Final[Mapping[str, tuple[str | Promise, str | Promise]]] = {
    "interactions": (
        _("%(n)s interactions, of %(least)s that a training needs."),
        _("Collect or import feedback."),
    ),
    "members": (
        _("Feedback of %(n)s members, of %(least)s that a training needs."),
        _("Collect or import feedback of more members."),
    ),
    "items": (
        _("Feedback on %(n)s items, of %(least)s that a training needs."),
        _("Collect or import feedback on more items."),
    ),
    "liked": (
        _("%(n)s interactions tell of liking."),
        _("A model learns from what people like: ratings of 3 or more, likes, favourites, clicks."),
    ),
    "embeddings": (
        _("%(n)s items have an embedding."),
        _("This family reads texts: embed the items first, under Embeddings."),
    ),
    "size": (
        _("Feedback on %(n)s items, of %(most)s that this family takes at most."),
        _(
            "There are more, and its memory grows with their square: raise “least”, or train nearest "
            "items, least squares or the dot product instead."
        ),
    ),
    "disk": (
        _("%(free)s are free on disk, %(needed)s are needed."),
        _("Free some space, or prune artifacts."),
    ),
    "writable": (
        _("The folder of artifacts can be written."),
        _("Let the user of web and workers write to the data folder."),
    ),
    "worker": (
        _("%(n)s training workers live."),
        _("The run will wait: start a training worker."),
    ),
    "processes": (
        _("%(n)s processes are asked for, of %(most)s that a training worker has room for."),
        _("Ask for no more than it has GPUs, or cores where it has no GPU."),
    ),
    "device": (
        _("The device that was asked for is there."),
        _("No training worker has a GPU: choose auto or cpu."),
    ),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A failure in words: what happened, more exactly, what to do, and what the program said itself."""

    title: str
    reason: str
    remedy: str
    detail: str

    def __str__(self) -> str:
        return " ".join(filter(None, (self.title, self.reason, self.remedy)))


def failure_of(job: Job) -> Told | None:
    """Why a run or another job failed, in the language that is active; None where it did not."""
    if job.state != Job.State.FAILED:
        return None
    facts = job.failure_facts if isinstance(job, Run) else {}
    failure = job.failure or Failure.CODE_ERROR
    reason = REASONS.get(facts.get("reason", ""), "")
    detail = "" if reason else job.error
    return Told(
        str(TITLES.get(failure, failure)),
        str(reason) % _named(facts),
        str(REMEDIES.get(failure, "")),
        detail,
    )


def check_of(check: Check) -> tuple[str, str]:
    """What a check found and, where it failed, what to do, in the language that is active."""
    text, remedy = CHECKS[check.code]
    named = _named(check.facts)
    if check.facts.get("more"):
        named["n"] = f"{named['n']}+"
    return str(text) % named, "" if check.ok else str(remedy)


def waits_of(place: Place) -> str:
    """Where a run stands in the queue and what it waits for, in the language that is active."""
    where = gettext("Number %(position)s of %(of)s in the queue.") % asdict(place)
    if not place.workers:
        return f"{where} {gettext('No training worker lives: start one.')}"
    if place.position > 1:
        return f"{where} {gettext('It waits for those before it.')}"
    if place.busy >= place.workers:
        return f"{where} {gettext('It waits for the run that has the device.')}"
    return f"{where} {gettext('It starts in a moment.')}"


def stage_of(progress: RunProgress) -> str:
    """Where a run stands, in the language that is active."""
    stage = str(STAGES.get(progress.stage, progress.stage))
    return f"{PARTS.get(progress.part, progress.part)}: {stage}" if progress.part else stage


def line_of(line: Mapping[str, Any]) -> str:
    """A line of the log, in the language that is active; a code without words stands as it is."""
    code = line.get("code", "")
    if code not in LINES:
        return str(line.get("text", code))
    return str(LINES[code]) % _named(line)


def _named(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts as their words name them: sizes with units, parts by their names."""
    named = dict(facts)
    for name in ("free", "needed"):
        if name in facts:
            named[name] = filesizeformat(facts[name])
    if "part" in facts:
        named["part"] = PARTS.get(facts["part"], facts["part"])
    return named
