"""PostgreSQL's ltree as a Django field: the path of a category in its tree."""

from django.db import models


class LtreeField(models.TextField):
    """Labels joined by dots, root first, e.g. `news.science.space`.

    `path__descendant_of="news"` finds the node itself and all below it;
    `path__ancestor_of="news.science"` the node itself and all above it.
    """

    def db_type(self, connection):
        return "ltree"

    def get_internal_type(self):
        return "LtreeField"


class _PathLookup(models.Lookup):
    operator: str

    def as_sql(self, compiler, connection):
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} {self.operator} {right}::ltree", [*left_params, *right_params]


@LtreeField.register_lookup
class DescendantOf(_PathLookup):
    lookup_name = "descendant_of"
    operator = "<@"


@LtreeField.register_lookup
class AncestorOf(_PathLookup):
    lookup_name = "ancestor_of"
    operator = "@>"
