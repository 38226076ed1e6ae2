"""Every setting, from the environment; runs from a clean checkout with nothing set.

A malformed value is refused with a sentence. Production sets DEBUG=false, SECRET_KEY,
ALLOWED_HOSTS, DATABASE_URL, BROKER_URL and STATE_DIR.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured

from . import environment as env
from . import outside

E = os.environ
BASE_DIR = Path(__file__).resolve().parent.parent
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

# --- the site -----------------------------------------------------------------------------------
DEBUG = env.flag(E, "DEBUG", True)
STATE_DIR = env.folder(E, "STATE_DIR", BASE_DIR / "var")
SECRET_KEY = env.secret_key(E, DEBUG, STATE_DIR)
ALLOWED_HOSTS = env.hosts(E, DEBUG)
# How addresses begin in e-mails, webhooks and feeds, which are written outside a request.
SITE_URL = env.address(
    E, "SITE_URL", "http://localhost:8000" if DEBUG else f"https://{ALLOWED_HOSTS[0].lstrip('.')}"
)
CSRF_TRUSTED_ORIGINS = env.names(E, "CSRF_TRUSTED_ORIGINS")
ROOT_URLCONF = "leaderboard.urls"
WSGI_APPLICATION = "leaderboard.wsgi.application"
LOGIN_URL, LOGIN_REDIRECT_URL, LOGOUT_REDIRECT_URL = "sign-in", "home", "home"
USE_TZ, TIME_ZONE, LANGUAGE_CODE = True, "UTC", "en"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    # Before staticfiles: the development server then serves files exactly as production does.
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "leaderboard",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "leaderboard.middleware.private_to_its_reader",
    "leaderboard.middleware.second_factor_of_staff",
    "leaderboard.middleware.security_headers",
]
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
            ],
        },
    },
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# --- rows, files ----------------------------------------------------------------------------------
DATABASES = {"default": env.database(E, STATE_DIR)}
STATIC_URL, STATIC_ROOT = "static/", BASE_DIR / "staticfiles"
STATICFILES_DIRS = [folder for folder in [BASE_DIR / "static"] if folder.is_dir()]
# In development files are served from where they lie; production collects and fingerprints them.
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG
STATIC_STORAGE = (
    "django.contrib.staticfiles.storage.StaticFilesStorage"
    if DEBUG
    else "whitenoise.storage.CompressedManifestStaticFilesStorage"
)
# An S3-compatible store: name any Django storage class here, its options in ARTIFACTS_OPTIONS
# ("bucket_name=runs,endpoint_url=https://..."); it must overwrite, names are digests.
ARTIFACTS_BACKEND = E.get("ARTIFACTS_BACKEND") or "leaderboard.storage.Shelf"
ARTIFACTS_OPTIONS: dict[str, object] = dict(
    option.partition("=")[::2] for option in env.names(E, "ARTIFACTS_OPTIONS")
) or ({"location": STATE_DIR / "artifacts"} if ARTIFACTS_BACKEND.endswith(".Shelf") else {})
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": STATIC_STORAGE},
    "artifacts": {"BACKEND": ARTIFACTS_BACKEND, "OPTIONS": ARTIFACTS_OPTIONS},
}

# --- safety ---------------------------------------------------------------------------------------
HTTPS = env.flag(E, "HTTPS", not DEBUG)
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
# Only behind a proxy that always sets this header; a client could forge it otherwise.
if env.flag(E, "BEHIND_PROXY", False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = FILE_UPLOAD_MAX_MEMORY_SIZE = 1024**2
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200

# --- people ---------------------------------------------------------------------------------------
SIGN_UP = env.flag(E, "SIGN_UP", True)
STAFF_NEEDS_TOTP = env.flag(E, "STAFF_NEEDS_TOTP", not DEBUG)
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
ACCOUNT_ADAPTER = "leaderboard.accounts.Adapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_USERNAME_VALIDATORS = "leaderboard.accounts.NAME_RULES"
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[FlowerTune Leaderboard] "
ACCOUNT_EMAIL_NOTIFICATIONS = ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_MAX_EMAIL_ADDRESSES = 5
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "signup": "10/h/ip",
    "reset_password": "10/h/ip,3/h/key",
    "reset_password_from_key": "20/m/ip",
    "confirm_email": "1/3m/key",
    "manage_email": "10/m/user",
    "change_password": "5/m/user",
    "reauthenticate": "10/m/user",
}
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if env.flag(E, "BEHIND_PROXY", False) else 0
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "FlowerTune Leaderboard"
SOCIALACCOUNT_PROVIDERS = outside.providers(E)
SOCIALACCOUNT_EMAIL_VERIFICATION = "mandatory"
SIGN_IN_HOSTS = outside.sign_in_hosts(SOCIALACCOUNT_PROVIDERS)
if SOCIALACCOUNT_PROVIDERS:
    INSTALLED_APPS += ["allauth.socialaccount"]
    INSTALLED_APPS += [f"allauth.socialaccount.providers.{key}" for key in SOCIALACCOUNT_PROVIDERS]
globals().update(outside.mail(E))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = E.get("FROM_EMAIL") or "leaderboard@localhost"
SECURITY_CONTACT = E.get("SECURITY_CONTACT", "").strip()

# --- how much anybody may use; staff and the command line have no daily limit --------------------
SUBMISSIONS_A_DAY = env.number(E, "SUBMISSIONS_A_DAY", 20, 0, 10**6)
STORAGE_BYTES = env.number(E, "STORAGE_BYTES", 15 * 1024**3, 0, 10**15)
UPLOAD_BYTES = env.number(E, "UPLOAD_BYTES", 2 * 1024**3, 1024, 10**12)
# Requests to the API, per token and per address of those without one. With several web processes
# name a CACHE_URL: each counts for itself otherwise.
API_A_MINUTE = env.number(E, "API_A_MINUTE", 120, 1, 10**6)
API_A_MINUTE_ANONYMOUS = env.number(E, "API_A_MINUTE_ANONYMOUS", 60, 1, 10**6)
CACHES = {"default": env.cache(E)}

# --- runs -----------------------------------------------------------------------------------------
WORKER_CONCURRENCY = env.number(E, "WORKER_CONCURRENCY", min(2, CORES), 1, 256)
ENGINE_THREADS = env.number(E, "ENGINE_THREADS", max(1, CORES // WORKER_CONCURRENCY), 1, 256)
LEASE_SECONDS = env.number(E, "LEASE_SECONDS", 60, 2, 3600)
HEARTBEAT_SECONDS = env.number(E, "HEARTBEAT_SECONDS", 10, 1, 1200)
if LEASE_SECONDS < 2 * HEARTBEAT_SECONDS:
    raise ImproperlyConfigured(
        f"LEASE_SECONDS ({LEASE_SECONDS}) must be at least twice HEARTBEAT_SECONDS "
        f"({HEARTBEAT_SECONDS}): one late heartbeat would lose a run."
    )
MAX_TRIES = env.number(E, "MAX_TRIES", 3, 1, 100)
RETRY_SECONDS = env.number(E, "RETRY_SECONDS", 10, 0, 3600)
SWEEP_SECONDS = env.number(E, "SWEEP_SECONDS", 10, 1, 600)
STOP_SECONDS = env.number(E, "STOP_SECONDS", 15, 1, 600)
# For trying things out: only the first so many questions of each test. Such scores are of a suite
# version of their own, never ranked beside whole ones.
EVALUATION_LIMIT = env.number(E, "EVALUATION_LIMIT", 0, 0, 10**6) or None
HUB_MIRROR = env.existing_folder(E, "HUB_MIRROR")
# The light reads of federated.hub happen in this process; it must see the same source.
if HUB_MIRROR:
    os.environ["HUB_MIRROR"] = HUB_MIRROR
ENGINES = {
    "training": [sys.executable, "-m", "federated"],
    "evaluation": [sys.executable, "-m", "evaluators"],
}

# --- queue: the database row is the queue, the broker only rings ----------------------------------
CELERY_BROKER_URL, CELERY_BROKER_TRANSPORT_OPTIONS = env.broker(E, STATE_DIR)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_DEFAULT_QUEUE = "leaderboard"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_POOL, CELERY_WORKER_CONCURRENCY = "threads", WORKER_CONCURRENCY
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# In memory: a sweep too many does no harm, and workers that share a folder share no schedule file.
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"
CELERY_BEAT_SCHEDULE: dict[str, dict[str, object]] = {
    "sweep": {
        "task": "leaderboard.sweep",
        "schedule": float(SWEEP_SECONDS),
        # A sweep that waited longer than the next one is due is thrown away.
        "options": {"expires": float(SWEEP_SECONDS)},
    },
}

# So many published submissions are run again each week, to see whether their scores hold.
DRIFT_SAMPLE = env.number(E, "DRIFT_SAMPLE", 0, 0, 1000)
if DRIFT_SAMPLE:
    CELERY_BEAT_SCHEDULE["drift"] = {
        "task": "leaderboard.drift",
        "schedule": crontab(minute="17", hour="2", day_of_week="sunday"),
        "options": {"expires": 6 * 24 * 3600.0},
    }

LOG_LEVEL = env.choice(E, "LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "leaderboard.quiet.Line",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    # A line for each tick of the clock would hide the runs.
    "loggers": {
        **{
            name: {"level": "WARNING"}
            for name in ("celery.beat", "celery.worker.strategy", "celery.app.trace")
        },
        # Django's own handlers repeat addresses as they are; ours hides the secrets in them.
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "level": "INFO", "propagate": True},
    },
}
