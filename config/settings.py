"""Django's settings. What differs between installations comes from config/environment.py and nowhere else."""

import sys
from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from base.logging import configure as configure_logging
from config import environment

ROOT = Path(__file__).resolve().parent.parent

try:
    ENV = environment.load()
except environment.SettingsError as error:
    raise ImproperlyConfigured(str(error)) from None

configure_logging(level=ENV.log_level, form=ENV.log_format)
LOGGING_CONFIG = None

DEBUG = False
DEMO_MODE = ENV.demo_mode
AS_OF = ENV.as_of
SECRET_KEY = ENV.secret_key
ALLOWED_HOSTS = ENV.allowed_hosts
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "base.User"

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.simple_history",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "csp",
    "simple_history",
    "django_celery_beat",
    "base",
    "audit",
    "contracts",
    "measurements",
    "credits",
    "credits.invoices",
    "pages",
    "demo",
]

MIDDLEWARE = [
    "base.middleware.CorrelationIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "base.middleware.AdminPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "audit.middleware.ActorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# The owner's role migrates; the application's role does everything else and owns nothing.
OWNER_COMMANDS = {
    "migrate",
    "makemigrations",
    "sqlmigrate",
    "squashmigrations",
    "optimizemigration",
    "createcachetable",
}
_command = sys.argv[1] if len(sys.argv) > 1 else ""
DATABASE_ROLE = ENV.db_role or ("owner" if _command in OWNER_COMMANDS and ENV.database_owner_url else "app")
DATABASE_APPLICATION_ROLE = environment.role_of(ENV.database_url)
_url = ENV.database_owner_url if DATABASE_ROLE == "owner" and ENV.database_owner_url else ENV.database_url
DATABASES = {
    "default": environment.database(_url)
    | {"CONN_MAX_AGE": ENV.database_connection_seconds, "CONN_HEALTH_CHECKS": True}
}

AUTHENTICATION_BACKENDS = ["base.backends.TimeBoxedBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "/"

LANGUAGE_CODE = "en-gb"
USE_I18N = True
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
# The demo serves the files from where they are; production collects them.
STATIC_ROOT = None if DEMO_MODE else ROOT / "staticfiles"
WHITENOISE_USE_FINDERS = DEMO_MODE
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEMO_MODE
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# HTTPS, unless the demo serves this machine alone.
SECURE_SSL_REDIRECT = not DEMO_MODE
SECURE_HSTS_SECONDS = 0 if DEMO_MODE else ENV.hsts_seconds
SECURE_HSTS_INCLUDE_SUBDOMAINS = not DEMO_MODE
SECURE_HSTS_PRELOAD = not DEMO_MODE
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENV.trust_proxy else None
SESSION_COOKIE_SECURE = not DEMO_MODE
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_SECURE = not DEMO_MODE
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

CELERY_BROKER_URL = ENV.broker_url
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": ENV.broker_visibility_seconds,
    # The transport looks for the messages of lost workers every time it may, not every tenth time.
    "unacked_restore_throttle": 1,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONCURRENCY = ENV.worker_concurrency
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 5
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = min(ENV.sweep_interval_seconds, 5)
CELERY_BEAT_SCHEDULE = {
    "find work that the broker lost": {
        "task": "base.sweep",
        "schedule": ENV.sweep_interval_seconds,
        "options": {"expires": ENV.sweep_interval_seconds * 5},
    }
}

UNFOLD = {
    "SITE_TITLE": "SLA Ledger",
    "SITE_HEADER": "SLA Ledger",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
}
