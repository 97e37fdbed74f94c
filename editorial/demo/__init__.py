"""The demo newspaper: people, pictures, stories in every state, and two courses.

Everything goes through the newsroom's own actions, with suitable people acting, so
what is live went through the outbox like anything else. Each thing has a stable key
(`ImportRecord`, source "demo"): a second run changes nothing, and one that was
interrupted goes on where it stopped.
"""
