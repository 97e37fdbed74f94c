"""What readers do. Mounted at /engagement/."""

from django.urls import path

from engagement.discussion import views
from engagement.searches.beacon import beacon as searches_beacon
from engagement.views.beacon import beacon

app_name = "engagement"
urlpatterns = [
    path(
        "fragments/<slug:kind>/<uuid:content_id>/discussion/",
        views.fragment,
        name="discussion-fragment",
    ),
    path("discussion/<slug:kind>/<uuid:content_id>/", views.page, name="discussion"),
    path("comments/<uuid:comment_id>/reply/", views.reply, name="comment-reply"),
    path("comments/<uuid:comment_id>/edit/", views.edit, name="comment-edit"),
    path("comments/<uuid:comment_id>/delete/", views.delete, name="comment-delete"),
    path("reactions/<slug:kind>/<uuid:target_id>/", views.react, name="react"),
    path("views/", beacon, name="views"),
    path("searches/", searches_beacon, name="searches"),
]
