"""A shop, told and asked over HTTP alone: nothing in the product knows what kind of things it recommends."""

from __future__ import annotations

import csv
import re
import time
import uuid
from collections import Counter
from io import StringIO
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.core.management import call_command
from django.test import Client

from curation import installation
from curation.models import Counter as Versions
from curation.models import Item, Scorer, Surface
from curation.people.access import issue_token
from feedback.learning import export
from feedback.rollups.stats import roll_up
from recsys.live.artifacts import artifact_path
from recsys.ml import artifact
from recsys.ml.data import tables
from recsys.ml.data.interactions import Vocabulary
from recsys.ml.families import registry
from recsys.ml.scorer import Training
from recsys.models import ModelVersion, Run
from recsys.runs import promotion
from tests.factories import UserFactory
from tests.processes import ROOT
from tests.recsys.api.cast import Api

SHOP = "corner-shop"
GOODS: list[dict[str, Any]] = [
    {
        "item": f"good-{n}",
        "title": f"{'Oolong' if n % 2 else 'Espresso'} {n}",
        "attributes": {
            "price": 2.5 + n,
            "labels": ["tea" if n % 2 else "coffee", *(["organic"] if n % 3 == 0 else [])],
            "in_season": n % 4 == 0,
            "delivered_on": f"2026-01-{n % 28 + 1:02d}",
        },
    }
    for n in range(40)
]
DECLARED = ("price=number", "labels=tags", "in_season=boolean", "delivered_on=date")
FILM_WORDS = re.compile(r"(?<!ful)film|movie|cinema|imdb|tmdb|screenplay", re.IGNORECASE)
FORMAT_OF_OTHERS = {
    "feedback/imports/datasets.py",
    "feedback/imports/movielens.py",
    "feedback/management/commands/import_dataset.py",
}
"""These read a published layout, whose files have names."""


def import_goods(file: Path) -> None:
    """From a table, as the shop has it."""
    columns = ("item", "title", "price", "labels", "in_season", "delivered_on")
    with file.open("w", newline="") as target:
        table = csv.DictWriter(target, columns)
        table.writeheader()
        for good in GOODS:
            told = {**good, **good["attributes"]}
            told["labels"] = "|".join(told["labels"])
            table.writerow({name: told[name] for name in columns})
    declare = [word for each in DECLARED for word in ("--declare", each)]
    call_command("import_items", str(file), "--source", SHOP, *declare, stdout=StringIO())
    assert Item.objects.filter(source=SHOP).count() == len(GOODS)


@pytest.fixture
def shop(transactional_db, tmp_path):
    """The shop's own client of the API: its goods are there, and forty customers have bought some."""
    installation.ensure()
    # What this process keeps of other tests is of lower versions.
    Versions.objects.update(value=time.time_ns() // 1000)
    Surface.objects.update(explore_every=0)
    import_goods(tmp_path / "goods.csv")
    api = Api(Client(), issue_token(UserFactory.create(roles=["client"]), SHOP))
    _status, told = api.post("/api/v1/interactions/", {"interactions": bought()})
    assert {each["status"] for each in told["results"]} == {"accepted"}, told
    roll_up()
    return api


def bought():
    """Customers buy tea or coffee, never both, and look at the one they buy next."""
    events = []
    for customer in range(40):
        for at in range(8):
            good = (customer * 3 + at * 2) * 2 % 40 + customer % 2
            kind = "purchase" if at % 2 else "view"
            events.append(
                {
                    "event": f"{customer}-{at}",
                    "member": f"customer-{customer}",
                    "item": f"good-{good}",
                    "kind": kind,
                    "value": 9.9 if at % 2 else 45.0,
                    "occurred_at": f"2026-01-{at + 1:02d}T10:00:00Z",
                }
            )
    return events


@pytest.fixture
def world(shop, tmp_path):
    """Two scorers that learnt from what the shop's customers did."""
    export.snapshot(tmp_path / "snapshot.parquet")
    learnt = tables.read_table(pq.read_table(tmp_path / "snapshot.parquet"))
    catalogue = Vocabulary.of(Item.objects.order_by("pk").values_list("pk", flat=True))
    operator = UserFactory.create(roles=["operator"])
    for family in ("popularity", "item_knn"):
        run = Run.objects.create(family=family)
        version = ModelVersion(
            family=family, run=run, number=1, artifact=f"{family}/{uuid.uuid4()}"
        )
        scorer = registry.learner_of(family)(
            registry.parse_config(family, {}), learnt, catalogue, Training()
        )
        facts = artifact.Facts(created="2026-01-01T00:00:00Z", code="test")
        version.digest = artifact.save(artifact_path(version), scorer, facts)
        version.save()
        promotion.flip(version, actor=operator, reason="the first", rolls_back=False)
    assert Scorer.objects.filter(live=True).count() == 2
    return shop


@pytest.fixture
def trained(world, realtime):
    """The shop, with a worker that makes its slates."""
    return world


def slate(api, member="customer-0", surface="home", **more):
    """What a customer is answered over HTTP, by slot."""
    asked = {"member": member, "surface": surface, "size": len(GOODS), "wait_ms": 10_000, **more}
    status, body = api.get("/api/v1/recommendations/", **asked)
    assert (status, body["mode"]) == (200, "fresh"), body
    placed = [each["item"] for each in body["placements"]]
    assert placed
    found = {item.outside_id: item for item in Item.objects.filter(source=SHOP)}
    return [found[each] for each in placed]


def test_customers_get_what_goes_with_what_they_bought(trained):
    labels = [item.attributes["labels"][0] for item in slate(trained)[:5]]
    assert set(labels) == {"coffee"}


def exclude(*conditions):
    """A curator rules that goods of which all of this holds are not shown."""
    desk = Api(Client(), issue_token(UserFactory.create(roles=["curator"]), SHOP))
    rule = {
        "kind": "rule", "surface": "home", "effect": "exclude", "where": {"all": [*conditions]},
        "reason": "sold out soon",
    }  # fmt: skip
    status, told = desk.post("/api/v1/decisions/", rule)
    assert status == 201, told
    status, told = desk.post("/api/v1/policy/publish/", {"surface": "home", "reason": "it is time"})
    assert status == 200, told


def test_a_rule_on_price_and_tags_holds(trained):
    exclude(
        {"field": "price", "op": "gt", "value": 20},
        {"field": "labels", "op": "in", "value": ["organic"]},
    )
    placed = slate(trained)
    assert len(placed) > 10
    barred = [
        i for i in placed if i.attributes["price"] > 20 and "organic" in i.attributes["labels"]
    ]
    assert barred == []


def test_a_rule_on_how_often_something_was_bought_holds(trained):
    sales = Counter(event["item"] for event in bought() if event["kind"] == "purchase")
    most = max(sales.values()) - 1
    best = {good for good, times in sales.items() if times > most}
    assert best & {item.outside_id for item in slate(trained)}
    exclude({"field": "stats.purchases", "op": "gt", "value": most})
    placed = {item.outside_id for item in slate(trained)}
    assert placed
    assert placed & best == set()


def test_similar_goods_are_of_the_same_taste(trained):
    found = slate(trained, surface="similar", item="good-3")
    assert "good-3" not in {item.outside_id for item in found}
    assert {item.attributes["labels"][0] for item in found[:3]} == {"tea"}


def test_no_code_knows_films():
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in product_files()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if FILM_WORDS.search(line)
    ]
    assert found == []


def product_files() -> list[Path]:
    """The code and the templates of the product, without its demo and its translations."""
    folders = ("curation", "feedback", "recsys", "templates", "static")
    found = [path for folder in folders for path in (ROOT / folder).rglob("*")]
    return [
        path
        for path in found
        if path.suffix in {".py", ".html", ".css", ".js", ".txt"}
        and not {"demo", "locale", "__pycache__"} & set(path.parts)
        and path.name != "demo.py"
        and str(path.relative_to(ROOT)) not in FORMAT_OF_OTHERS
    ]
