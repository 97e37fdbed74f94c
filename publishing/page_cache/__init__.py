"""The origin page cache: answers before sessions, sign-in or any database.

`layer` is what gunicorn calls; `news` knows what deliveries made out of date; `shelf`
keeps pages in this process, `shared` in Redis; `keys` names what pages depend on. See
docs/caching.md.
"""
