"""The text as readers would see it: the page of what is kept, and of what is typed.

Printed by the code and templates of the real page (`editorial.press`). It loads no
script, may be framed by the desk alone, and is kept by nobody.
"""

from csp.decorators import csp_replace
from django.http import HttpResponse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from editorial import press

FRAMED = {"frame-ancestors": ["'self'"], "script-src": ["'none'"]}


@require_safe
@xframe_options_sameorigin
@csp_replace(FRAMED)
def page(request, pk, *, desk):
    """`?pane` leaves out the bar on top: it stands beside the text already."""
    item = desk.find(request, pk)
    bar = None
    if "pane" not in request.GET:
        bar = {"state": item.state_line(), "back": desk.address(item)}
    html = press.page_of(item, item.snapshot(), bar=bar)
    return HttpResponse(html, headers={"X-Robots-Tag": "noindex"})
