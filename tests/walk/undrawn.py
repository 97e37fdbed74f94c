"""The walk asks who gets in, not what is drawn: pages are answered without drawing."""

from django.template import engines


class Undrawn:
    def __init__(self, get_response):
        self.get_response = get_response
        self.nothing = engines["django"].from_string("")

    def __call__(self, request):
        return self.get_response(request)

    def process_template_response(self, request, response):
        response.template_name = self.nothing
        return response
