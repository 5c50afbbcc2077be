"""Django's settings, read from the environment that `./anlan` (or an operator's service file) lays.

Every `ANLAN_*` variable is listed in docs/operator-guide.md. Nothing here is specific to a city: names, colours and
rules come from the city pack and from the declarations.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import django_stubs_ext

from anlan.site import cities, postbox, provinces, rulebook
from anlan.site.domains import DOMAINS, FACES, KERNEL, STREAMS

# Lets Django's generic classes be written with their types (`models.Field[str, str]`) at run time too.
django_stubs_ext.monkeypatch()

PACKAGE = Path(__file__).resolve().parent.parent
ROOT = PACKAGE.parent.parent
TESTING = os.environ.get("ANLAN_TESTING") == "1"


def _flag(name: str, default: bool = False) -> bool:
    return os.environ.get(name, "1" if default else "0") == "1"


def _words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


# --- the city and its data -------------------------------------------------------------------------------------------

ANLAN_DATA = Path(os.environ.get("ANLAN_DATA", ROOT / "data"))
ANLAN_CITIES = cities.packs_folder()
ANLAN_CITY = os.environ.get("ANLAN_CITY") or cities.default_city()
# The schemas of the other cities of this installation, for a province that reads their roll-ups: "name=schema …".
ANLAN_CITY_SCHEMAS = dict(pair.split("=", 1) for pair in os.environ.get("ANLAN_CITY_SCHEMAS", "").split())
# Where those cities answer, for a province that leads to their own pages: "name=address …".
ANLAN_CITY_ADDRESSES = dict(pair.split("=", 1) for pair in os.environ.get("ANLAN_CITY_ADDRESSES", "").split())
ANLAN_SCHEMA = os.environ.get("ANLAN_SCHEMA", "public")
# The cities a province reads, as its pack names them (code and pack); empty for a city.
ANLAN_PROVINCE = provinces.members(ANLAN_CITY)
ANLAN_FRONTEND = ROOT / "frontend" / "dist"
ANLAN_DOMAINS = DOMAINS


# --- secrets ---------------------------------------------------------------------------------------------------------


def _secret() -> str:
    """The signing key: a file of mode 0600 that `./anlan` makes; without one, a key that lasts as long as the process."""
    path = Path(os.environ.get("ANLAN_SECRET_FILE", ANLAN_DATA / "keys" / "django-secret"))
    try:
        return path.read_text().strip()
    except OSError:
        import secrets

        return secrets.token_urlsafe(50)


SECRET_KEY = _secret()
DEBUG = False

# --- what is installed -----------------------------------------------------------------------------------------------


def _present(package: str) -> bool:
    """A package counts as an application once it has models, an AppConfig or templates."""
    folder = PACKAGE.joinpath(*package.split(".")[1:])
    return any((folder / name).exists() for name in ("apps.py", "models.py", "templates", "templatetags"))


INSTALLED_APPS = [
    "django.contrib.postgres",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "procrastinate.contrib.django",
    *(package for package in (*KERNEL, *STREAMS, *DOMAINS, *FACES) if _present(package)),
    "anlan.site",
]

if "anlan.kernel.identity" in INSTALLED_APPS:
    AUTH_USER_MODEL = "identity.Account"

MIDDLEWARE = [
    "anlan.site.middleware.request_identity",
    "django.middleware.security.SecurityMiddleware",
    "anlan.site.middleware.security_headers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "anlan.site.middleware.refuse_malformed",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "anlan.site.urls"
ASGI_APPLICATION = "anlan.site.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "OPTIONS": {
            # Those of every application, kept for each language with what never changes drawn beforehand.
            "loaders": [
                ("anlan.faces.office.folding.Loader", ["django.template.loaders.app_directories.Loader"])
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- database --------------------------------------------------------------------------------------------------------


def database(url: str, schema: str, *, pool: int) -> dict[str, object]:
    """Django's description of the PostgreSQL database at `url`, with every name resolved in `schema`."""
    parts = urlsplit(url)
    options: dict[str, object] = dict(parse_qsl(parts.query))
    host = str(options.pop("host", "") or parts.hostname or "")
    options["options"] = f"-c search_path={schema}"
    if pool:
        options["pool"] = {"min_size": 1, "max_size": pool, "timeout": 20}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "anlan",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": bool(pool),
        "OPTIONS": options,
    }


ANLAN_DATABASE_URL = os.environ.get("ANLAN_DATABASE_URL", "postgresql:///anlan")
ANLAN_OWNER_DATABASE_URL = os.environ.get("ANLAN_OWNER_DATABASE_URL", ANLAN_DATABASE_URL)
# What the web and the worker use, also while a command runs in the owner's role.
ANLAN_APPLICATION_URL = os.environ.get("ANLAN_APPLICATION_DATABASE_URL", ANLAN_DATABASE_URL)
DATABASES = {
    "default": database(
        ANLAN_DATABASE_URL,
        ",".join(cities.schemas_of(ANLAN_SCHEMA)),
        pool=int(os.environ.get("ANLAN_POOL", "0")),
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- language and time -----------------------------------------------------------------------------------------------

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = [PACKAGE / "locale"]
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

# --- static files ----------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATICFILES_DIRS = [folder for folder in (ANLAN_FRONTEND,) if folder.is_dir()]
# Served straight from where they lie: nothing is collected, so nothing can be stale.
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 3600
# Vite puts a digest of the content in the name.
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/assets/.+-[A-Za-z0-9_-]{8}\.[a-z0-9]+$"

# --- accounts and sessions -------------------------------------------------------------------------------------------

# The second one serves sessions that began before the first one was there.
AUTHENTICATION_BACKENDS = [
    "anlan.kernel.identity.sessions.WithPerson",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
if TESTING:
    # A test signs in hundreds of times; what argon2 costs is tested where it matters.
    PASSWORD_HASHERS.insert(0, "django.contrib.auth.hashers.MD5PasswordHasher")
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "anlan.kernel.identity.passwords.MinimumLength", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "/sign-in"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/sign-in"
# Browsers keep cookies by host name and ignore the port: each city on this host has names of its own.
_OF_CITY = "" if ANLAN_SCHEMA == cities.FIRST_SCHEMA else f"_{ANLAN_SCHEMA}"
SESSION_COOKIE_NAME = f"sessionid{_OF_CITY}"
CSRF_COOKIE_NAME = f"csrftoken{_OF_CITY}"
# As Django keeps them; only the reading is our own.
SESSION_ENGINE = "anlan.kernel.identity.session_store"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_SAVE_EVERY_REQUEST = False
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "anlan.faces.office.errors.csrf_refused"

# --- what stands in front --------------------------------------------------------------------------------------------

# ANLAN_TLS=1 says that browsers reach us by https, through a proxy that sets X-Forwarded-Proto.
TLS = _flag("ANLAN_TLS")
# The machine's own names always: the supervisor asks /healthz by them.
ALLOWED_HOSTS = [
    "127.0.0.1",
    "localhost",
    "[::1]",
    *_words("ANLAN_HOSTS"),
    *(["testserver"] if TESTING else []),
]
CSRF_TRUSTED_ORIGINS = _words("ANLAN_ORIGINS")
SESSION_COOKIE_SECURE = TLS
CSRF_COOKIE_SECURE = TLS
LANGUAGE_COOKIE_SECURE = TLS
SECURE_SSL_REDIRECT = False
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TLS else None
SECURE_HSTS_SECONDS = int(os.environ.get("ANLAN_HSTS_SECONDS", "31536000" if TLS else "0"))
SECURE_HSTS_INCLUDE_SUBDOMAINS = False
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
APPEND_SLASH = False

# --- limits ----------------------------------------------------------------------------------------------------------

MEGABYTE = 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * MEGABYTE
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * MEGABYTE
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
DATA_UPLOAD_MAX_NUMBER_FILES = 20
ANLAN_BODY_LIMIT = int(os.environ.get("ANLAN_BODY_LIMIT_MB", "64")) * MEGABYTE

# --- evidence -------------------------------------------------------------------------------------------------------

# The most a piece of evidence may hold, by kind, and an account's unfinished uploads together; the kernel has defaults.
ANLAN_EVIDENCE_LIMITS_MB = {
    kind: int(os.environ[name])
    for kind in ("photo", "document", "video", "audio")
    if (name := f"ANLAN_{kind.upper()}_LIMIT_MB") in os.environ
}
ANLAN_UPLOAD_QUOTA_MB = int(os.environ.get("ANLAN_UPLOAD_QUOTA_MB", "1024"))
ANLAN_VERIFY_LIMIT_MB = int(os.environ.get("ANLAN_VERIFY_LIMIT_MB", "60"))

# An S3-compatible store instead of data/evidence, when a bucket is named (needs the package boto3).
if bucket := os.environ.get("ANLAN_EVIDENCE_S3_BUCKET"):
    ANLAN_EVIDENCE_S3 = {
        "bucket": bucket,
        "endpoint": os.environ.get("ANLAN_EVIDENCE_S3_ENDPOINT", ""),
        "prefix": os.environ.get("ANLAN_EVIDENCE_S3_PREFIX", ""),
        "region": os.environ.get("ANLAN_EVIDENCE_S3_REGION", ""),
    }

# --- the map --------------------------------------------------------------------------------------------------------

# Base tiles under our own shapes: an address with {z}, {x}, {y}; several by space. None is needed and none is preset.
ANLAN_MAP_TILES = os.environ.get("ANLAN_MAP_TILES", "").split()
ANLAN_MAP_ATTRIBUTION = os.environ.get("ANLAN_MAP_ATTRIBUTION", "")
# In which coordinates the base tiles are drawn: wgs84 (Tianditu, OpenStreetMap) or gcj02 (Amap and others).
ANLAN_MAP_SYSTEM = os.environ.get("ANLAN_MAP_SYSTEM", "wgs84")

# --- jobs, logs and what is watched ----------------------------------------------------------------------------------

# Without a token `/metrics` answers this machine alone; below the floor of free disk `/readyz` says so.
ANLAN_METRICS_TOKEN = os.environ.get("ANLAN_METRICS_TOKEN", "")
ANLAN_DISK_FLOOR = int(os.environ.get("ANLAN_DISK_FLOOR_MB", "500")) * MEGABYTE

PROCRASTINATE_ON_APP_READY = "anlan.site.worker.declare_tasks"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request": {"()": "anlan.site.logs.RequestIdentity"}},
    "formatters": {"line": {"()": "anlan.site.logs.LineOfJson"}},
    "handlers": {
        "standard": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request"]},
    },
    "root": {"handlers": ["standard"], "level": os.environ.get("ANLAN_LOG_LEVEL", "INFO")},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "django.security": {"level": "WARNING"},
        "procrastinate": {"level": "WARNING"},
        "gmqtt": {"level": "WARNING"},
    },
}

# --- what leaves the platform ---------------------------------------------------------------------------------------

# Where people reach this installation, for links in mails: https://anlan.example (default: the first of ANLAN_ORIGINS).
ANLAN_ADDRESS = os.environ.get("ANLAN_ADDRESS", CSRF_TRUSTED_ORIGINS[0] if CSRF_TRUSTED_ORIGINS else "")
ANLAN_SMTP = postbox.smtp(os.environ)
# Inner networks that webhooks may reach, and whether plain http is taken; neither by default.
ANLAN_WEBHOOK_NETWORKS = _words("ANLAN_WEBHOOK_NETWORKS")
ANLAN_WEBHOOK_PLAIN = _flag("ANLAN_WEBHOOK_PLAIN")
# How long notices and messages are kept.
ANLAN_NOTICE_DAYS = int(os.environ.get("ANLAN_NOTICE_DAYS", "400"))

# --- streams ---------------------------------------------------------------------------------------------------------

# Where devices connect by MQTT; the first city's port, the others follow. 0: no receiver of our own.
ANLAN_MQTT_HOST = os.environ.get("ANLAN_MQTT_HOST", "127.0.0.1")
ANLAN_MQTT_PORT = int(os.environ.get("ANLAN_MQTT_PORT", "0"))
ANLAN_MQTT_CERTIFICATE = os.environ.get("ANLAN_MQTT_CERTIFICATE", "")
ANLAN_MQTT_KEY = os.environ.get("ANLAN_MQTT_KEY", "")
# A broker of the operator's own, mqtt://user:password@host:port, instead of the receiver.
ANLAN_MQTT_BROKER = os.environ.get("ANLAN_MQTT_BROKER", "")
# Several ingests share what it brings; one alone subscribes for itself.
ANLAN_MQTT_SHARED = os.environ.get("ANLAN_MQTT_SHARED", "0") == "1"
# Who is told of troubles of the intake: kinds of posts.
ANLAN_TROUBLE_POSTS = os.environ.get("ANLAN_TROUBLE_POSTS", "administrator").replace(" ", "").split(",")
# How long readings, and the figures of their hours, are kept.
ANLAN_READING_DAYS = int(os.environ.get("ANLAN_READING_DAYS", "1100"))
ANLAN_ROLL_DAYS = int(os.environ.get("ANLAN_ROLL_DAYS", "3660"))

# --- rules -----------------------------------------------------------------------------------------------------------

rulebook.open_book()
