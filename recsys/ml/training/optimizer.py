"""The optimizer of what is trained in batches: PyTorch's own, without the second that its first step would wait."""

from __future__ import annotations

from inspect import unwrap

import torch


class AdamW(torch.optim.AdamW):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019), number for number `torch.optim.AdamW`.

    PyTorch wraps these for its compiler, and imports that where they are first called: more than a second for each
    fit. What we compile, where it is wanted, is the loss.
    """

    add_param_group = unwrap(torch.optim.AdamW.add_param_group)
    zero_grad = unwrap(torch.optim.AdamW.zero_grad)
    state_dict = unwrap(torch.optim.AdamW.state_dict)
    load_state_dict = unwrap(torch.optim.AdamW.load_state_dict)
    step = torch.no_grad()(unwrap(torch.optim.AdamW.step))
