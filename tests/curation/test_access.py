"""Who may do what: roles, permissions, tokens, and for whom a caller may act."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser, Group
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse

from curation.installation import ROLES, ensure
from curation.models import Surface, Token, User
from curation.people.access import (
    acting,
    issue_token,
    member_for,
    require,
    role_required,
    roles_of,
    source_of,
)
from curation.problems import Denied
from tests.factories import SOURCE, MemberFactory, UserFactory

pytestmark = pytest.mark.django_db


def events(name):
    return apps.get_model("curation", name).objects


def user_of(*roles, **fields):
    return UserFactory.create(roles=roles, **fields)


def test_a_user_has_the_roles_of_their_groups():
    assert roles_of(user_of("curator", "analyst")) == {"curator", "analyst"}
    assert roles_of(user_of()) == frozenset()


def test_an_administrator_or_superuser_has_every_role():
    assert roles_of(user_of("administrator")) == set(ROLES)
    assert roles_of(user_of(is_superuser=True)) == set(ROLES)


def test_strangers_and_inactive_users_have_none():
    assert roles_of(AnonymousUser()) == frozenset()
    assert roles_of(user_of("administrator", is_active=False)) == frozenset()


def test_requiring_a_role_answers_the_user_or_denies():
    curator = user_of("curator")
    assert require(curator, "operator", "curator") == curator
    for other in (user_of("member"), AnonymousUser()):
        with pytest.raises(Denied):
            require(other, "curator")


def test_permissions_follow_from_roles():
    curator, analyst = user_of("curator"), user_of("analyst")
    assert curator.has_perm("curation.add_decision")
    assert not curator.has_perm("recsys.add_run")
    assert not analyst.has_perm("curation.add_decision")
    assert analyst.has_perm("feedback.view_rating")
    assert user_of("operator").has_perm("recsys.add_run")
    assert user_of("administrator").has_perm("curation.delete_user")
    assert curator.has_module_perms("curation")
    assert not user_of("member").has_module_perms("curation")
    assert not user_of("curator", is_active=False).has_perm("curation.add_decision")


def test_a_guarded_page_sends_strangers_to_the_login_and_others_away(rf):
    @role_required("curator")
    def page(request):
        return HttpResponse("in")

    request = rf.get("/desk/")
    request.user = AnonymousUser()
    assert page(request).status_code == 302
    request.user = user_of("curator")
    assert page(request).status_code == 200
    request.user = user_of("member")
    with pytest.raises(PermissionDenied):
        page(request)


def test_a_client_acts_for_any_member_of_their_source():
    ada = MemberFactory.create(outside_id="ada")
    client = user_of("client")
    assert member_for(client, SOURCE, "ada") == ada
    assert member_for(client, SOURCE, "nobody yet") is None
    assert member_for(client, "another source", "ada") is None
    assert member_for(user_of("administrator"), SOURCE, "ada") == ada


def test_a_member_acts_for_themselves_only():
    user = user_of("member")
    mine = MemberFactory.create(outside_id="mine", user=user)
    MemberFactory.create(outside_id="old", merged_into=mine)
    MemberFactory.create(outside_id="other", user=user_of("member"))
    MemberFactory.create(outside_id="nobody's")
    assert member_for(user, SOURCE, "mine") == mine
    assert member_for(user, SOURCE, "old") == mine
    for other in ("other", "nobody's", "unknown"):
        with pytest.raises(Denied):
            member_for(user, SOURCE, other)


@pytest.mark.parametrize("role", ["curator", "operator", "analyst"])
def test_staff_act_for_nobody(role):
    user = user_of(role)
    MemberFactory.create(outside_id="mine", user=user)
    with pytest.raises(Denied):
        member_for(user, SOURCE, "mine")


def test_a_token_is_stored_as_a_digest_and_carries_its_source(rf, settings):
    clear = issue_token(user_of("client"), "shop")
    token = Token.objects.get()
    assert clear not in (token.digest, token.token_key)
    request = rf.get("/")
    request.auth = token
    assert source_of(request) == "shop"
    assert source_of(rf.get("/")) == settings.DEFAULT_SOURCE


def test_every_grant_and_removal_of_a_role_is_kept():
    administrator, user = user_of("administrator"), user_of()
    group = Group.objects.get(name="curator")
    with acting(administrator, "grant", "joined the desk"):
        user.groups.add(group)
    user.groups.remove(group)
    added, removed = events("UserRoleEvent").filter(user=user).order_by("pgh_id")
    assert (added.pgh_label, removed.pgh_label) == ("insert", "delete")
    assert added.pgh_context["reason"] == "joined the desk"
    assert added.pgh_context["actor"] == str(administrator.pk)


def test_signing_in_is_no_change_of_a_user_but_a_promotion_is():
    user = user_of()
    User.objects.filter(pk=user.pk).update(email="new@example.org")
    assert events("UserEvent").filter(pgh_label="update").count() == 0
    User.objects.filter(pk=user.pk).update(is_superuser=True)
    assert events("UserEvent").get(pgh_label="update").is_superuser


def test_an_installation_is_completed_without_changing_what_is_there():
    Surface.objects.filter(slug="home").update(depth=30)
    Surface.objects.filter(slug="similar").delete()
    ensure()
    ensure()
    assert {row.slug: row.depth for row in Surface.objects.all()} == {"home": 30, "similar": 50}
    assert set(Group.objects.values_list("name", flat=True)) == set(ROLES)
