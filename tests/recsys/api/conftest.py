"""Callers of the API by role, and a small shop."""

from __future__ import annotations

import time

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from curation import installation
from curation.models import Counter, Item, Member, User
from curation.people.access import issue_token
from recsys.api import surfaces, tokens
from recsys.slates import bodies, fusing
from recsys.slates.bodies import Whole
from recsys.slates.places import Place
from recsys.transport import cache
from tests.recsys.api.cast import SOURCE, Api


@pytest.fixture(autouse=True)
def _installed(db):
    """What every installation has; nothing remembered of another test."""
    installation.ensure()
    tokens.forget()
    surfaces.forget()


@pytest.fixture
def user_of():
    """A user of one role: `user_of("curator")`, or of another name."""

    def _user(role: str, name: str = "") -> User:
        user, made = User.objects.get_or_create(username=name or role)
        if made:
            user.groups.add(Group.objects.get(name=role))
        return user

    return _user


@pytest.fixture
def caller(user_of):
    """An API caller of a role, with a token of the shop's source; one of role member is that member."""

    def _caller(role: str, name: str = "") -> Api:
        user = user_of(role, name)
        if role == "member":
            found, _made = Member.objects.get_or_create(source=SOURCE, outside_id=user.username)
            Member.objects.filter(pk=found.pk).update(user=user)
        return Api(Client(), issue_token(user, SOURCE))

    return _caller


@pytest.fixture
def client_api(caller):
    """The API client that may act for any member."""
    return caller("client")


@pytest.fixture
def anonymous():
    return Api(Client())


@pytest.fixture
def films():
    """Twelve films; a process keeps the catalogue by its version, which no other test may share."""
    Counter.objects.update(value=time.time_ns() // 1000)
    return [
        Item.objects.create(source=SOURCE, outside_id=f"film-{n}", title=f"Film {n}")
        for n in range(12)
    ]


@pytest.fixture
def fuse(films):
    """Fuses a member's slate as a worker would, and leaves it where the web finds it."""

    def _fuse(member: str, surface: str = "home", anchor: Item | None = None) -> Whole:
        place = Place(surface, SOURCE, member, "", "en", str(anchor.id) if anchor else "")
        made = fusing.make(fusing.read(place))
        cache.ask(lambda client: bodies.store(client, place, made.body))
        return made.body

    return _fuse
