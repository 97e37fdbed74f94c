"""Two courses: one free, one that costs, with lessons one may look into."""
# ruff: noqa: E501  (prose: a paragraph is a line)

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from cms.databases import EDITORIAL
from editorial import actions, blocks
from editorial.demo import records
from editorial.demo.stories import long_ago, tags_named
from editorial.models import Course, CourseSection, Lesson

AGO = timedelta(days=14)

FREE = {
    "title": "Read the coast",
    "slug": "read-the-coast",
    "description": "Five short lessons for people who live near water or would like "
    "to: how tides come about, how to read a harbour wall, and when to turn back.",
    "section": "oceans",
    "by": "author",
    "image": "tide-pool",
    "difficulty": Course.Difficulty.BEGINNER,
    "minutes": 45,
    "tags": "tides, coast",
    "parts": (
        (
            "Why the water moves",
            (
                (
                    "Two bulges and a day",
                    True,
                    """The sea rises on the side of the earth that faces the moon. It rises on the opposite side, too, and this is what most explanations leave out. The moon pulls at the earth as a whole; the water in front is pulled a little more than the earth, the water behind a little less. Both stretch away from the middle.

The earth turns beneath these two bulges. That is why there are two high waters a day. Meanwhile the moon moves on, and so the day of the tide is fifty minutes longer than ours.

<h2>Try it</h2>

<ol><li>Put a bowl of water on a turning stool.</li><li>Look at the rim from the side.</li><li>Now imagine that the bowl stands still and the room turns.</li></ol>""",
                ),
                (
                    "Spring and neap",
                    False,
                    """At new moon and at full moon, sun and moon pull along one line. The bulges grow: <strong>spring tide</strong>, high and low at once extreme. A week later they pull at a right angle, and the difference is small: <strong>neap tide</strong>.

Nothing about this has to do with the season. "Spring" comes from the water, which springs.

<blockquote><p>On the third day after the new moon you can walk to the island. On the tenth, ask for a boat.</p><footer><cite>Jette Marrow</cite></footer></blockquote>""",
                ),
            ),
        ),
        (
            "What the shore writes down",
            (
                (
                    "The bands on the wall",
                    True,
                    """Barnacles below, then black lichen, then orange. Each band is an answer to a question: how many hours a day can I bear to be dry?

<table><thead><tr><th>Band</th><th>Means</th></tr></thead><tbody><tr><td>Brown weed</td><td>under water for more than half of the time</td></tr><tr><td>Barnacles</td><td>wet at every high water</td></tr><tr><td>Black lichen</td><td>spray, and springs</td></tr><tr><td>Orange lichen</td><td>salt air only</td></tr></tbody></table>""",
                ),
                (
                    "The line of things",
                    False,
                    """At the highest point of the last tide lies a line of weed, shells and string. There are often three of them, one above the other. The highest is the oldest: read from above to below, they tell you that the tides are getting smaller, and that neap is near.""",
                ),
                (
                    "When to turn back",
                    False,
                    """The rule of twelfths says how fast the water comes. In the first hour it rises by a twelfth of its height, in the second by two, in the third and fourth by three each. So the middle two hours bring half of the sea.

<aside class="callout callout-warning"><p>If you have to ask whether the sand is still dry behind you, it is time to go.</p></aside>""",
                ),
            ),
        ),
    ),
}

PAID = {
    "title": "Reporting with maps",
    "slug": "reporting-with-maps",
    "description": "From the first sketch to a printed map that says no more than it "
    "knows. For reporters who count, and for people who count and would like to tell.",
    "section": "newsroom",
    "by": "creator",
    "image": "map",
    "difficulty": Course.Difficulty.INTERMEDIATE,
    "minutes": 120,
    "price": 2900,
    "tags": "maps, how we work",
    "parts": (
        (
            "Before you draw",
            (
                (
                    "Is it a map at all?",
                    True,
                    """Half of the maps we draw in a first draft become something else. A map answers <em>where</em>. If the answer to <em>where</em> is "wherever many people live", the map will only show that, and a list would be kinder.

<h2>Three questions</h2>

<ul><li>Would the story be a different one if the places were swapped?</li><li>Does distance matter in it?</li><li>Will readers look for their own street?</li></ul>

Two times yes, and it is a map.""",
                ),
                (
                    "Where doubt goes",
                    False,
                    """Every point in your data has a story of how it got there. Write it in a column of its own before you draw anything: <code>measured</code>, <code>reported</code>, <code>guessed</code>.

<pre><code class="language-python">points = [point for point in points if point["certainty"] != "guessed"]</code></pre>

Then draw the map twice, once with this line and once without. If the two say different things, the difference is your story.""",
                ),
            ),
        ),
        (
            "On paper",
            (
                (
                    "Lines that separate, lines that connect",
                    False,
                    """Roads connect and borders separate, and in most programs both come as a grey line of one point. Decide which of the two is louder. In this lesson we redraw one sheet three times.

<ol><li>All lines in one grey: note what you think it is about.</li><li>Roads over, borders under and broken.</li><li>Now the opposite. It is a map of a conflict.</li></ol>""",
                ),
                (
                    "A legend that is read",
                    False,
                    """The best legend is a sentence. Put it where the eye arrives first, and write in it what the map can't know: "Each dot is a flat that two neighbours independently call empty. We have knocked on every ninth door." """,
                ),
            ),
        ),
    ),
}


def make_courses(people, sections, pictures):
    for facts in (FREE, PAID):
        with transaction.atomic(using=EDITORIAL):
            if records.known("course", facts["slug"]):
                continue
            course = _write(facts, people, sections, pictures)
            actions.submit(course, by=course.instructor)
            actions.start_review(course, by=people["chief"])
            actions.approve(course, by=people["chief"])
            actions.publish(course, by=people["chief"])
            long_ago(course, AGO)
            records.keep("course", facts["slug"], course)


def _write(facts, people, sections, pictures):
    by = people[facts["by"]]
    price = facts.get("price")
    course = actions.create(
        Course(
            title=facts["title"],
            slug=facts["slug"],
            description=facts["description"],
            instructor=by,
            category=sections[facts["section"]],
            difficulty_level=facts["difficulty"],
            estimated_duration_minutes=facts["minutes"],
            is_free=price is None,
            price_cents=price,
            currency="EUR",
        ),
        by=by,
    )
    then = timezone.now() - AGO
    with actions.editing(
        course, by=by, summary="First version.", written_at=then
    ) as item:
        item.featured_image = pictures[facts["image"]]
        item.meta_description = facts["description"][:300]
        item.tags.set(tags_named(facts["tags"]))
        for place, (title, lessons) in enumerate(facts["parts"]):
            section = CourseSection.objects.create(
                course=item, title=title, order_index=place
            )
            for order, (name, is_preview, text) in enumerate(lessons):
                _lesson(item, section, name, is_preview, text, order)
    return course


def _lesson(course, section, title, is_preview, text, order):
    made, notes = blocks.from_html(text)
    if notes:
        raise ValueError(f"{title}: {' '.join(notes)}")
    lesson = Lesson(
        course=course,
        section=section,
        title=title,
        slug=slugify(title),
        is_preview=is_preview,
        order_index=order,
        content_blocks=made,
    )
    lesson.save()
