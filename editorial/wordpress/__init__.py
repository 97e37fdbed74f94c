"""Taking a WordPress site in, from the file that Tools → Export writes (WXR).

`export` reads the file, `importing` walks over it; people, terms, media and articles
each know how one row of theirs comes in. Comments belong to another app: they are
handed to a listener, see `importing.Import`.
"""
