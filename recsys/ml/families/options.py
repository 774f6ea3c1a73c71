"""How to run a training, apart from what to learn."""

from __future__ import annotations

from dataclasses import dataclass, field

from recsys.ml.configuration import choice, gettext_noop, number


@dataclass(frozen=True, slots=True)
class TrainingOptions:
    """Seed, device, threads, precision, compilation and processes of one run; the same options give the same model."""

    seed: int = field(
        default=0,
        metadata=number(gettext_noop("The same seed gives the same model."), 0, 2**31 - 1),
    )
    device: str = field(
        default="auto",
        metadata=choice(
            gettext_noop("Where torch computes; auto takes a GPU where there is one."),
            "auto",
            "cpu",
            "cuda",
            "mps",
        ),
    )
    threads: int = field(
        default=1,
        metadata=number(gettext_noop("Processor threads that the fit may use."), 1, 256),
    )
    precision: str = field(
        default="fp32",
        metadata=choice(
            gettext_noop("Number format of a torch fit; bf16 is faster and coarser."),
            "fp32",
            "bf16",
        ),
    )
    compiled: bool = field(
        default=False,
        metadata={
            "help": gettext_noop(
                "Compile a torch fit first: a minute more at the start, on a GPU less at each step."
            )
        },
    )
    processes: int = field(
        default=1,
        metadata=number(
            gettext_noop(
                "Processes that fit together, each on a GPU of its own, or without one on its threads."
            ),
            1,
            64,
        ),
    )
