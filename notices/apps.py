from django.apps import AppConfig
from django.db.models.signals import post_save


class NoticesConfig(AppConfig):
    name = "notices"
    verbose_name = "Notices"

    def ready(self) -> None:
        from credits.models import Assessment, Breach
        from notices import tasks, visibility  # noqa: F401  # registers the job, and who sees which notices

        post_save.connect(tasks.send_on_commit, sender=Breach, dispatch_uid="notices.breach")
        post_save.connect(tasks.send_on_commit, sender=Assessment, dispatch_uid="notices.assessment")
