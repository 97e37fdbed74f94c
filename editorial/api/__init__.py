"""The newsroom's API: `/api/v1/editorial/`.

What the desk shows as pages, for programs. Nothing here decides: every write is an
action of `editorial.actions`, every right is asked of `accounts.permissions`, and what
a person may not view does not exist for them.
"""
