"""Rows for tests, small and flat: one factory for each model that tests make."""

from __future__ import annotations

import factory
from django.contrib.auth.models import Group

from curation import models

SOURCE = "test"


class UserFactory(factory.django.DjangoModelFactory):
    """A user; `roles=["curator"]` puts them in groups."""

    class Meta:
        model = models.User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"user-{n}")

    @factory.post_generation
    def roles(self, create, extracted, **kwargs):
        for role in extracted or ():
            self.groups.add(Group.objects.get_or_create(name=role)[0])


class ItemFactory(factory.django.DjangoModelFactory):
    """An active item."""

    class Meta:
        model = models.Item

    source = SOURCE
    outside_id = factory.Sequence(lambda n: f"item-{n}")
    title = factory.Sequence(lambda n: f"Film {n}")


class MemberFactory(factory.django.DjangoModelFactory):
    """A member."""

    class Meta:
        model = models.Member

    source = SOURCE
    outside_id = factory.Sequence(lambda n: f"member-{n}")


class SurfaceFactory(factory.django.DjangoModelFactory):
    """A surface without exploration."""

    class Meta:
        model = models.Surface
        django_get_or_create = ("slug",)

    slug = "home"
    name = "Home"


class SegmentFactory(factory.django.DjangoModelFactory):
    """Members with twenty ratings or more."""

    class Meta:
        model = models.Segment

    slug = factory.Sequence(lambda n: f"segment-{n}")
    name = factory.SelfAttribute("slug")
    query = {"field": "ratings", "op": "ge", "value": 20}


class AttributeFactory(factory.django.DjangoModelFactory):
    """A declared attribute of items."""

    class Meta:
        model = models.Attribute
        django_get_or_create = ("key",)

    key = "year"
    kind = "number"
    label = factory.SelfAttribute("key")


class ScorerFactory(factory.django.DjangoModelFactory):
    """A scorer with a live model."""

    class Meta:
        model = models.Scorer
        django_get_or_create = ("name",)

    name = "ease"
    live = True
