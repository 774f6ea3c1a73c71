"""The desk's pages and the API of segments."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse

from curation import actions
from curation.actions import Expected, Terms, pin_item, publish_decision
from curation.fusion.parsing import parse
from curation.fusion.writing import text_of
from curation.models import Member, Outbox, Segment
from curation.people import memberships
from curation.people.access import issue_token
from curation.people.members import refresh_segments
from curation.people.memberships import Cause
from curation.queries.items import schema
from tests.factories import SOURCE, ItemFactory, MemberFactory, SegmentFactory

pytestmark = pytest.mark.django_db

ROW = {"match": "all", "field-1": "ratings", "op-1": "ge", "value-1": "20"}
MANY = {"field": "ratings", "op": "ge", "value": 20}
MUCH_RATED = {"field": "stats.ratings", "op": "ge", "value": 20}


@pytest.fixture
def desk(client, curator):
    client.force_login(curator)
    return client


@pytest.fixture
def members(db):
    found = [MemberFactory.create(source=settings.DEFAULT_SOURCE) for _ in range(3)]
    for member, count in zip(found, (25, 5, 1), strict=True):
        refresh_segments(member.subject, count)
    return found


@pytest.fixture
def by_hand(curator):
    return actions.make_list(actor=curator, slug="guests", name="Guests")


def url(name, *args):
    return reverse(f"desk:{name}", args=args)


def text(answer):
    return answer.content.decode()


def test_a_segment_is_counted_while_it_is_written_and_then_saved(desk, members):
    counted = desk.post(url("segment-count"), ROW)
    assert "1 of 3 members" in text(counted)
    assert members[0].outside_id in text(counted)
    form = {**ROW, "name": "Keen", "slug": "keen"}
    without_script = desk.post(url("new-query-segment"), {**form, "count": "Count"})
    assert "1 of 3 members" in text(without_script)
    assert not Segment.objects.exists()
    assert desk.post(url("new-query-segment"), form).url == url("segment", "keen")
    page = text(desk.get(url("segment", "keen")))
    assert "1 member" in page
    assert "number of ratings is at least 20" in page


@pytest.mark.parametrize(("value", "word"), [("0", "all 3 members"), ("99", "none of 3 members")])
def test_a_query_of_everybody_or_nobody_is_saved_only_when_confirmed(desk, members, value, word):
    form = {**ROW, "value-1": value, "name": "Keen", "slug": "keen"}
    warned = text(desk.post(url("new-query-segment"), form))
    assert word in warned
    assert 'name="confirmed"' in warned
    assert not Segment.objects.exists()
    desk.post(url("new-query-segment"), {**form, "confirmed": "on"})
    assert Segment.objects.get().slug == "keen"


@pytest.mark.parametrize(
    ("row", "word"),
    [
        ({"value-1": "many"}, "number"),
        ({"field-1": ""}, "at least one condition"),
        ({"where": '{"field": "shoe", "op": "eq", "value": 1}'}, "shoe"),
        ({"where": "{"}, "JSON"),
        ({"where": '{"items": []}'}, "no items"),
    ],
)
def test_what_cannot_be_read_is_told_where_it_is_counted_and_where_it_is_saved(
    desk, members, row, word
):
    form = {**ROW, "name": "Keen", "slug": "keen", **row}
    assert word in text(desk.post(url("segment-count"), form))
    assert word in text(desk.post(url("new-query-segment"), form))
    assert not Segment.objects.exists()


def test_ten_thousand_ids_are_pasted_and_each_refusal_is_told(desk, by_hand, members):
    ids = [members[0].outside_id, "<script>x</script>", *(f"nobody-{n}" for n in range(9_998))]
    form = {"ids": "\n".join(ids), "way": "add", "source": settings.DEFAULT_SOURCE}
    page = text(desk.post(url("segment-members", "guests"), form))
    assert "1 member changed" in page
    assert "9,999 rows were refused" in page or "9999 rows were refused" in page
    assert "&lt;script&gt;x" in page
    assert "<script>x" not in page
    assert by_hand.memberships.count() == 1
    more = text(desk.post(url("segment-members", "guests"), {**form, "ids": "x\n" * 10_001}))
    assert "at most 10000" in more.replace(",", "")


def test_a_name_with_markup_is_text(desk, members):
    name = "<b>Keen</b>"
    desk.post(url("new-query-segment"), {**ROW, "name": name, "slug": "keen"})
    for page in (url("segments"), url("segment", "keen"), url("edit-segment", "keen")):
        shown = text(desk.get(page))
        assert "&lt;b&gt;Keen" in shown
        assert "<b>Keen" not in shown


def test_a_slug_is_taken_only_once(desk, members, by_hand):
    form = {**ROW, "name": "Other", "slug": "guests"}
    assert "of this slug already" in text(desk.post(url("new-query-segment"), form))


def test_a_segment_is_changed_and_its_history_told(desk, members):
    desk.post(url("new-query-segment"), {**ROW, "name": "Keen", "slug": "keen"})
    shown = desk.get(url("edit-segment", "keen"))
    assert "ratings" in text(shown)
    base = shown.context["form"]["base"].value()
    form = {**ROW, "value-1": "5", "name": "Keener", "reason": "too few", "base": str(base)}
    desk.post(url("edit-segment", "keen"), form)
    page = text(desk.get(url("segment", "keen")))
    assert "Keener" in page
    assert "too few" in page
    assert "2 members" in page


def test_a_stale_save_shows_what_a_colleague_wrote_and_keeps_what_was_typed(desk, members):
    desk.post(url("new-query-segment"), {**ROW, "name": "Keen", "slug": "keen"})
    path = url("edit-segment", "keen")
    base = desk.get(path).context["form"]["base"].value()
    form = {**ROW, "name": "Keen", "base": str(base)}
    assert desk.post(path, {**form, "value-1": "5"}).status_code == 302
    answer = desk.post(path, {**form, "value-1": "24", "name": "Fans"})
    clashes = {row["field"]: row for row in answer.context["clashes"]}
    assert {field: row["code"] for field, row in clashes.items()} == {
        "name": "mine",
        "query": "both",
    }
    told = clashes["query"]
    assert [told[side] for side in ("base", "theirs", "mine")] == [
        *("ratings >= 20", "ratings >= 5", "ratings >= 24")
    ]
    assert told["by"] == "curator"
    assert 'value="Fans"' in text(answer)
    segment = Segment.objects.get()
    assert (segment.name, text_of(segment.query or {})) == ("Keen", "ratings >= 5")
    again = {**form, "value-1": "24", "name": "Fans"}
    again["base"] = str(answer.context["form"]["base"].value())
    assert desk.post(path, again).status_code == 302
    segment.refresh_from_db()
    assert (segment.name, text_of(segment.query or {})) == ("Fans", "ratings >= 24")


def test_a_list_that_somebody_renamed_is_not_renamed_by_an_older_page(desk, curator, by_hand):
    path = url("edit-segment", "guests")
    base = desk.get(path).context["form"]["base"].value()
    actions.rename_segment(actor=curator, segment=by_hand, name="Friends")
    answer = desk.post(path, {"name": "Visitors", "base": str(base)})
    assert [row["theirs"] for row in answer.context["clashes"]] == ["Friends"]
    assert Segment.objects.get().name == "Friends"


def test_the_base_stays_while_conditions_are_added_and_counted(desk, members):
    desk.post(url("new-query-segment"), {**ROW, "name": "Keen", "slug": "keen"})
    for more in ({"count": "1"}, {"add": "1"}, {"look": "1"}):
        form = {**ROW, "name": "Keen", "base": "1", **more}
        assert 'name="base" value="1"' in text(desk.post(url("edit-segment", "keen"), form))


def test_the_page_leads_to_the_history_of_the_segment(desk, by_hand):
    path = reverse("desk:history", args=["curation.segment", by_hand.pk])
    assert f'href="{path}"' in text(desk.get(url("segment", "guests")))
    assert "list of members begun" in text(desk.get(path))


def test_archiving_says_who_uses_it_and_wants_to_be_confirmed(desk, curator, by_hand, home):
    terms = Terms(reason="why", segment=by_hand)
    pin = pin_item(
        actor=curator, surface=home, item=ItemFactory.create(title="Ran"), slot=1, terms=terms
    )
    publish_decision(actor=curator, draft=pin)
    assert "Pin “Ran” to slot 1" in text(desk.get(url("archive-segment", "guests")))
    refused = desk.post(url("archive-segment", "guests"), {"reason": "over"})
    assert "Pin “Ran” to slot 1" in text(refused)
    assert Segment.objects.get().archived_at is None
    desk.post(url("archive-segment", "guests"), {"reason": "over", "confirmed": "on"})
    assert Segment.objects.get().archived_at is not None
    assert "archived" in text(desk.get(url("segments")))


def test_archiving_says_what_is_expected_of_its_slates(desk, curator, by_hand, home):
    claim = actions.read_claim("at_least", parse(MUCH_RATED, schema()), 1, 5)
    about: dict[str, Any] = {"surface": home, "who": "segment", "segment": by_hand, "claim": claim}
    expected = Expected(name="Guests see <i>hits</i>", **about)
    actions.add_expectation(actor=curator, expected=expected)
    for page in ("segment", "archive-segment"):
        assert "Guests see &lt;i&gt;hits" in text(desk.get(url(page, "guests")))
    desk.post(url("archive-segment", "guests"), {"reason": "over"})
    assert Segment.objects.get().archived_at is None


def test_a_refresh_is_announced(desk, members):
    SegmentFactory.create(slug="keen")
    desk.post(url("refresh-segment", "keen"))
    assert Outbox.objects.filter(task="recsys.refresh_segment").exists()


def test_the_list_takes_few_queries_however_many_segments(
    desk, members, django_assert_max_num_queries
):
    for number in range(12):
        segment = SegmentFactory.create(kind="manual")
        memberships.put(segment, come=[members[number % 3].subject])
        memberships.seal(segment, Cause("listed"))
    with django_assert_max_num_queries(8):
        desk.get(url("segments"))


# Over HTTP --------------------------------------------------------------------------------------------


@pytest.fixture
def ask(client, curator):
    token = issue_token(curator, SOURCE)

    def _ask(method, path, body=None):
        headers = {"authorization": f"Token {token}"}
        return getattr(client, method)(
            f"/api/v1/segments/{path}", body, "application/json", headers=headers
        )

    return _ask


def test_a_segment_is_put_and_read(ask):
    members = [MemberFactory.create() for _ in range(2)]
    refresh_segments(members[0].subject, 30)
    answer = ask("put", "keen/", {"name": "Keen", "query": MANY})
    assert answer.status_code == 200, answer.content
    assert (answer.json()["size"], answer.json()["version"]) == (1, 1)
    again = ask("put", "keen/", {"name": "Keener", "query": MANY}).json()
    assert (again["name"], again["version"]) == ("Keener", 1)
    (listed,) = ask("get", "").json()["results"]
    assert listed == ask("get", "keen/").json()


def test_a_put_on_top_of_an_older_state_is_told_what_differs(ask):
    member = MemberFactory.create()
    MemberFactory.create()
    refresh_segments(member.subject, 30)
    made = ask("put", "keen/", {"name": "Keen", "query": MANY, "base": 0}).json()
    body = {"name": "Keener", "query": MANY, "base": made["number"]}
    changed = ask("put", "keen/", body).json()
    assert changed["number"] > made["number"]
    again = ask("put", "keen/", body).json()
    assert again["number"] == changed["number"], "whoever wants what stands there changes nothing"
    refused = ask("put", "keen/", {**body, "name": "Keenest"})
    assert (refused.status_code, refused.json()["code"]) == (409, "stale_segment")
    (told,) = refused.json()["errors"]
    assert [told[key] for key in ("field", "code", "base", "theirs", "mine", "by")] == [
        *("name", "both", "Keen", "Keener", "Keenest", "curator")
    ]
    taken = ask("put", "keen/", {**body, "name": "Other", "base": 0})
    assert (taken.status_code, taken.json()["code"]) == (409, "slug_taken")
    assert ask("get", "keen/").json()["name"] == "Keener"
    del body["base"]
    assert ask("put", "keen/", {**body, "name": "Keenest"}).json()["name"] == "Keenest"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"name": "A", "query": MANY}, 409, "matches_nobody"),
        ({"name": "A", "query": {"not": MANY}}, 409, "matches_everybody"),
        ({"name": "A", "query": {"field": "shoe", "op": "eq", "value": 1}}, 400, "bad_query"),
        ({"name": "A", "query": {"items": []}}, 400, "bad_query"),
        ({"query": MANY}, 400, None),
        ({"name": "A", "colour": 1}, 400, None),
    ],
)
def test_a_body_that_cannot_be_is_refused(ask, body, status, code):
    MemberFactory.create()
    answer = ask("put", "keen/", body)
    assert answer.status_code == status, answer.content
    assert code in (None, answer.json()["code"])
    assert not Segment.objects.exists()
    if status == 409:
        assert ask("put", "keen/", {**body, "confirm": True}).status_code == 200


def test_members_are_listed_over_the_api_with_a_result_for_each(ask):
    member = MemberFactory.create()
    ask("put", "guests/", {"name": "Guests"})
    answer = ask("post", "guests/members/", {"add": [member.outside_id, "nobody"]}).json()
    assert [row["status"] for row in answer["results"]] == ["added", "unknown"]
    assert answer["size"] == 1
    answer = ask("post", "guests/members/", {"remove": [member.outside_id]}).json()
    assert answer["size"] == 0
    assert Member.objects.count() == 1
    assert ask("post", "nowhere/members/", {"add": []}).status_code == 404


def test_who_is_in_a_segment_and_was_at_a_version_can_be_read(ask, curator):
    one, two = sorted((MemberFactory.create() for _ in range(2)), key=lambda each: each.outside_id)
    segment = actions.make_list(actor=curator, slug="guests", name="Guests")
    common: dict[str, Any] = {"actor": curator, "segment": segment, "source": SOURCE}
    actions.edit_list(add=[one.outside_id], **common)
    actions.edit_list(add=[two.outside_id], remove=[one.outside_id], **common)
    now = ask("get", "guests/members/").json()
    assert (now["count"], now["results"]) == (1, [{"source": SOURCE, "member": two.outside_id}])
    then = ask("get", "guests/members/?version=2").json()
    assert then["results"] == [{"source": SOURCE, "member": one.outside_id}]
    assert ask("get", "guests/members/?version=9").status_code == 404
    assert ask("get", "guests/members/?version=x").status_code == 400
    assert ask("get", "guests/members/?page=2").json()["results"] == []
