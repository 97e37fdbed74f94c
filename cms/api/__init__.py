"""The API's front door: what every endpoint under /api/v1/ has in common.

An endpoint of the newsroom is a DRF view with `FrontDoor` before it:

    class ArticleViewSet(FrontDoor, GenericViewSet):
        queryset = ...                     # visible to the actor only: 404, never 403
        ordering_fields = ("updated_at", "created_at")   # not null; `-` is allowed
        ordering = "-updated_at"           # id breaks ties by itself
        scope_to_read = "editorial:read"   # what a token needs; see accounts.tokens
        scope_to_write = "editorial:write"
        scope_of = {"publish": "editorial:publish"}      # by the view's action

        def retrieve(self, request, pk):
            article = self.get_object()
            tag = etags.etag(article.pk, article.revision)
            if answer := etags.not_modified(request, tag):
                return answer
            return Response(self.get_serializer(article).data, headers={"ETag": tag})

        def partial_update(self, request, pk):
            article = self.get_object()              # first: may they see it?
            etags.must_match(request, tag)           # 428 without, 412 if stale

        @action(detail=True, methods=["post"])
        def submit(self, request, pk):
            etags.may_match(request, tag)                     # optional: 412 if stale

* Errors: raise DRF's, Django's or `problems.Problem("refused", "Why, and what to do")`.
  All become RFC 9457 problem details; see `problems`.
* Lists: `self.paginate_queryset(queryset)` gives keyset pages; see `pagination`.
* Query parameters nobody declared answer 400. Declare filters with a `filterset_class`
  made of `fields.StrictFilterSet`; others in `query_parameters`.
* `?fields=a,b`: give the serializer `fields.SparseFields` as its first base.
* POST with `Idempotency-Key`: nothing to do. The handler then runs inside a
  transaction of EDITORIAL, and the answer is kept in the same one; see `idempotency`.
* Limits: `limits = {"read": "api-read", "write": "api-write"}`, named in
  settings.API_LIMITS.

The public service uses this package without accounts, sessions or a database it may
write to: nothing here imports an app of ours.
"""
