"""The addresses that only the demo has."""

from django.urls import path

from demo import views

app_name = "demo"
urlpatterns = [
    path("status-page/api/v2/<slug:name>.json", views.status_page, name="status_page"),
    path("mails/", views.mail_list, name="mails"),
    path("mails/<str:name>/", views.mail_page, name="mail"),
]
