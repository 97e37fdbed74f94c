"""All of the newsroom's part, in order."""

from editorial.demo.courses import make_courses
from editorial.demo.people import make_people
from editorial.demo.pictures import make_pictures
from editorial.demo.stories import make_sections, make_series, make_stories


def write_newsroom():
    """People, sections, pictures, stories, courses. Safe to repeat."""
    sections = make_sections()
    people = make_people()
    pictures = make_pictures(people["editor"])
    make_stories(people, sections, pictures)
    make_series()
    make_courses(people, sections, pictures)
    return people
