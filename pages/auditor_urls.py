"""The pages of the record."""

from django.urls import path

from pages import auditor, events

urlpatterns = [
    path("events/", events.events, name="events"),
    path("events/<int:pk>/", events.event, name="event"),
    path("verify/", auditor.verify_all, name="verify"),
    path("verify/<int:pk>/", auditor.recompute, name="recompute"),
]
