"""Tables as files that a spreadsheet opens."""

import csv

from django.http import HttpResponse


def csv_file(name, columns, rows):
    """The answer that downloads `name`.csv: its columns' names, then the rows."""
    response = HttpResponse(
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )
    table = csv.writer(response)
    table.writerow(columns)
    table.writerows([_plain(cell) for cell in row] for row in rows)
    return response


def _plain(cell):
    """A spreadsheet runs text that begins like a formula."""
    if isinstance(cell, str) and cell[:1] in set("=+-@\t\r"):
        return f"'{cell}"
    return cell
