"""One settings module, driven by the environment; the supervisor fills it in for the embedded services.

Read here: DATABASE_URL, BROKER_URL, CACHE_URL, SECRET_KEY, TANDEM_VAR, TANDEM_DEMO, TANDEM_PROCESS,
TANDEM_DEBUG, TANDEM_HOSTS, TANDEM_TLS, TANDEM_SOURCE, TANDEM_STATIC, TANDEM_PROXIES, TANDEM_SIGNUP, TANDEM_STAFF_2FA,
TANDEM_MAIL, TANDEM_MAIL_FROM, TANDEM_FEEDBACK_MONTHS. It imports without any of them, so
that commands which need no service (lint, `up`) run alone; a command that needs one is stopped in manage.py, with words
on what to start.
"""

from __future__ import annotations

import os
import re
import secrets
import sys
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _
from psycopg.conninfo import conninfo_to_dict

from recsys.config import timetable
from recsys.config.logs import logging_config
from recsys.transport import transports

BASE_DIR = Path(__file__).resolve().parents[2]
VAR_DIR = Path(os.environ.get("TANDEM_VAR", BASE_DIR / "var")).resolve()
# One of web, relay, upkeep, realtime, bulk, training, beat, command.
PROCESS = os.environ.get("TANDEM_PROCESS", "command")
DEMO = os.environ.get("TANDEM_DEMO") == "1"
DEBUG = os.environ.get("TANDEM_DEBUG") == "1" and not DEMO
TLS = os.environ.get("TANDEM_TLS") == "1"


def _database(url: str) -> dict[str, Any]:
    parts = conninfo_to_dict(url)
    # Without a threshold psycopg prepares nothing; with this one, only what asks for it.
    options: dict[str, Any] = {"prepare_threshold": 1_000_000}
    if PROCESS == "web":
        # One connection for each blocking thread of the server, and as many to spare. A pool that is patient
        # with a database that is away waits longer and longer, also when it is back: ours gives up, and the next
        # request tries anew.
        options["pool"] = {"min_size": 2, "max_size": 8, "timeout": 2, "max_lifetime": 1800}
        options["pool"] |= {"reconnect_timeout": 1}
    return {
        "ENGINE": "recsys.config.postgresql",
        "NAME": parts.get("dbname", ""),
        "USER": parts.get("user", ""),
        "PASSWORD": parts.get("password", ""),
        "HOST": parts.get("host", ""),
        "PORT": parts.get("port", ""),
        "CONN_MAX_AGE": 0 if PROCESS == "web" else None,
        "CONN_HEALTH_CHECKS": PROCESS != "web",
        "OPTIONS": options,
    }


# A key made here lasts as long as the process: enough for a command, never shared by two.
SECRET_KEY = os.environ.get("SECRET_KEY") or secrets.token_urlsafe(50)
_USUAL_HOSTS = f"127.0.0.1,localhost,[::1],testserver,{os.environ.get('TANDEM_BIND', 'localhost')}"
ALLOWED_HOSTS = os.environ.get("TANDEM_HOSTS", _USUAL_HOSTS).split(",")

INSTALLED_APPS = [
    "recsys.config.admin.TandemAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",  # so that a widget's template of ours stands before Django's
    "django_htmx",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "django_celery_beat",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "pgtrigger",
    "pghistory",
    "curation",
    "feedback",
    "recsys",
]

MIDDLEWARE = [
    "recsys.config.middleware.request_id",
    "recsys.config.middleware.body_limit",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "recsys.config.middleware.preferences",
    "recsys.config.signing_in.SignInFirst",
    "recsys.config.middleware.limits",
    "django.contrib.messages.middleware.MessageMiddleware",
    "recsys.config.middleware.second_factor",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "recsys.config.middleware.methods",
]

ROOT_URLCONF = "recsys.config.urls"
WSGI_APPLICATION = "recsys.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "recsys.config.context.product",
            ],
        },
    },
]

FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# People ---------------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "curation.User"
AUTHENTICATION_BACKENDS = ["recsys.config.accounts.SignInBackend"]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = ACCOUNT_LOGOUT_REDIRECT_URL = "home"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
SIGNUP_OPEN = os.environ.get("TANDEM_SIGNUP", "1") == "1"
STAFF_SECOND_FACTOR = os.environ.get("TANDEM_STAFF_2FA") == "1"
MAIL_TRANSPORT = os.environ.get("TANDEM_MAIL", transports.CONSOLE)
# One that cannot be stops every process at its start, with the reason.
transports.connection(MAIL_TRANSPORT)
ACCOUNT_ADAPTER = "recsys.config.accounts.AccountAdapter"
ACCOUNT_FORMS = {"login": "recsys.accounts.forms.SignInForm"}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
# Where mail goes nowhere but to a log, nobody could follow the link.
ACCOUNT_EMAIL_VERIFICATION = "optional" if MAIL_TRANSPORT == "console" else "mandatory"
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Tandem: "
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_RATE_LIMITS = (
    False  # ours (recsys.transport.throttles) do not depend on a lock in the cache
)
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Tandem"
EMAIL_BACKEND = "recsys.transport.mail.OutboxBackend"
DEFAULT_FROM_EMAIL = os.environ.get("TANDEM_MAIL_FROM", "Tandem <tandem@localhost>")
# How often one caller may ask: times, seconds.
THROTTLES = {
    "sign-in": (10, 300),  # tries of one account, whoever makes them
    "account": (60, 60),  # forms of signing in and up, from one address
    "visitor": (240, 60),  # acts of one browser that nobody signed in with
    # Acts of all such browsers at one address, which may be that of a whole school.
    "address": (2_400, 60),
    "stranger": (120, 60),  # calls of the API without a good token, from one address
    "member": (1_200, 60),
    "token": (120_000, 60),
}
# How many proxies stand before the web server, each of which appends to X-Forwarded-For.
TRUSTED_PROXIES = int(os.environ.get("TANDEM_PROXIES", "0"))
CSRF_FAILURE_VIEW = "recsys.config.errors.csrf_failure"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = TLS
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = TLS
# Behind a proxy that ends TLS; it has to set this header itself, whatever a client sent.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TLS else None
# Whoever watches over a process asks the process, not the proxy.
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if TLS else 0
# Whether all of the domain's other names speak TLS, and may be preloaded, is not ours to say.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# Data -----------------------------------------------------------------------------------------------------------------
DATABASES = {"default": _database(os.environ.get("DATABASE_URL", "postgresql:///tandem"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
BROKER_URL = os.environ.get("BROKER_URL", "redis://localhost:6379/0")
CACHE_URL = os.environ.get("CACHE_URL", "redis://localhost:6379/1")
# The cache may be gone or frozen at any time: no request waits for it longer than this.
CACHE_TIMEOUT_MS = 50
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": CACHE_URL,
        "KEY_PREFIX": "django",
        "OPTIONS": {
            "SOCKET_CONNECT_TIMEOUT": CACHE_TIMEOUT_MS / 1000,
            "SOCKET_TIMEOUT": CACHE_TIMEOUT_MS / 1000,
            "IGNORE_EXCEPTIONS": True,
        },
    }
}
# Objects, until Python looks for circles of them, in web processes and in workers: a slate or a body of a thousand
# interactions takes thousands and makes none, and at the usual 700 the search took a fifth of their time.
COLLECTED_AFTER = 10_000
# Both bound the uploads of the API: a body beyond this is refused with 413 before it is parsed.
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

# Work -----------------------------------------------------------------------------------------------------------------
_PUBLISHER = PROCESS in {"web", "command"}
# A server on a socket has another name in kombu's URLs than in redis-py's; either is taken.
CELERY_BROKER_URL = re.sub(r"^unix://([^?]*).*", r"redis+socket://\1?virtual_host=0", BROKER_URL)
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "bulk"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_RETRY_ON_WORKER_LOST = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_POOL_START_METHOD = "spawn"
# A spawned child imports Django first: on a busy machine the usual 4 s would kill it.
CELERY_WORKER_PROC_ALIVE_TIMEOUT = 60.0
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 5
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_BROKER_POOL_LIMIT = 4
CELERY_BROKER_POOL_ACQUIRE_TIMEOUT = 1
CELERY_TASK_PUBLISH_RETRY_POLICY = {
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.2,
}
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,  # the same in every process: one smaller value would redeliver everybody's messages
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 2,
    "global_keyprefix": "tandem:",
    "socket_keepalive": True,
    "health_check_interval": 25,
    "socket_timeout": 2 if _PUBLISHER else 30,
    "socket_connect_timeout": 1 if _PUBLISHER else 5,
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.2,
}
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_ENABLE_UTC = True
CELERY_BEAT_SCHEDULER = "recsys.config.beat:Scheduler"
CELERY_BEAT_SCHEDULE = timetable.TASKS

# Slates: how long a request may wait for a fresh one, unless its caller says otherwise.
DOORBELL_BUDGET_MS = 150
DOORBELL_BUDGET_MAX_MS = 10_000
# How long a slate can be traced and replayed.
SLATE_RETENTION_DAYS = 14
# Which artifacts stay beside those that serve: of each family the last promoted, and the newest that nobody promoted.
PROMOTED_KEPT = 5
UNPROMOTED_KEPT = 3
# How long the files of a run stay that gave no version.
RUN_RETENTION_DAYS = 14
# How many months of feedback stay in the database besides the present one; older ones are archived. None: all stay.
FEEDBACK_RETENTION_MONTHS = int(os.environ.get("TANDEM_FEEDBACK_MONTHS", "0")) or None
# Another sentence encoder than the one that comes along: its folder, and the SHA-256 of its model.safetensors.
ENCODER_FOLDER = os.environ.get("TANDEM_ENCODER", "")
ENCODER_SHA256 = os.environ.get("TANDEM_ENCODER_SHA256", "")

# API ------------------------------------------------------------------------------------------------------------------
# Whose outside ids a signed-in session speaks of; a token has a source of its own.
DEFAULT_SOURCE = os.environ.get("TANDEM_SOURCE", "demo")
KNOX_TOKEN_MODEL = "curation.Token"  # noqa: S105 - the name of a model
REST_KNOX = {"TOKEN_TTL": None, "AUTH_HEADER_PREFIX": "Token", "TOKEN_MODEL": "curation.Token"}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "recsys.api.authentication.TokenAuthentication",
        "recsys.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "recsys.api.limits.Scoped",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["recsys.api.limits.Counted"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["recsys.api.parsers.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "curation.problems.exception_handler",
    "COERCE_DECIMAL_TO_STRING": False,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Tandem",
    "DESCRIPTION": "Recommendations that people and models make together.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v[0-9]+",
    "COMPONENT_SPLIT_REQUEST": True,
    "AUTHENTICATION_WHITELIST": [],  # the hook declares tokens for all operations alike
    "POSTPROCESSING_HOOKS": ["recsys.api.schema.complete"],
}

# Pages ----------------------------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": ["/api/v1/"],  # JSON, which no browser renders
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "https:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    },
}
STATIC_URL = "static/"
STATIC_ROOT = Path(os.environ.get("TANDEM_STATIC", VAR_DIR / "static"))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
FORMAT_MODULE_PATH = ["recsys.config.formats"]
LOCALE_PATHS = [BASE_DIR / "recsys" / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"

LOGGING = logging_config(PROCESS, os.environ.get("TANDEM_LOG", "INFO"), watched=sys.stderr.isatty())
