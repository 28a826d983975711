"""Where every address leads."""

from importlib.util import find_spec

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from config import health, metrics

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.lives, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", metrics.exposed, name="metrics"),
    path("api/", include(("config.api_urls", "api"))),
    path("admin/", admin.site.urls),
]
if find_spec("pages.urls"):
    urlpatterns.append(path("", include("pages.urls")))
if settings.DEMO_MODE:
    urlpatterns.append(path("demo/", include("demo.urls")))
