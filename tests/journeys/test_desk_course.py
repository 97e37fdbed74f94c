"""A course: the words about it are saved as one types, like those of an article."""

import pytest

from editorial.models import Course
from tests import factories
from tests.serving import until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.usefixtures("epochs"),
]


def test_a_course_is_saved_as_one_types_and_its_other_fields_by_the_button(desk, ines):
    course = factories.course(by=ines)
    page = desk(ines)
    page.goto(f"/admin/editorial/course/{course.pk}/change/")
    page.wait_for_selector(".saved-state:text-is('Saved')")

    page.fill("#id_description", "For those who like wind.")
    page.wait_for_selector(".saved-state:has-text('Saved ')")
    until(
        lambda: (
            Course.objects.get(pk=course.pk).description == "For those who like wind."
        )
    )

    # What is saved in this way does not stand in the way of the button.
    page.fill("#id_title", "Sailing")
    page.fill("#id_sections-0-title", "Before the wind")
    page.click("[name=_save]")
    page.wait_for_selector(".messagelist .success")
    course.refresh_from_db()
    assert course.title == "Sailing"
    assert course.sections.get().title == "Before the wind"
    assert page.complaints == []
