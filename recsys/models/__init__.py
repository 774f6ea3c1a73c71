"""Runs, the model versions that they produce, slates and the workers that make them: data only."""

from recsys.models.appraisals import Appraisal
from recsys.models.blend_sweeps import BlendSweep
from recsys.models.clusterings import Clustering
from recsys.models.embeddings import EmbeddingJob
from recsys.models.expectation_checks import ExpectationCheck
from recsys.models.jobs import Job
from recsys.models.preferences import Preference, PreferenceFit
from recsys.models.proposals import (
    BlendProposal,
    DecisionProposal,
    ProposalRound,
    ProposalVerdict,
)
from recsys.models.runs import Run, RunProgress, Schedule
from recsys.models.simulations import Simulation
from recsys.models.slates import Fallback, Heartbeat, Refusing, Slate
from recsys.models.tours import TourDismissal
from recsys.models.versions import LiveModel, ModelVersion, Promotion

__all__ = [
    "Appraisal",
    "BlendProposal",
    "BlendSweep",
    "Clustering",
    "DecisionProposal",
    "EmbeddingJob",
    "ExpectationCheck",
    "Fallback",
    "Heartbeat",
    "Job",
    "LiveModel",
    "ModelVersion",
    "Preference",
    "PreferenceFit",
    "Promotion",
    "ProposalRound",
    "ProposalVerdict",
    "Refusing",
    "Run",
    "RunProgress",
    "Schedule",
    "Simulation",
    "Slate",
    "TourDismissal",
]
