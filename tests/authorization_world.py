"""What the addresses of the authorization table name: one of everything, and somebody of each role."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.admin import site
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)

from curation import actions, installation
from curation.actions import Expected, Terms
from curation.fusion.query import EVERYTHING
from curation.models import (
    Attribute,
    Counter,
    Expectation,
    Item,
    ItemStats,
    Member,
    MemberAttribute,
    MemberStats,
    Segment,
    Surface,
    User,
)
from curation.people.access import issue_token
from recsys.api import surfaces, tokens
from recsys.likenesses import actions as likeness_actions
from recsys.models import (
    BlendProposal,
    BlendSweep,
    Clustering,
    DecisionProposal,
    EmbeddingJob,
    ModelVersion,
    Run,
    Schedule,
    Simulation,
)
from recsys.proposals import actions as proposal_actions
from recsys.runs import promotion
from recsys.slates import doorbell, fusing, serving
from recsys.slates.places import Place
from tests.appraised import appraised
from tests.factories import UserFactory

SOURCE = "demo"
COLUMNS = (
    "anonymous",
    "member",
    "other",
    "curator",
    "analyst",
    "operator",
    "client",
    "administrator",
)
NAMES = {"member": "ada", "other": "bob"}
TOKEN_KEY_LENGTH = 15
STAFF = {"curator", "analyst", "operator", "administrator"}
DECISION = {"kind": "pin", "item": "film", "surface": "home", "slot": 3, "reason": "it is new"}
BLEND: dict[str, Any] = {"scales": {}, "beta": None, "terms": Terms(reason="it is better")}
FILE = {"format": "tandem.decisions", "version": 1, "decisions": []}
EXPECTED = {"name": "Something", "surface": "home", "way": "never", "items": ["bad"]}
CLUSTERS = {"clusters": [{"size": 2, "traits": []}]}
QUERY = {"field": "ratings", "op": "ge", "value": 20}
VOTED = ("part", "votes", "low", "part_elsewhere", "votes_elsewhere", "times", "slates")
EVENT = {"event": "e1", "member": "ada", "item": "film", "kind": "like"}


@dataclass
class World:
    """Who asks, and what for."""

    clear: dict[str, str]
    sessions: dict[str, str]
    named: dict[str, Any]
    bodies: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def enter(self, client: Client, route: str, column: str) -> dict[str, str]:
        """Sign in: with a token to the API, with a session elsewhere."""
        if column == "anonymous":
            return {}
        if route.startswith("api/"):
            return {"authorization": f"Token {self.clear[column]}"}
        client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[column]
        return {}

    def path(self, route: str) -> str:
        """An address of the route that names what is there."""
        owner = re.match(r"admin/(\w+/\w+)/<path:object_id>", route)
        names = self.named | ({"object_id": self.named[owner[1]]} if owner else {})
        return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(names[match[1]]), route)

    def body(self, route: str, method: str) -> dict[str, Any]:
        """What is sent: enough to be let in, and to be done where that is easy."""
        query = {"member": "ada"} if route == "api/v1/recommendations/" else {}
        return self.bodies.get((method, route), query if method == "GET" else {})


def wait_for_nobody(patch: pytest.MonkeyPatch) -> None:
    """No worker is there to answer: whoever asks one is told so at once."""
    patch.setattr(serving.Ask, "budget_s", 0.0)
    patch.setattr(doorbell, "popped", lambda *_args, **_named: None)


def build() -> World:
    """Make it all."""
    installation.ensure()
    tokens.forget()
    surfaces.forget()
    users = {column: _user(column) for column in COLUMNS[1:]}
    named = _things(users)
    clear = {column: issue_token(user, SOURCE) for column, user in users.items()}
    sessions = {column: _session(user) for column, user in users.items()}
    named |= {"token_key": clear["member"][:TOKEN_KEY_LENGTH], "session_id": _open(users["member"])}
    named |= {"user_id": users["member"].pk}
    return World(clear, sessions, named, _bodies(named))


def _user(column: str) -> User:
    role = "member" if column == "other" else column
    user: User = UserFactory.create(
        username=NAMES.get(column, column), roles=[role], is_staff=column in STAFF
    )
    # Whoever has been on a page is a member too, which gives them no more rights.
    Member.objects.create(source=SOURCE, outside_id=user.username, user=user)
    return user


def _session(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _open(user: User) -> int:
    """A session of hers beside the one that she asks with; one without a row of its own would not be listed."""
    told = {"user": user, "ip": "10.0.0.1", "user_agent": "a browser"}
    row, _new = UserSession.objects.update_or_create(session_key=_session(user), defaults=told)
    return int(row.pk)


def _things(users: dict[str, User]) -> dict[str, Any]:
    """One of everything that an address can name, by the name that it has there."""
    curator, home = users["curator"], Surface.objects.get(slug="home")
    Counter.objects.update(value=time.time_ns() // 1000)
    item = Item.objects.create(source=SOURCE, outside_id="film", title="A film")
    pin = actions.pin_item(
        actor=curator, surface=home, item=item, slot=1, terms=Terms(reason="it is good")
    )
    actions.publish_decision(actor=curator, draft=pin)
    block = actions.block_item(
        actor=curator,
        item=Item.objects.create(source=SOURCE, outside_id="bad", title="A bad film"),
        terms=Terms(reason="it is bad"),
    )
    actions.publish_decision(actor=curator, draft=block)
    versions = _versions(users["operator"])
    draft = actions.set_blend(actor=curator, surface=home, weights={"ease": 1.0}, **BLEND)
    asked = actions.ask_approval(actor=curator, change_set=draft.revision.change_set)
    appraised(pin.decision, str(item.pk), item.title)
    slate = fusing.make(fusing.read(Place("home", SOURCE, "ada", "", "en", ""))).slate
    return {
        "item_id": item.pk,
        "slate_id": slate.pk,
        "slot": 1,
        "preview_id": item.pk,
        "side": "now",
        "comment_id": item.pk,
        "run_id": Run.objects.create(family="ease").pk,
        "job_id": EmbeddingJob.objects.create(encoder="small").pk,
        "schedule_id": Schedule.objects.create(
            name="Nightly", family="ease", every_hours=24, since=timezone.now()
        ).pk,
        "version_id": versions[0].pk,
        "blend_id": BlendProposal.objects.create(surface=home).pk,
        "proposal_id": _proposal(curator, home, item).pk,
        "sweep_id": BlendSweep.objects.create(surface=home).pk,
        "family": "ease",
        "decision_id": pin.decision.pk,
        "change_set_id": draft.revision.change_set_id,
        "other_set": actions.open_change_set(actor=curator, name="Other").pk,
        "drafted": draft.decision.pk,
        "asked": asked.pk,
        "revision_id": draft.revision.pk,
        "member_id": Member.objects.get(outside_id="ada").pk,
        "slug": "home",
        "name": "home",
        "clustering_id": Clustering.objects.create(report=CLUSTERS).pk,
        "cluster": 0,
        "simulation_id": Simulation.objects.create(change_set=draft.revision.change_set).pk,
        "expectation_id": _expectation(curator, home).pk,
        "segment_slug": actions.make_list(actor=curator, slug="guests", name="Guests").slug,
        "likeness_key": likeness_actions.write_likeness(actor=curator, text="War at sea").key,
        "number": 0,
        "label": "curation.surface",
        "key": "home",
        "before": 0,
        "after": 1,
        "kind": "pin",
        "about": "items",
        "table": "activity",
        "appraisal_table": "lift",
        "scorer_table": "shares",
        "decision_table": "curated",
        "app_label": "curation",
        "url": "nowhere/",
        "uidb36": "nobody",
        "id": users["member"].pk,
        "content_type_id": ContentType.objects.get_for_model(Item).pk,
        "object_id": item.pk,
        **_rows(item, users["member"]),
    }


def _proposal(curator: User, home: Surface, item: Item) -> DecisionProposal:
    """A proposed decision that is snoozed, so that all can be done with it: it can be decided, and woken."""
    segment = actions.make_list(actor=curator, slug="owls", name="Night owls")
    made = DecisionProposal.objects.create(
        kind="bury", surface=home, item=item, segment=segment, weight=18,
        evidence=dict.fromkeys(VOTED, 18), counted_at=timezone.now(),
    )  # fmt: skip
    back = timezone.now() + timedelta(days=30)
    proposal_actions.snooze(proposal_id=made.pk, actor=curator, back=back)
    return made


def _expectation(curator: User, home: Surface) -> Expectation:
    """An expectation that stops nothing, so that all that is allowed stays so."""
    claim = actions.read_claim("at_least", EVERYTHING, 1)
    expected = Expected(name="E1", surface=home, claim=claim, blocks=False)
    return actions.add_expectation(actor=curator, expected=expected)


def _versions(operator: User) -> list[ModelVersion]:
    """Two versions of one family; the second is live and replaced the first."""
    found = []
    for number in (1, 2):
        run = Run.objects.create(family="ease")
        version = ModelVersion.objects.create(
            family="ease", number=number, run=run, artifact="ease", digest="0" * 64
        )
        promotion.flip(version, actor=operator, reason="better", rolls_back=False)
        found.append(version)
    return found


def _rows(item: Item, ada: User) -> dict[str, Any]:
    """The key of one row of each model in the admin, by its place there."""
    ItemStats.objects.create(item=item)
    Attribute.objects.create(key="year", kind="number", label="year")
    Segment.objects.create(slug="busy", name="Busy", query=QUERY)
    MemberAttribute.objects.create(key="plan", kind="text", label="plan")
    MemberStats.objects.create(subject=Member.objects.get(outside_id="ada").subject)
    every_day = IntervalSchedule.objects.create(every=1, period="days")
    PeriodicTask.objects.create(name="daily", task="recsys.sweep", interval=every_day)
    CrontabSchedule.objects.create()
    SolarSchedule.objects.create(event="sunrise", latitude=0, longitude=0)
    ClockedSchedule.objects.create(clocked_time=timezone.now())
    found = {}
    # The addresses load what is registered with the admin; a process may not have asked for one yet.
    assert get_resolver().url_patterns
    for model in site._registry:
        row = model._default_manager.order_by("pk").last()
        assert row is not None, f"the world has no {model.__name__}"
        found[f"{model._meta.app_label}/{model._meta.model_name}"] = row.pk
    return found | {"curation/user": ada.pk}


def _bodies(named: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    reason = {"reason": "it is time"}
    return {
        ("POST", "items/<uuid:item_id>/feedback/"): {"kind": "like", "nonce": "abcdef"},
        ("POST", "items/<uuid:item_id>/view/"): {"seconds": "3", "nonce": "abcdef"},
        ("POST", "items/<uuid:item_id>/comments/"): {"text": "Good.", "nonce": "abcdef"},
        ("POST", "api/v1/members/merge/"): {"member": "ada", "into": "bob"},
        ("GET", "api/v1/preferences/"): {"member": "ada"},
        ("GET", "api/v1/runs/readiness/"): {"family": "ease"},
        ("POST", "api/v1/runs/<uuid:run_id>/priority/"): {"priority": 7},
        ("POST", "admin/runs/<uuid:run_id>/move/"): {"to": "front"},
        ("POST", "account/tour/"): {"act": "dismiss", "tour": "member", "next": "/"},
        ("POST", "feedback/undo/"): {"event": "e1", "item": named["item_id"]},
        ("POST", "api/v1/interactions/"): EVENT,
        ("PUT", "api/v1/items/"): {"items": [{"item": "film", "title": "A film"}]},
        ("PUT", "api/v1/members/"): {"members": [{"member": "ada"}]},
        ("POST", "api/v1/decisions/"): DECISION,
        ("POST", "api/v1/decisions/<uuid:decision_id>/end/"): {"publish": True, **reason},
        ("PUT", "api/v1/decisions/<uuid:decision_id>/"): {**DECISION, "base": 1},
        ("POST", "api/v1/decisions/import/"): {"document": FILE, "change_set": "Spring"},
        ("GET", "api/v1/policy/diff/"): {"surface": "home", "before": 0, "after": 1},
        ("POST", "api/v1/change-sets/"): {"name": "Spring"},
        **{
            ("POST", f"api/v1/change-sets/<uuid:change_set_id>/{act}/"): {**reason, **body}
            for act, body in (
                ("discard", {}),
                ("schedule", {"at": "2100-01-01T00:00+00:00"}),
                ("move", {"decision": str(named["drafted"]), "to": str(named["other_set"])}),
                ("withdraw", {"decision": str(named["drafted"])}),
                ("approval", {}),
                ("approval/approve", {"request": str(named["asked"])}),
                ("approval/send-back", {"request": str(named["asked"])}),
            )
        },
        ("POST", "api/v1/policy/publish/"): {"surface": "home", **reason},
        ("POST", "api/v1/policy/rollback/"): {"surface": "home", "version": 0, **reason},
        ("POST", "api/v1/runs/"): {"family": "ease"},
        ("POST", "api/v1/likenesses/"): {"text": "a heist in space"},
        ("POST", "admin/likenesses/use/"): {"like_text": "a heist in space", "like_at": "0.4"},
        ("POST", "api/v1/expectations/"): {**EXPECTED, "name": "Another"},
        ("PUT", "api/v1/expectations/<uuid:expectation_id>/"): {**EXPECTED, "base": 1},
        ("POST", "api/v1/expectations/<uuid:expectation_id>/retire/"): reason,
        ("PUT", "api/v1/segments/<slug:segment_slug>/"): {"name": "Guests"},
        ("POST", "api/v1/segments/<slug:segment_slug>/members/"): {"add": ["ada"]},
        ("POST", "admin/desk/decisions/<uuid:decision_id>/end/"): reason,
        ("POST", "admin/desk/change-sets/<uuid:change_set_id>/discard/"): reason,
        ("POST", "admin/desk/change-sets/<uuid:change_set_id>/"): reason,
        ("POST", "admin/desk/change-sets/<uuid:change_set_id>/approval/"): {"act": "ask"},
        ("POST", "admin/desk/surfaces/<slug:slug>/versions/<int:number>/"): reason,
        ("POST", "admin/runs/models/<uuid:version_id>/promote/"): reason,
        ("POST", "api/v1/proposals/"): {"surface": "home"},
        **{
            ("POST", f"api/v1/inbox/<uuid:proposal_id>/{act}/"): body
            for act, body in (
                ("accept", reason),
                ("edit", DECISION),
                ("reject", reason),
                ("snooze", {"back": (timezone.now() + timedelta(days=7)).isoformat()}),
            )
        },
        ("POST", "api/v1/blend-sweeps/"): {"surface": "home"},
        ("PATCH", "api/v1/surfaces/<slug:slug>/"): {"approval": "never"},
        ("POST", "admin/runs/models/<slug:family>/roll-back/"): reason,
    }
