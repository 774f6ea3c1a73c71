"""The optimizer is PyTorch's, and does not load the compiler."""

from __future__ import annotations

import subprocess
import sys

import torch

from recsys.ml.training.optimizer import AdamW

_STEPS = """
import sys, torch
from recsys.ml.training.optimizer import AdamW
weight = torch.nn.Parameter(torch.ones(3))
optimizer = AdamW([weight], lr=0.1)
weight.sum().backward()
optimizer.step()
optimizer.zero_grad()
optimizer.load_state_dict(optimizer.state_dict())
print("torch._dynamo" in sys.modules)
"""


def test_its_steps_are_pytorchs_own():
    learnt = []
    for kind in (AdamW, torch.optim.AdamW):
        torch.manual_seed(7)
        weight = torch.nn.Parameter(torch.randn(4, 3))
        optimizer = kind([weight], lr=0.01, weight_decay=0.1)
        for _ in range(5):
            optimizer.zero_grad()
            (weight * torch.randn(4, 3)).exp().sum().backward()
            optimizer.step()
        learnt.append((weight.detach(), optimizer.state_dict()["state"][0]["exp_avg_sq"]))
    (ours, squares), (theirs, their_squares) = learnt
    assert torch.equal(ours, theirs)
    assert torch.equal(squares, their_squares)


def test_what_is_not_compiled_loads_no_compiler():
    done = subprocess.run(
        [sys.executable, "-c", _STEPS], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
