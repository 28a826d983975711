"""The settings, the web and Celery applications, and the servers that the demo runs."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
