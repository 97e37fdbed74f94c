"""/api/v1/content/: what is published, for programs. Open to anybody, one query each.

Served by the `public` service, which knows nobody: no sign-in, no cookies, nothing in
an answer that depends on who asks.
"""
