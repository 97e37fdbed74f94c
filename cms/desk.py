"""Django's admin app with our desk as its site; apart from `cms.apps`, because the
public service never imports the admin."""

from django.contrib.admin.apps import AdminConfig


class DeskConfig(AdminConfig):
    default_site = "cms.admin.Desk"
