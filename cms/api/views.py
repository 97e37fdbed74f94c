"""What stands before each view of the newsroom's API, and of a person's own."""

from rest_framework.negotiation import BaseContentNegotiation

from cms.api.fields import refuse_unknown
from cms.api.idempotency import Idempotent
from cms.api.throttles import headers_of

PRIVATE = "private, no-cache"
"""Kept by the reader's own client only, and asked about each time (ETag)."""


class AlwaysJSON(BaseContentNegotiation):
    """One form of answer: whatever the client would rather have, this is what is."""

    def select_parser(self, request, parsers):
        for parser in parsers:
            wanted = request.content_type.split(";")[0].strip().lower()
            if wanted == parser.media_type:
                return parser
        return None

    def select_renderer(self, request, renderers, format_suffix=None):
        return renderers[0], renderers[0].media_type


def is_served(view, request):
    method = request.method.lower()
    return method in view.http_method_names and hasattr(view, method)


class StrictQuery:
    """Refuses query parameters that the endpoint does not have."""

    query_parameters: tuple[str, ...] = ()

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        if is_served(self, request):  # else the answer is 405, whatever was asked
            refuse_unknown(request, self.known_parameters())

    def known_parameters(self):
        known = set(self.query_parameters)
        if self.request.method not in {"GET", "HEAD"}:
            return known
        serializer = getattr(self, "serializer_class", None)
        if getattr(serializer, "takes_sparse_fields", False):
            known.add("fields")
        is_list = getattr(self, "action", "list") == "list" or getattr(
            self, "is_list", False
        )
        if is_list and getattr(self, "paginator", None) is not None:
            known |= {"cursor", "limit"}
            if getattr(self, "ordering_fields", ()):
                known.add("ordering")
        filterset = getattr(self, "filterset_class", None)
        if is_list and filterset:
            known |= set(filterset.base_filters)
        return known


class FrontDoor(Idempotent, StrictQuery):
    """Strict queries, idempotent POSTs, private answers and what is left of a limit."""

    http_method_names = ("get", "head", "post", "put", "patch", "delete")
    rate = None

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers.setdefault("Cache-Control", PRIVATE)
        response.headers["Vary"] = "Authorization, Cookie"
        if self.rate:
            for name, value in headers_of(self.rate).items():
                response.headers[name] = value
        return response
