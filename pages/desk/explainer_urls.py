"""The address of the explainer of readings."""

from django.urls import URLPattern, path

from pages.desk import explainer

urlpatterns: list[URLPattern] = [path("explainer/", explainer.explainer, name="explainer")]
