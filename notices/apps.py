from django.apps import AppConfig
from django.db.models.signals import post_save


class NoticesConfig(AppConfig):
    name = "notices"
    verbose_name = "Notices"

    def ready(self) -> None:
        from credits.models import Assessment, Breach
        from notices import metrics, tasks, visibility  # noqa: F401  # each registers what is in it

        post_save.connect(tasks.send_on_commit, sender=Breach, dispatch_uid="notices.breach")
        post_save.connect(tasks.send_on_commit, sender=Assessment, dispatch_uid="notices.assessment")
