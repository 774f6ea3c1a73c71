"""Requests made from the OpenAPI document, good and bad: no answer is outside it, none is a fault of ours."""

from __future__ import annotations

import pytest
import schemathesis
from django.contrib.auth.models import Group
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS
from schemathesis.config import SchemathesisConfig

from curation import installation
from curation.models import Item, Member, User
from curation.people.access import issue_token
from recsys.api import surfaces, tokens
from recsys.config.wsgi import application
from tests.authorization_world import wait_for_nobody

# All operations are one test with parts; beside the crawl, which is many tests, it begins early.
pytestmark = [pytest.mark.xdist_group("face"), pytest.mark.timeout(900)]

EXAMPLES = 8
FAMILIES = ("popularity", "ease")
ALIKE = {
    "RevisionRequestRequest": ("PinRevisionRequest",),
    "EditedRequestRequest": ("PinRequest",),
}
# A query that says two things which do not go together is well formed to a schema, and refused all the same. Who is
# let in, and by which methods, stands in the table of rights, against which every route is asked.
LEFT_OUT = {"positive_data_acceptance", "ignored_auth"}


@pytest.fixture
def _connections_stay():
    """A request must not close the connection that holds the test's transaction."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def token(db, _connections_stay, monkeypatch):
    """An administrator's token, and an item and a member to name."""
    wait_for_nobody(monkeypatch)
    installation.ensure()
    tokens.forget()
    surfaces.forget()
    Item.objects.create(source="shop", outside_id="a", title="A")
    Member.objects.create(source="shop", outside_id="a")
    user = User.objects.create(username="everything")
    user.groups.add(Group.objects.get_or_create(name="administrator")[0])
    return issue_token(user, "shop")


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Of what is alike only some: families, whose settings are read in one way; what is read as a new decision is."""
    parts = raw_schema["components"]["schemas"]
    for name, kept in ALIKE.items():
        all_of_it = parts[name]["oneOf"]
        parts[name]["oneOf"] = [
            each for each in all_of_it if each["$ref"].rsplit("/", 1)[-1] in kept
        ]
        assert len(parts[name]["oneOf"]) == len(kept)
    launch = parts["LaunchRequest"]
    of_family = {each["properties"]["family"]["enum"][0]: each for each in launch["oneOf"]}
    launch["oneOf"] = [of_family[name] for name in FAMILIES]


@pytest.fixture
def document(token):
    """Read where it is asked for: to read it takes seconds, which every worker that collects tests would spend."""
    told = {
        "phases": {"coverage": {"unexpected-methods": []}},
        # No worker is here to preview anything, which the document says is answered with 503.
        "operations": [
            {
                "include-path": "/api/v1/previews/",
                "checks": {"not_a_server_error": {"expected-statuses": ["2xx", "3xx", "4xx", 503]}},
            }
        ],
    }
    config = SchemathesisConfig.from_dict(told)
    return schemathesis.openapi.from_wsgi("/api/schema/", application, config=config)


schema = schemathesis.pytest.from_fixture("document")


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_no_answer_is_outside_the_document(case, token):
    checks = [check for check in CHECKS.get_all() if check.__name__ not in LEFT_OUT]
    case.call_and_validate(headers={"Authorization": f"Token {token}"}, checks=checks)
