"""What a first start leaves: a way in for every role, a blend that earned its place, labelled visitors."""

from __future__ import annotations

import json
import re
import stat

from tests.acceptance.client import Browser, Client
from tests.processes import LiveStack, wait_until

ROLES = {"member", "curator", "operator", "analyst", "client", "administrator"}


def test_demo_json_holds_the_address_and_a_way_in_for_every_role(
    demo_stack: LiveStack, client: Client
) -> None:
    path = demo_stack.var / "demo.json"
    told = json.loads(path.read_text())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert told.keys() == {"url", "logins", "tokens"}
    assert told["logins"].keys() == told["tokens"].keys() == ROLES
    assert all(login.keys() == {"username", "password"} for login in told["logins"].values())
    for role in ROLES:
        Browser.of(client, role)


def test_every_first_model_is_live(demo_stack: LiveStack) -> None:
    live = demo_stack.rows("SELECT family FROM recsys_livemodel ORDER BY family")
    assert [family for (family,) in live] == ["dot", "ease", "item_knn", "popularity"]


def test_the_first_blend_beat_each_of_its_scorers_on_validation(demo_stack: LiveStack) -> None:
    [(reason,)] = demo_stack.rows(
        "SELECT reason FROM curation_revision JOIN curation_decision ON decision_id = "
        "curation_decision.id WHERE kind = 'blend' AND surface_id = 'home' AND number = 1 "
        "ORDER BY curation_revision.created_at LIMIT 1"
    )
    whole = re.search(r"(0\.\d+) ±", reason)
    alone = re.findall(r"(?:dot|ease|item_knn|popularity) (0\.\d+)", reason)
    assert whole
    assert len(alone) == 4
    assert float(whole[1]) > max(map(float, alone))


def test_simulated_visitors_come_once_the_demo_is_ready_and_are_labelled(
    demo_stack: LiveStack,
) -> None:
    asked = "SELECT count(*) FROM feedback_interaction WHERE simulated"
    wait_until(lambda: demo_stack.rows(asked)[0][0] > 50, "simulated visitors came", 150)
    unlabelled = demo_stack.rows(
        "SELECT count(*) FROM feedback_interaction JOIN curation_member USING (subject) "
        "WHERE curation_member.simulated <> feedback_interaction.simulated"
    )
    assert unlabelled == [(0,)]
