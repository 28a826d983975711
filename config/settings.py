"""Django's settings. What differs between installations comes from config/environment.py and nowhere else."""

import sys
from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static

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
PUBLIC_ADDRESS = ENV.public_address or f"https://{ALLOWED_HOSTS[0].lstrip('.')}"
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
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "base",
    "base.api",
    "audit",
    "contracts",
    "measurements",
    "credits",
    "credits.invoices",
    "credits.exports",
    "vendors",
    "notices",
    "pages",
    "demo",
]

MIDDLEWARE = [
    "base.middleware.CorrelationIdMiddleware",
    "base.middleware.BodyLimitMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "base.middleware.AdminPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "base.middleware.LoginLimitMiddleware",
    "audit.middleware.ActorMiddleware",
    "audit.looks.LooksMiddleware",
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
                "pages.layout.layout",
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
    "drop_measurement_month",
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
LOGIN_URL = "pages:login"
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
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_SECURE = not DEMO_MODE
CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
TRUST_PROXY = ENV.trust_proxy
METRICS_TOKEN = ENV.metrics_token
# Asked by machines inside, without TLS; they tell nothing that is secret.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]

# What may be sent at once: a CSV file of the largest size that is read, and the form around it.
BODY_LIMIT_BYTES = 11_000_000
# The largest PDF that is kept as a paper; the page that takes it takes it from legal only.
PAPER_BYTES = ENV.paper_megabytes * 1_000_000
LARGEST_BODY_BYTES = max(BODY_LIMIT_BYTES, PAPER_BYTES + 1_000_000)
DATA_UPLOAD_MAX_MEMORY_SIZE = BODY_LIMIT_BYTES
# The form of a contract's terms has a few hundred fields for each commitment; the bytes above bound them anyway.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
# Files stay in memory: nothing of them is written before what is personal was taken out.
FILE_UPLOAD_MAX_MEMORY_SIZE = LARGEST_BODY_BYTES
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FETCH_INTERNAL_HOSTS = ENV.fetch_internal_hosts
PRIVACY_KEY = ENV.privacy_key
PUSH_QUEUE_LIMIT = ENV.push_queue_limit
# Failed logins in a quarter of an hour: for one name from one address, for one name, and from one address.
LOGIN_LIMITS = {"login_pair": 5, "login_name": 30, "login_address": 50}
LOGIN_LIMIT_SECONDS = 900
# Requests to the API a minute.
API_LIMITS = {"api_token": 600, "api_address": 1200}

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
    },
    "ask the sources whose time has come": {
        "task": "measurements.tick",
        "schedule": ENV.sweep_interval_seconds,
        "options": {"expires": ENV.sweep_interval_seconds * 5},
    },
    "remove the bytes of payloads past their retention": {
        "task": "measurements.retain",
        "schedule": 86_400,
    },
    "make coming months and check the sums of days": {
        "task": "measurements.look_after_months",
        "schedule": 86_400,
    },
    "look for conflicts of promises": {
        "task": "contracts.look_for_conflicts",
        "schedule": 3_600,
    },
    "make the statements that are due": {
        "task": "exports.tick",
        "schedule": ENV.sweep_interval_seconds,
        "options": {"expires": ENV.sweep_interval_seconds * 5},
    },
    "find notices that are due or lost": {
        "task": "notices.sweep",
        "schedule": ENV.sweep_interval_seconds,
        "options": {"expires": ENV.sweep_interval_seconds * 5},
    },
}

# Without a host nothing is sent; notices wait.
EMAIL_HOST = ENV.email_host or ""
EMAIL_PORT = ENV.email_port
EMAIL_HOST_USER = ENV.email_host_user or ""
EMAIL_HOST_PASSWORD = ENV.email_host_password or ""
EMAIL_USE_TLS = ENV.email_security == "starttls"
EMAIL_USE_SSL = ENV.email_security == "tls"
EMAIL_TIMEOUT = ENV.email_timeout_seconds
DEFAULT_FROM_EMAIL = ENV.email_from or ""
# Where the demo's catcher keeps what it took.
MAIL_FOLDER = ENV.mail_folder

UNFOLD = {
    "SITE_TITLE": "SLA Ledger",
    "SITE_HEADER": "SLA Ledger",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("pages/icon.svg")}
    ],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "base.api.authentication.TokenAuthentication",
        "base.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["base.api.permissions.MatrixPermission"],
    "DEFAULT_THROTTLE_CLASSES": ["base.api.throttling.PerAddress", "base.api.throttling.PerToken"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "base.api.paging.KeyPages",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "base.api.negotiation.Plain",
    "DEFAULT_SCHEMA_CLASS": "base.api.schema.Schema",
    "EXCEPTION_HANDLER": "base.api.problems.handle",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "SLA Ledger",
    "DESCRIPTION": "What was promised, what happened, what is owed. Amounts, levels and exact fractions are strings; "
    "instants are UTC; ranges are half-open. Errors are application/problem+json.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "SourceKind": "measurements.models.Source.Kind",
        "ExclusionKind": "measurements.models.Exclusion.Kind",
        "AccountKind": "credits.models.Account.Kind",
        "VersionState": "contracts.models.ContractVersion.State",
        "ClaimState": "credits.models.ClaimStep.Kind",
        "MemoState": "credits.models.CreditMemo.State",
        "Direction": "contracts.models.Contract.Direction",
    },
    "COMPONENT_SPLIT_REQUEST": True,
}
