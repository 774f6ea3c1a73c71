"""The request id: made for each request and sent back, so that a report can be traced."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from curation.ids import new_id

View = Callable[[HttpRequest], HttpResponse]


def request_id(get_response: View) -> View:
    """Give each request an id under `request.META["REQUEST_ID"]` and the response the header `X-Request-ID`."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.META["REQUEST_ID"] = identifier = str(new_id())
        response = get_response(request)
        response["X-Request-ID"] = identifier
        return response

    return middleware
