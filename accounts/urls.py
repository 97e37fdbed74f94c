"""Signing up and in, and looking after one's account, for readers and staff alike.

The pages of allauth keep its names, without a namespace: see `cms.urls`.
"""

from django.urls import path

from accounts import invitations, token_pages, views

app_name = "accounts"
urlpatterns = [
    path("", views.home, name="home"),
    path("tokens/", token_pages.tokens, name="tokens"),
    path("tokens/<uuid:pk>/revoke/", token_pages.revoke, name="revoke_token"),
    path("invitation/<str:token>/", invitations.page, name="invitation"),
]
