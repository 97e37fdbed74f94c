"""Signing up and in, and looking after one's account, for readers and staff alike.

The pages of allauth keep its names, without a namespace: see `cms.urls`.
"""

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("", views.home, name="home"),
]
