"""Rows for tests, small and flat: one factory for each model that tests make."""

from __future__ import annotations

from django.contrib.auth.models import Group
from factory.declarations import SelfAttribute, Sequence
from factory.django import DjangoModelFactory
from factory.helpers import post_generation

from curation import models

SOURCE = "test"


def _join(user, create, extracted, **kwargs):
    for role in extracted or ():
        user.groups.add(Group.objects.get_or_create(name=role)[0])


class UserFactory(DjangoModelFactory[models.User]):
    """A user; `roles=["curator"]` puts them in groups."""

    class Meta:
        model = models.User
        skip_postgeneration_save = True

    username = Sequence(lambda n: f"user-{n}")

    roles = post_generation(_join)


class ItemFactory(DjangoModelFactory[models.Item]):
    """An active item."""

    class Meta:
        model = models.Item

    source = SOURCE
    outside_id = Sequence(lambda n: f"item-{n}")
    title = Sequence(lambda n: f"Film {n}")


class MemberFactory(DjangoModelFactory[models.Member]):
    """A member."""

    class Meta:
        model = models.Member

    source = SOURCE
    outside_id = Sequence(lambda n: f"member-{n}")


class SurfaceFactory(DjangoModelFactory[models.Surface]):
    """A surface without exploration."""

    class Meta:
        model = models.Surface
        django_get_or_create = ("slug",)

    slug = "home"
    name = "Home"


class SegmentFactory(DjangoModelFactory[models.Segment]):
    """Members with twenty ratings or more."""

    class Meta:
        model = models.Segment

    slug = Sequence(lambda n: f"segment-{n}")
    name = SelfAttribute("slug")
    query = {"field": "ratings", "op": "ge", "value": 20}


class AttributeFactory(DjangoModelFactory[models.Attribute]):
    """A declared attribute of items."""

    class Meta:
        model = models.Attribute
        django_get_or_create = ("key",)

    key = "year"
    kind = "number"
    label = SelfAttribute("key")


class ScorerFactory(DjangoModelFactory[models.Scorer]):
    """A scorer with a live model."""

    class Meta:
        model = models.Scorer
        django_get_or_create = ("name",)

    name = "ease"
    live = True
