"""Embedding by the real bulk worker of the running product, with the language model that comes along."""

from __future__ import annotations

from pathlib import Path

import psutil

from recsys.embeddings import encoders
from tests.processes import LiveStack, wait_until
from tests.recsys.config.test_up import answers


def test_the_bulk_worker_embeds_the_catalogue_and_keeps_no_torch(live_stack: LiveStack):
    texts = live_stack.var / "texts.csv"
    lines = [f"t{at},A tale of {at} cities,{'word ' * at * 30}\n" for at in range(1, 11)]
    texts.write_text("item,title,description\n" + "".join(lines))
    live_stack.manage("import_items", str(texts), "--source", "texts")
    told = live_stack.manage("embed_items").splitlines()[-1]
    embedded, active = (int(word) for word in told.split()[:3:2])
    assert embedded == active >= 10
    assert encoders.WHEEL_NAME in told
    rows = live_stack.rows(
        "SELECT dimension, vector_dims(vector), vector_norm(vector) FROM curation_embedding AS told"
        " JOIN curation_item AS item ON item.id = told.item_id WHERE item.source = 'texts'"
    )
    assert [row[:2] for row in rows] == [(384, 384)] * 10
    assert all(abs(norm - 1) < 1e-4 for *_, norm in rows)
    assert not [pid for pid in _workers(live_stack) if "libtorch" in _maps(pid)]


def test_a_worker_goes_on_after_its_database_was_away(live_stack: LiveStack):
    """Its child was idle meanwhile, and holds a connection that nobody told it is cut."""
    live_stack.manage("embed_items")
    child = children_of(live_stack)
    live_stack.kill("postgres")
    wait_until(lambda: answers(live_stack, "/readyz"), "it serves")
    told = len(live_stack.log("bulk"))
    live_stack.manage("embed_items")
    assert children_of(live_stack) == child
    assert "raised unexpected" not in live_stack.log("bulk")[told:]


def children_of(stack: LiveStack) -> list[int]:
    return _workers(stack)[1:]


def _workers(stack: LiveStack) -> list[int]:
    parent = psutil.Process(stack.pid("bulk"))
    return [parent.pid, *(child.pid for child in parent.children(recursive=True))]


def _maps(pid: int) -> str:
    return Path(f"/proc/{pid}/maps").read_text()
