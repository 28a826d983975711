"""The addresses of the pages. Every group of pages has a module of addresses of its own."""

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

from pages import views

app_name = "pages"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    path("home/<slug:role>/", views.home_of, name="home_of"),
    path("login/", views.Login.as_view(), name="login"),
    path("logout/", views.Logout.as_view(), name="logout"),
]
urlpatterns += [
    path("", include(name))
    for name in (
        "pages.shared_urls",
        "pages.finance_urls",
        "pages.auditor_urls",
        "pages.vendor_urls",
        "pages.dispute_urls",
        "pages.import_urls",
        "pages.desk.urls",
    )
    if find_spec(name)
]
