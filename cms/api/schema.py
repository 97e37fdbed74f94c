"""The OpenAPI document: how ours differs from what drf-spectacular makes by itself.

It is made by `make openapi` and committed as static/api/openapi.json, which every
service hands out at /api/v1/schema/: making it takes seconds, and making it twice at
once fails. A test compares the file with the code.
"""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiParameter

from cms.api.problems import CONTENT_TYPE, TYPES

SAFE = {"GET", "HEAD"}
OVERWRITES = {"PUT", "PATCH", "DELETE"}

PROBLEM = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {
            "type": "string",
            "format": "uri",
            "enum": TYPES,
            "description": "The kind of problem; the documentation explains each.",
        },
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 300, "maximum": 599},
        "detail": {
            "type": "string",
            "description": "What happened and what to do, as a sentence for people.",
        },
        "instance": {"type": "string", "description": "The path that was asked for."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "pointer", "message", "code"],
                "properties": {
                    "field": {"type": "string"},
                    "pointer": {
                        "type": "string",
                        "description": "The way to the value (RFC 6901).",
                    },
                    "message": {"type": "string"},
                    "code": {"type": "string"},
                },
            },
        },
        "location": {
            "type": "string",
            "description": "Where it is now, for what has moved.",
        },
    },
}

SENTENCES = {
    301: "It has another address now",
    400: "The request is not understood, or a value is not accepted",
    401: "Nobody is signed in, or the token is not good",
    403: "Seen, but not allowed; or the token's scopes do not reach",
    404: "Nothing is there, or it is not for this person to see",
    409: "Not possible in the state it is in; `detail` says why",
    410: "It was taken down",
    412: "It was changed since it was read",
    413: "The request is too large",
    414: "The address is too long",
    415: "The body is of another kind",
    422: "The idempotency key was used for another request",
    428: "If-Match is missing",
    429: "Too many requests; `Retry-After` says when to come back",
    503: "A database is not there at the moment",
}


class Endpoint(AutoSchema):
    """One operation: with every status that can occur, and the headers that matter.

    A view that may answer more says so: `problem_statuses = (409,)`, or by action:
    `problem_statuses = {"submit": (409, 412)}`.
    """

    def problem_statuses(self):
        view = self.view
        statuses = {400, 429, 503}
        if view.get_authenticators():
            statuses |= {401, 403}
        has_pages = any(each["name"] == "cursor" for each in self._get_parameters())
        if "{" in self.path or has_pages:
            statuses.add(404)
        if self.method not in SAFE:
            if self._get_request_body():
                statuses |= {413, 415}
            statuses.add(409)
            if self._is_idempotent():
                statuses.add(422)
            if self.method in OVERWRITES and self._needs_match():
                statuses |= {412, 428}
            elif "{" in self.path:
                statuses.add(412)
        more = getattr(view, "problem_statuses", ())
        if isinstance(more, dict):
            more = more.get(getattr(view, "action", None), ())
        return sorted(statuses | set(more))

    def _is_idempotent(self):
        return self.method == "POST" and hasattr(self.view, "_once")

    def _needs_match(self):
        return "{" in self.path and getattr(self.view, "needs_if_match", True)

    def get_override_parameters(self):
        found = []
        if self._is_idempotent():
            found.append(
                OpenApiParameter(
                    "Idempotency-Key",
                    {"type": "string", "pattern": "^[!-~]{1,255}$"},
                    OpenApiParameter.HEADER,
                    description="Yours, new for each request: sent again with the "
                    "same key within a day, it is answered again and done once.",
                )
            )
        if self.method in OVERWRITES and self._needs_match():
            found.append(
                OpenApiParameter(
                    "If-Match",
                    {"type": "string"},
                    OpenApiParameter.HEADER,
                    # Required, as 428 says; said in words only, so that clients can
                    # be made that show what the answer to its absence is.
                    description="The ETag you were given when you read it. Without "
                    "it the answer is 428.",
                )
            )
        if names := self._sparse_fields():
            choice = "|".join(names)
            found.append(
                OpenApiParameter(
                    "fields",
                    {"type": "string", "pattern": f"^({choice})(,({choice}))*$"},
                    OpenApiParameter.QUERY,
                    description="Only these fields, with commas between them.",
                )
            )
        return found

    def _sparse_fields(self):
        """The names `?fields=` takes here."""
        if self.method not in SAFE:
            return ()
        if known := getattr(self.view, "sparse_fields", None):
            return known()
        serializer = getattr(self.view, "serializer_class", None)
        if getattr(serializer, "takes_sparse_fields", False):
            return tuple(serializer().fields)
        return ()

    def get_tags(self):
        return getattr(self.view, "tags", None) or super().get_tags()

    def _get_response_bodies(self, direction="response"):
        bodies = super()._get_response_bodies(direction)
        problem = ResolvedComponent(
            name="Problem",
            type=ResolvedComponent.SCHEMA,
            schema=PROBLEM,
            object="Problem",
        )
        self.registry.register_on_missing(problem)
        for status in self.problem_statuses():
            bodies.setdefault(
                str(status),
                {
                    "description": SENTENCES[status],
                    "content": {CONTENT_TYPE: {"schema": problem.ref}},
                },
            )
        if self.method in SAFE or "{" in self.path:
            # The web server's own answer, before it comes to us.
            bodies.setdefault("414", {"description": SENTENCES[414]})
        if self.method in SAFE:
            bodies.setdefault("304", {"description": "As `If-None-Match` knows it"})
        return dict(sorted(bodies.items()))


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.entrance.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema):
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "mst_…",
            "description": "A token from /accounts/tokens/, with the scopes it needs.",
        }


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.entrance.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema):
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "Signed in as in the browser (over https the cookie is "
            "__Host-sessionid); unsafe methods send X-CSRFToken.",
        }


TAGS = {
    "content": "What is published. Open to anybody; no sign-in, no cookies.",
    "editorial": "The newsroom: what is written, reviewed and published.",
    "account": "The person whose token or session it is.",
}


def finish(result, generator, request, public):
    """Drop what depends on the machine, and say what the tags mean."""
    result["info"]["description"] = (
        "Lists are pages: follow `next` until it is null. Errors are problem details "
        "(RFC 9457). What may be changed has an ETag, to be sent back as If-Match. "
        "A POST with an Idempotency-Key may be repeated safely."
    )
    result["info"]["license"] = {"name": "As the site says"}
    result["servers"] = [{"url": "/", "description": "This site"}]
    result["tags"] = [
        {"name": name, "description": text} for name, text in TAGS.items()
    ]
    for item in result["paths"].values():
        for operation in item.values():
            for parameter in operation.get("parameters", ()):
                _without_nul(parameter)
    schemas = result["components"]["schemas"]
    for name, schema in schemas.items():
        if name.endswith("Request"):
            _strict(schema)
    for item in result["paths"].values():
        operation = item.get("get", {})
        if any(each["name"] == "fields" for each in operation.get("parameters", ())):
            _nothing_is_sure(operation["responses"]["200"], schemas)
    _say_null_once(result)
    return result


def _nothing_is_sure(response, schemas):
    """Of what `?fields=` narrows no field is there in each answer."""
    for media in response["content"].values():
        schema = _named(media["schema"], schemas)
        if "results" in schema.get("properties", {}):
            schema = _named(schema["properties"]["results"]["items"], schemas)
        schema.pop("required", None)


def _named(schema, schemas):
    reference = schema.get("$ref", "")
    return schemas[reference.rpartition("/")[2]] if reference else schema


def _strict(schema):
    """What is sent has known fields only, and nothing that cannot be kept."""
    if "properties" in schema:
        schema.setdefault("additionalProperties", False)
    for each in schema.get("properties", {}).values():
        _storable(each)


def _storable(schema):
    kinds = schema.get("type")
    if kinds == "string" or (isinstance(kinds, list) and "string" in kinds):
        if not schema.keys() & {"enum", "format", "pattern"}:
            schema["pattern"] = NO_NUL
    elif "items" in schema:
        _storable(schema["items"])


NO_NUL = r"^[^\u0000]*$"
"""PostgreSQL cannot hold the character, so no query has it."""


def _without_nul(parameter):
    schema = parameter["schema"]
    if (
        parameter["in"] in {"query", "path"}
        and schema.get("type") == "string"
        and not schema.keys() & {"enum", "format", "pattern"}
    ):
        schema["pattern"] = NO_NUL


def _say_null_once(node):
    """drf-spectacular adds "null" to a type that has it; OpenAPI 3.1 forbids two."""
    if isinstance(node, list):
        for each in node:
            _say_null_once(each)
    elif isinstance(node, dict):
        kinds = node.get("type")
        if isinstance(kinds, list):
            node["type"] = list(dict.fromkeys(kinds))
        for each in node.values():
            _say_null_once(each)
