"""The pages of legal's desk."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
