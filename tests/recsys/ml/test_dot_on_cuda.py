"""The dot product on a GPU: half precision, pinned batches, and memory that is given back when it did not suffice."""

from __future__ import annotations

import pytest
import torch

from recsys.jobs.failures import Failure, trouble_of
from recsys.runs import devices
from tests.recsys.ml.test_dot import Watch, run

pytestmark = pytest.mark.gpu(cuda=True)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_gpu_learns_in_either_precision(precision):
    watch = Watch()
    run(watch, device="cuda", precision=precision, epochs=20)
    assert watch.losses[-1] < 0.7 * watch.losses[0]


def test_the_same_seed_on_the_gpu_gives_the_same_curve():
    first, second = Watch(), Watch()
    for watch in (first, second):
        run(watch, device="cuda", epochs=3)
    assert first.losses == pytest.approx(second.losses, rel=1e-4)


def test_memory_that_did_not_suffice_is_said_and_given_back():
    free, total = torch.cuda.mem_get_info()
    with pytest.raises(torch.cuda.OutOfMemoryError) as error:
        torch.empty(2 * total, dtype=torch.uint8, device="cuda")
    assert trouble_of(error.value).failure == Failure.OUT_OF_MEMORY
    run(Watch(), device="cuda", epochs=1)
    torch.cuda.empty_cache()
    assert torch.cuda.mem_get_info()[0] > 0.9 * free


def test_the_gpu_has_a_name_and_readings():
    assert devices.gpu()
    assert devices.Meter(1).read().keys() >= {"gpu", "gpu_memory"}
