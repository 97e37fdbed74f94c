"""Search over the public store: what was asked, what answers it, how it is spelt.

    asked = Asked.of(request.GET)
    found = search(asked)      # hits, counts of facets, another spelling if it took one

Pages and the content API ask the same functions and show the same answers.
"""
