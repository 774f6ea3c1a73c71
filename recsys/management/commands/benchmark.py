"""Tune scorers on a split of files, fit them, and print what they are worth. Needs no database."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser

from recsys.embeddings import encoders
from recsys.ml.benchmarking import (
    BLEND,
    Bench,
    Result,
    blended_by_itself,
    fitting,
    write_lists,
)
from recsys.ml.configuration import Value, read
from recsys.ml.data.vectors import Texts, Vectors
from recsys.ml.evaluation.predicting import Errors
from recsys.ml.evaluation.reports import Comparison, Figures
from recsys.ml.families import registry
from recsys.ml.scorer import NO_METRICS, Training, Untrainable, quiet
from recsys.ml.splits.canonical_files import PROTOCOLS, TEMPORAL, read_canonical
from recsys.ml.splits.files import BadSplit, Split, read_folder, write_folder

HEAD: Final = (
    "| scorer | NDCG@10 | HR@10 | recall@10 | MAP@10 | coverage | Gini "
    "| tuning | fit | scoring | peak memory |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|"
)


class Command(BaseCommand):
    """`manage.py benchmark --split DIR --scorer NAME [--recs OUT.npz]`, or `--data FILE --protocol P`."""

    help = (
        "Tunes scorers on validation with the train part only, fits them on both and asks them about the "
        "test. Prints quality (± one standard error), seconds and peak memory. Needs no database."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the data, the scorers and where lists go."""
        source = parser.add_mutually_exclusive_group(required=True)
        source.add_argument(
            "--split",
            type=Path,
            metavar="DIR",
            help="a folder with train.csv, val.csv and test.csv (user,item,rating,timestamp as dense "
            "whole numbers) and meta.json (n_users, n_items)",
        )
        source.add_argument(
            "--data", type=Path, metavar="FILE", help="a canonical *.interactions.csv.gz"
        )
        parser.add_argument(
            "--items", type=Path, metavar="FILE", help="its *.items.csv.gz: titles and attributes"
        )
        parser.add_argument("--protocol", choices=PROTOCOLS, default=TEMPORAL)
        parser.add_argument(
            "--scorer",
            action="append",
            metavar="NAME",
            help=f"one of {', '.join(registry.FAMILIES)}, or {BLEND}: the learned blend of those that fit "
            "the data and train without gradients; may be given several times",
        )
        parser.add_argument(
            "--among", metavar="NAMES", help="the scorers that blend chooses from, joined by commas"
        )
        parser.add_argument(
            "--recs", type=Path, metavar="OUT.npz", help="write the 100 best items of each member"
        )
        parser.add_argument(
            "--write-split", type=Path, metavar="DIR", help="write the split as files, too"
        )
        parser.add_argument(
            "--least",
            type=int,
            default=1,
            metavar="N",
            help="of --data leave out members and items with fewer interactions than this",
        )
        parser.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="NAME.SETTING=VALUE",
            help="a setting of a scorer, which is then not tuned; may be given several times",
        )
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--threads", type=int, default=1)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Check everything, then run one scorer after the other."""
        names = options["scorer"] or [BLEND]
        if options["recs"]:
            _check_recs(options["recs"], names)
        try:
            split = _split(options)
            among = _among(options["among"], split)
            for name in names:
                _checked(name, (*registry.FAMILIES, BLEND), split)
            if options["write_split"]:
                write_folder(options["write_split"], split)
            self._run(names, among, split, options)
        except (BadSplit, Untrainable, ValueError, registry.UnknownFamily) as error:
            raise CommandError(str(error)) from error

    def _run(
        self, names: Sequence[str], among: Sequence[str], split: Split, options: dict[str, Any]
    ) -> None:
        given = {"seed": options["seed"], "threads": options["threads"], "device": "auto"}
        needed = {*names, *(among if BLEND in names else ())}
        settings = _settings(options["set"])
        reads = any(
            registry.needs_vectors(name, settings.get(name, {})) for name in needed - {BLEND}
        )
        watch = self._tell if options["verbosity"] > 1 else quiet
        training = Training(
            registry.parse_options(given),
            watch,
            vectors=_vectors(split) if reads else None,
            texts=Texts(split.catalogue, split.texts) if split.texts else None,
        )
        bench = Bench(split, training, self.stderr.write, settings)
        self.stdout.write(_size(split, bench))
        self.stdout.write(HEAD)
        results = []
        for name in names:
            results.append(bench.run(name, among))
            self.stdout.write(_row(results[-1]))
        self.stdout.write("")
        for result in results:
            chosen = ", ".join(f"{key} {value}" for key, value in result.settings.items())
            self.stdout.write(f"{result.name}: {chosen}")
            for group, figures in result.report.groups.items():
                self.stdout.write(f"{result.name}: {_group(group, figures)}")
            if result.errors:
                self.stdout.write(f"{result.name}: {_errors(result.errors)}")
        self._compare(results)
        if options["recs"]:
            told = write_lists(options["recs"], results[0].score, bench.test, split)
            self.stdout.write(f"Lists of {told} members written to {options['recs']}")

    def _tell(
        self, stage: str, done: int, total: int, metrics: Mapping[str, float] = NO_METRICS
    ) -> None:
        """The curve of a fit, for --verbosity 2."""
        if metrics:
            told = ", ".join(f"{name} {value:.4g}" for name, value in metrics.items())
            self.stderr.write(f"{time.process_time():.0f} s: {told}")

    def _compare(self, results: Sequence[Result]) -> None:
        """The best beside the one after it, paired."""
        if len(results) < 2:
            return
        ordered = sorted(results, key=lambda each: -each.report.members.ndcg)
        first, second = ordered[:2]
        told = Comparison.of(first.judged, second.judged)
        gain = told.members["ndcg"]
        self.stdout.write(
            f"{first.name} − {second.name}: NDCG@10 {gain.mean:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}], "
            f"p = {told.p_value:.4f}, n = {gain.n}"
        )


def _split(options: dict[str, Any]) -> Split:
    if options["split"]:
        if options["items"]:
            raise CommandError("--items belongs to --data; a folder of split files has no texts.")
        return read_folder(options["split"])
    named = ("data", "items", "protocol", "seed", "least")
    return read_canonical(*(options[name] for name in named))


def _settings(words: Sequence[str]) -> dict[str, dict[str, Value]]:
    """Settings by family, of words like ``sasrec.history=200``; raises ConfigError, UnknownFamily."""
    given: dict[str, dict[str, str]] = {}
    for word in words:
        name, _, value = word.partition("=")
        family, _, setting = name.partition(".")
        given.setdefault(family, {})[setting] = value
    return {family: read(registry.family(family).config, each) for family, each in given.items()}


def _among(given: str | None, split: Split) -> tuple[str, ...]:
    """What the blend chooses from."""
    if given is None:
        return blended_by_itself(split, with_texts=bool(split.texts))
    return tuple(
        _checked(name.strip(), tuple(registry.FAMILIES), split) for name in given.split(",")
    )


def _checked(name: str, known: Sequence[str], split: Split) -> str:
    if name not in known:
        raise CommandError(f"There is no scorer {name}; there are {', '.join(known)}.")
    if name not in (*fitting(split, with_texts=bool(split.texts)), BLEND):
        raise CommandError(f"{name} reads texts: give --data with --items.")
    return name


def _check_recs(path: Path, names: Sequence[str]) -> None:
    """Fail before the work, not after it."""
    if len(names) > 1:
        raise CommandError("--recs holds the lists of one scorer: give --scorer once.")
    if path.suffix != ".npz":
        raise CommandError(f"{path} must end in .npz.")
    if not path.parent.is_dir():
        raise CommandError(f"There is no folder {path.parent}.")


def _vectors(split: Split) -> Vectors | None:
    """The vectors of all items' texts, where there are any."""
    if not split.texts:
        return None
    from recsys.ml.data.encoder import Encoder  # noqa: PLC0415 - it loads torch, which few calls need

    chosen = encoders.current()
    if chosen.folder is None:
        raise CommandError("There is no encoder for texts; docs/learning.md says how to set one.")
    encoder = Encoder.load(chosen.folder, chosen.sha256)
    return Vectors(split.catalogue, encoder.encode(list(split.texts)))


def _size(split: Split, bench: Bench) -> str:
    return (
        f"train {len(split.train)}, validation {len(split.validation)}, test {len(split.test)} interactions; "
        f"{len(split.train.member_ids)} members, {len(split.catalogue)} items; {len(bench.test)} members are asked"
    )


def _group(name: str, told: Figures) -> str:
    """The lists of some members, or of those whose last target had hardly been met."""
    return (
        f"{name} NDCG@10 {told.ndcg:.4f} ± {told.ndcg_se:.4f}, recall@10 {told.recall:.4f}, "
        f"of {told.n} members"
    )


def _errors(told: Errors) -> str:
    return (
        f"RMSE {told.rmse:.4f} (of the mean {told.mean_rmse:.4f}), MAE {told.mae:.4f}, accuracy "
        f"{told.accuracy:.3f}, of {told.n} ratings, {told.share:.0%} of them predicted"
    )


def _row(result: Result) -> str:
    report, figures = result.report, result.report.members
    cells = (
        result.name,
        f"{figures.ndcg:.4f} ± {figures.ndcg_se:.4f}",
        f"{figures.hit_rate:.4f}",
        f"{figures.recall:.4f}",
        f"{figures.map:.4f}",
        f"{report.coverage:.3f}",
        f"{report.gini:.3f}",
        f"{result.tuning_s:.1f} s",
        f"{result.fit_s:.1f} s",
        f"{result.score_s:.1f} s",
        f"{result.peak_bytes / 1e9:.2f} GB",
    )
    return f"| {' | '.join(cells)} |"
