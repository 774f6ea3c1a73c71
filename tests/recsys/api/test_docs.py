"""The OpenAPI document and its page: they cover every address of the API."""

from __future__ import annotations

import re

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from recsys.api.serializers import LaunchSerializer

pytestmark = pytest.mark.django_db


def routes(resolver=None, before=""):
    for entry in (resolver or get_resolver()).url_patterns:
        route = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry, route)
        elif isinstance(entry, URLPattern):
            yield route


def test_every_address_of_the_api_is_in_the_document(client):
    answer = client.get("/api/schema/")
    assert answer["Content-Type"] == "application/json"
    document = answer.json()
    mounted = {
        "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", route)
        for route in routes()
        if route.startswith("api/v1/")
    }
    assert mounted == set(document["paths"])
    assert document["openapi"].startswith("3.1")


def test_every_operation_declares_its_problems_and_its_token(client):
    document = client.get("/api/schema/").json()
    identifiers = set()
    for methods in document["paths"].values():
        for method, operation in methods.items():
            if method == "parameters":
                continue
            identifiers.add(operation["operationId"])
            assert operation["security"] == [{"token": []}]
            assert "application/problem+json" in operation["responses"]["default"]["content"]
    assert len(identifiers) == sum(len(methods) for methods in document["paths"].values())


def test_a_launch_is_documented_with_every_field_that_it_takes(client):
    document = client.get("/api/schema/").json()
    for launch in document["components"]["schemas"]["LaunchRequest"]["oneOf"]:
        assert launch["properties"].keys() == LaunchSerializer().fields.keys()
        assert launch["required"] == ["family"]


def test_the_page_shows_every_operation_without_script_or_style_of_its_own(client):
    document = client.get("/api/schema/").json()
    answer = client.get("/api/docs/")
    page = answer.content.decode()
    for path in document["paths"]:
        assert path in page
    assert "style=" not in page
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert "default-src 'none'" in answer["Content-Security-Policy"]
