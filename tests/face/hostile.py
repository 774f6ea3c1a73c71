"""The world of the authorization table, with hostile markup in every text that people write, a dozen of each thing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.db import transaction
from django.utils import timezone
from django.utils.translation import override

from curation import actions
from curation.actions import Terms
from curation.fusion.columns import Kind
from curation.fusion.effects import Boost
from curation.fusion.query import All, AnyOf, Comparison, Not
from curation.ids import new_id
from curation.models import (
    Attribute,
    ChangeSet,
    Decision,
    Expectation,
    ExpectationReport,
    Item,
    ItemStats,
    Member,
    MemberAttribute,
    Segment,
    SegmentState,
    Surface,
    Token,
    User,
)
from curation.policies import fulfilment
from curation.policies.fulfilment import Target
from feedback.models import Comment
from recsys.likenesses import actions as likeness_actions
from recsys.models import (
    DecisionProposal,
    Job,
    Preference,
    PreferenceFit,
    Simulation,
)
from recsys.profiles.item_features import SLOT, Feature
from recsys.proposals import actions as proposal_actions
from recsys.slates import fallbacks, fusing
from recsys.slates.places import Place
from tests.authorization_world import SOURCE, VOTED, World, build
from tests.face.life import live
from tests.face.payload import PAYLOAD, PLANTED
from tests.face.work import work

DOZEN: Final = 12
NAMED: Final = Comparison("maker", Kind.TEXT, "contains", PAYLOAD)
NESTED: Final = AnyOf((All((NAMED, Not(AnyOf((NAMED, Not(NAMED)))))), Not(All((NAMED, NAMED)))))


def build_hostile() -> World:
    """Make it all; the slate and the trace come of hostile items, decisions and reasons."""
    world = build()
    curator = User.objects.get(username="curator")
    _items()
    world.named["nested_id"] = _nested(curator).pk
    _decisions(curator)
    _segments(curator)
    work()
    _comments()
    _rename()
    _expected()
    _proposals(curator)
    _preferences()
    likeness_actions.write_likeness(actor=curator, text=PAYLOAD)
    world.named["slate_id"] = _slates(str(world.named["item_id"]))
    live(world.named["slate_id"])
    return world


def _slates(anchor: str) -> UUID:
    """One for Ada, which is returned, and those for nobody in particular: no worker is there to make another."""
    for nobody in (Place("home"), Place("similar", anchor=anchor)):
        made = fusing.make(fusing.read(nobody))
        fallbacks.store(nobody, made.body, made.slate)
    return fusing.make(fusing.read(Place("home", SOURCE, "ada", "", "en", ""))).slate.pk


def _items() -> None:
    Attribute.objects.create(key="genres", kind="tags", label=PAYLOAD[:120])
    Attribute.objects.create(key="maker", kind="text", label=PAYLOAD[:120])
    texts = {"genres": [PAYLOAD, "Drama"], "maker": PAYLOAD, "year": 1999}
    items = [
        Item(source=SOURCE, outside_id=f"{n}{PAYLOAD}", title=f"{n} {PAYLOAD}")
        for n in range(DOZEN)
    ]
    Item.objects.bulk_create(items)
    Item.objects.update(
        description=PAYLOAD,
        provider=PAYLOAD,
        attributes=texts,
        image_url=f"https://images.test/'\"><{PLANTED}>.png",
    )
    ItemStats.objects.bulk_create(ItemStats(item=item, ratings=3) for item in items)


def _decisions(curator: User) -> None:
    """Some in force, some drafted, in change sets with hostile names, for hostile reasons."""
    home = Surface.objects.get(slug="home")
    common: dict[str, Any] = {"actor": curator, "surface": home, "terms": Terms(reason=PAYLOAD)}
    for place, item in enumerate(Item.objects.filter(outside_id__endswith=PAYLOAD)):
        mine = Terms(reason=PAYLOAD, change_set=_change_set(curator, place))
        actions.pin_item(actor=curator, surface=home, item=item, slot=place + 2, terms=mine)
        _publish(curator, actions.pin_item(slot=20 + place, item=item, **common))
    _publish(curator, actions.add_rule(effect=Boost(1.0), what=NAMED, **common))
    with override("zh-hans"):
        actions.pin_item(slot=20 + DOZEN, item=item, **common)
        _publish(curator, actions.pin_item(slot=21 + DOZEN, item=item, **common))
    for change_set in ChangeSet.objects.filter(published_at=None, name__endswith=PAYLOAD[-20:]):
        actions.ask_approval(actor=curator, change_set=change_set, reason=PAYLOAD)
    Surface.objects.update(approval="above")


def _nested(curator: User) -> Decision:
    """A rule whose query has groups within groups, of each kind."""
    home = Surface.objects.get(slug="home")
    terms = Terms(reason=PAYLOAD)
    draft = actions.add_rule(
        actor=curator, surface=home, effect=Boost(1.0), what=NESTED, terms=terms
    )
    _publish(curator, draft)
    return draft.decision


def _change_set(curator: User, place: int) -> ChangeSet:
    return actions.open_change_set(actor=curator, name=f"{place} {PAYLOAD}"[:120])


def _publish(curator: User, draft: actions.Draft) -> None:
    with transaction.atomic():
        actions.publish_decision(actor=curator, draft=draft)


def _segments(curator: User) -> None:
    for place in range(DOZEN):
        actions.make_list(
            actor=curator, slug=f"planted-{place}", name=f"{place} {PAYLOAD}", reason=PAYLOAD
        )
    SegmentState.objects.update(problem=PAYLOAD)


def _proposals(curator: User) -> None:
    """Decisions of each kind that are proposed: open, snoozed and rejected, of hostile things."""
    now, segments = timezone.now(), Segment.objects.filter(name__contains=PLANTED)
    films = Item.objects.filter(outside_id__endswith=PAYLOAD)
    voted = {"evidence": dict.fromkeys(VOTED, 1), "weight": 1, "counted_at": now}
    made = [
        DecisionProposal.objects.create(
            kind=kind, surface_id="home", item=film, segment=segment, **voted
        )
        for film, segment in zip(films[:3], segments, strict=False)
        for kind in ("bury", "boost")
    ]
    due = {"way": "idle", "due": "over", "day": "2026-01-01", "requests": 300, "revision": 1}
    decision = Decision.objects.filter(kind="pin").order_by("-pk")[0]
    idle = {**voted, "evidence": due}
    DecisionProposal.objects.create(kind="end", surface_id="home", decision=decision, **idle)
    snoozed, rejected = (row.pk for row in made[:2])
    back = now + timedelta(days=30)
    proposal_actions.snooze(proposal_id=snoozed, actor=curator, back=back, reason=PAYLOAD)
    proposal_actions.reject(proposal_id=rejected, actor=curator, reason=PAYLOAD)
    Simulation.objects.create(proposal=made[2], state=Job.State.FAILED, error=PAYLOAD)


def _expected() -> None:
    """What is expected, in hostile words, and not met: as things stand, and with the drafts of each change set."""
    Expectation.objects.update(name=PAYLOAD[:120], reason=PAYLOAD)
    row = Expectation.objects.get()
    ada = {"kind": "segment", "segment": PAYLOAD, "subject": str(row.pk)}
    told = [{"slot": 1, "item": str(Item.objects.get(title=PAYLOAD).pk), "title": PAYLOAD}]
    result = {
        "expectation": str(row.pk),
        "met": False,
        "error": "",
        "people": 1,
        "slates": [{"met": False, "whom": ada, "held": 0, "told": told}],
    }
    for home in (None, *ChangeSet.objects.all()):
        ExpectationReport.objects.create(
            change_set=home,
            checked_at=timezone.now(),
            instant=timezone.now(),
            basis=dict(fulfilment.basis_of(Target(change_set=home)).facts),
            results=[result],
        )


def _preferences() -> None:
    """What draws Ada and what puts her off, all of it hostile."""
    features = [
        Feature(field, "tags", value) for field in ("genres", "gone") for value in (PAYLOAD, "x")
    ]
    told = [*features, Feature("year", "number", scale=9.5), Feature(SLOT, "number")]
    fit = PreferenceFit.objects.create(
        since=timezone.now(),
        members=2,
        choices=40,
        features=[feature.as_json() for feature in told],
        mean=[0.1] * len(told),
        deviation=[0.5] * len(told),
    )
    Preference.objects.create(
        member=Member.objects.get(outside_id="ada"),
        fit=fit,
        impressions=12,
        choices=20,
        theta=[1.0, -1.0, 0.0, 1.0, -1.0, -0.5],
        deviation=[0.1] * len(told),
        likes=9,
        interests=[{"tag": PAYLOAD, "likes": 5, "lift": 2.5}],
    )


def _comments() -> None:
    item, ada = Item.objects.get(outside_id="film"), Member.objects.get(outside_id="ada")
    rows = {"item_id": item.pk, "text": PAYLOAD, "public": True, "hidden_why": PAYLOAD}
    Comment.objects.bulk_create(
        Comment(interaction=new_id(), subject=ada.subject, written_at=datetime.now(UTC), **rows)
        for _ in range(DOZEN)
    )


def _rename() -> None:
    """Give what the world had before a hostile name."""
    Item.objects.filter(outside_id="film").update(title=PAYLOAD)
    for model in (Surface, Segment):
        model.objects.update(name=PAYLOAD)
    Attribute.objects.update(label=PAYLOAD)
    MemberAttribute.objects.update(label=PAYLOAD)
    Member.objects.filter(user=None).update(outside_id=PAYLOAD)
    Token.objects.update(name=PAYLOAD[:60])
    UserSession.objects.update(user_agent=PAYLOAD)
    User.objects.exclude(username="ada").update(first_name=PAYLOAD, last_name=PAYLOAD)
