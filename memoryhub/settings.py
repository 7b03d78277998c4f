"""Settings of the hub, all from the environment. `docs/reference/settings.md` lists them.

Without `DATABASE_URL` or `REDIS_URL` the services that `make run` started on this machine are used.
A value may come from a file: `SECRET_KEY_FILE=/run/secrets/key` (environs' FileAwareEnv).
"""

import secrets
from pathlib import Path
from typing import Any

import structlog
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from environs import FileAwareEnv

from memoryhub import embedded, languages, remotes, sso

env = FileAwareEnv()

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR: Path = env.path("MEMORYHUB_VAR", BASE_DIR / "var")
ENVIRONMENT: str = env.str("MEMORYHUB_ENV", "local")  # local | test | production
PRODUCTION = ENVIRONMENT == "production"
DEBUG: bool = env.bool("DEBUG", False)


def _local_secret(name: str, size: int = 48) -> str:
    """Random secret of this checkout, made once and kept in `var/` readable by its owner only.

    `size` bytes in URL-safe Base64.
    """
    path = VAR_DIR / name
    if not path.exists():
        VAR_DIR.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{name}.{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(size))
        try:
            path.hardlink_to(draft)  # the first of two racing processes wins
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()


SECRET_KEY: str = env.str("SECRET_KEY", "") or ("" if PRODUCTION else _local_secret("secret_key"))
if not SECRET_KEY:
    raise ImproperlyConfigured("SECRET_KEY (or SECRET_KEY_FILE) must be set in production.")
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", [] if PRODUCTION else ["*"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])

# --- services -------------------------------------------------------------------------------
_embedded = embedded.urls(VAR_DIR)
# What kind of process this is decides which rows PostgreSQL shows it: owner | web | worker
DATABASE_ROLE: str = env.str("DATABASE_ROLE", "owner")
if DATABASE_ROLE not in {"owner", "web", "worker"}:
    raise ImproperlyConfigured("DATABASE_ROLE must be owner, web or worker.")
_logins = {
    "web": env.str("DATABASE_URL_WEB", ""),
    "worker": env.str("DATABASE_URL_WORKER", ""),
}
DATABASE_URL: str = (
    _logins.get(DATABASE_ROLE, "")
    or env.str("DATABASE_URL", "")
    or (_embedded.database_url_of(DATABASE_ROLE) if _embedded else "")
)
REDIS_URL: str = env.str("REDIS_URL", "") or (_embedded.redis_url if _embedded else "")

DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        **embedded.parse_database_url(DATABASE_URL),
        "ENGINE": "apps.kernel.postgres",
        "CONN_MAX_AGE": env.int("DATABASE_CONN_MAX_AGE", 600),
        "CONN_HEALTH_CHECKS": True,
        # A cursor of the server's own would not say who asks (apps.kernel.isolation.cursors)
        "DISABLE_SERVER_SIDE_CURSORS": DATABASE_ROLE == "web" or ENVIRONMENT == "test",
        "OPTIONS": {
            **embedded.parse_database_url(DATABASE_URL).get("OPTIONS", {}),
            "connect_timeout": 5,
            "application_name": "memoryhub",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL.replace("redis+socket://", "unix://"),
        "KEY_PREFIX": "memoryhub",
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 2},
    }
}

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://")
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 3600
CELERY_TASK_SOFT_TIME_LIMIT = 3300
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "memories.*": {"queue": "embed"},
    "canon.embed_sections": {"queue": "embed"},
    # What may last: it has a worker of its own
    "curation.*": {"queue": "curate"},
    "consolidation.*": {"queue": "curate"},
    "decay.*": {"queue": "curate"},
    "governance.*": {"queue": "curate"},
}

# --- applications ---------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "guardian",
    "pgtrigger",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "django_prometheus",
    "django_structlog",
    "axes",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.github",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.socialaccount.providers.saml",
    "apps.kernel",
    "apps.providers",
    "apps.audit",
    "apps.vault",
    "apps.accounts",
    "apps.spaces",
    "apps.usage",
    "apps.identity",
    "apps.memories",
    "apps.canon",
    "apps.graph",
    "apps.curation",
    "apps.captures",
    "apps.decay",
    "apps.consolidation",
    "apps.recall",
    "apps.governance",
    "apps.desk",
    "memoryhub",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "apps.kernel.middleware.RequestIdMiddleware",
    "apps.kernel.middleware.SecurityHeadersMiddleware",
    "apps.kernel.middleware.BodyLimitMiddleware",
    "apps.kernel.middleware.IsolationMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "memoryhub.languages.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "apps.identity.middleware.BreakGlassMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "apps.kernel.middleware.RequestLogMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "memoryhub.urls"
WSGI_APPLICATION = "memoryhub.wsgi.application"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "apps" / "desk" / "overrides"],  # before the theme's own
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

STATIC_URL = "/static/"
STATIC_ROOT = env.path("STATIC_ROOT", VAR_DIR / "static")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if ENVIRONMENT != "test"
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = ENVIRONMENT == "test"

# --- who is who -----------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "apps.accounts.attempts.Backend",
    "apps.identity.backends.PasswordsOff",
    "django.contrib.auth.backends.ModelBackend",
    "guardian.backends.ObjectPermissionBackend",
]
# django-axes asks `attempts.Handler`, which counts in Redis; its own tables stay empty. What it
# would answer by itself is never used: the pages that people sign in at say it.
AXES_HANDLER = "apps.accounts.attempts.Handler"
AXES_CLIENT_IP_CALLABLE = "apps.kernel.addresses.client_address"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # marks the request as refused
AXES_ALLOWED_CORS_ORIGINS = ""
AXES_ENABLE_ADMIN = AXES_VERBOSE = False
SILENCED_SYSTEM_CHECKS = [
    "axes.W002",  # its middleware would put an answer of its own in place of the page's
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
    )
]
if ENVIRONMENT == "test":
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ANONYMOUS_USER_NAME = None  # guardian: there is no anonymous row
LOGIN_URL = "/desk/login/"
LOGIN_REDIRECT_URL = "/desk/"

# Single sign-on: the library speaks the protocols, `apps.identity` decides who gets in.
SSO = sso.read(env.json("SSO_PROVIDERS", []))
# Our own name: the library's setting of this name forbids one-time codes, which the one
# administrator who may sign in with a password for a while should have.
PASSWORDS_OFF: bool = env.bool("SOCIALACCOUNT_ONLY", False)
SOCIALACCOUNT_PROVIDERS = sso.applications(SSO)
SOCIALACCOUNT_ADAPTER = "apps.identity.sso.adapters.SocialAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_QUERY_EMAIL = True
SOCIALACCOUNT_EMAIL_VERIFICATION = ACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_REQUESTS_TIMEOUT = 10
ACCOUNT_ADAPTER = "apps.identity.sso.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
MFA_FORMS = {"authenticate": "apps.desk.account.CodeForm"}
MFA_TOTP_ISSUER = "MemoryHub"
# "id:secret" pairs; the first signs new tokens, the others still verify old ones.
TOKEN_PEPPERS: list[str] = env.list("TOKEN_PEPPERS", [f"default:{SECRET_KEY}"])

# Ed25519, URL-safe Base64 of 32 bytes: the key that seals the audit log, and the public keys of
# those before it, whose seals still count. `manage.py audit key` makes and shows them.
AUDIT_SIGNING_KEY: str = env.str("AUDIT_SIGNING_KEY", "") or (
    "" if PRODUCTION else _local_secret("audit_signing_key", 32)
)
AUDIT_PUBLIC_KEYS: list[str] = env.list("AUDIT_PUBLIC_KEYS", [])

# What wraps the data keys of stored credentials: local (the keys below, `id:key` pairs of which the
# first wraps), or aws, gcp, azure, vault with the name of a key there.
CREDENTIALS_KEEPER: str = env.str("CREDENTIALS_KEEPER", "local")
CREDENTIALS_KEY_NAME: str = env.str("CREDENTIALS_KEY_NAME", "")
CREDENTIALS_KEYS: list[str] = env.list("CREDENTIALS_KEYS", []) or (
    [] if PRODUCTION else [f"this-checkout:{_local_secret('credentials_key', 32)}"]
)
MFA_ADAPTER = "apps.identity.sso.second_factor.SecondFactorAdapter"  # keeps their secrets by it

SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"  # people follow links from their mail
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.bool("COOKIE_SECURE", PRODUCTION)
if SESSION_COOKIE_SECURE:  # browsers take the prefix only over HTTPS, for this host and all paths
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
SESSION_COOKIE_AGE = env.int("SESSION_HOURS", 12) * 3600
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", 31536000 if PRODUCTION else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_SSL_REDIRECT = env.bool("SSL_REDIRECT", PRODUCTION)
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$"]
# Only behind a proxy that sets or removes the header itself: clients can forge it.
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("TRUST_PROXY_HEADERS", False) else None
)
# How many of our own proxies add to X-Forwarded-For; believed together with the header above.
TRUSTED_PROXIES: int = env.int("TRUSTED_PROXIES", 1)
CSRF_FAILURE_VIEW = "memoryhub.errors.stale"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        *("accelerometer", "browsing-topics", "camera", "display-capture", "geolocation"),
        *("gyroscope", "magnetometer", "microphone", "midi", "payment", "usb"),
    )
)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
# The desk's theme evaluates expressions in its own templates (Alpine); nothing else is relaxed,
# and only `apps.desk.site` applies it.
DESK_CONTENT_SECURITY_POLICY = {"script-src": ["'unsafe-eval'"]}

# --- the API --------------------------------------------------------------------------------
DATA_UPLOAD_MAX_MEMORY_SIZE = env.int("MAX_BODY_BYTES", 64 * 1024 * 1024)
CAPTURE_MAX_BYTES: int = env.int("CAPTURE_MAX_BYTES", 32 * 1024 * 1024)
CAPTURE_MODEL: str = env.str("CAPTURE_MODEL", "")
CAPTURE_BACKLOG_LIMIT: int = env.int("CAPTURE_BACKLOG_LIMIT", 20_000)
RATE_LIMIT_PER_MINUTE: int = env.int("RATE_LIMIT_PER_MINUTE", 6000)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.accounts.authentication.TokenAuthentication",
        "apps.accounts.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["apps.kernel.permissions.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.kernel.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "apps.kernel.pagination.CursorPagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "apps.kernel.schema.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["apps.accounts.throttling.PerCredentialThrottle"],
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
_ERROR_STATUSES = ("400", "401", "403", "404", "409", "412", "413", "422", "429")
DRF_STANDARDIZED_ERRORS = {
    "EXCEPTION_HANDLER_CLASS": "apps.accounts.handlers.ExceptionHandler",
    "ALLOWED_ERROR_STATUS_CODES": list(_ERROR_STATUSES),
    "ERROR_SCHEMAS": dict.fromkeys(_ERROR_STATUSES, "apps.kernel.schema.ErrorBody"),
}
SPECTACULAR_SETTINGS = {
    "TITLE": "MemoryHub",
    "DESCRIPTION": "Organisational memory for people and their AI agents.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    # Of so many operations and types, all opened at once, a browser is busy for minutes
    "SWAGGER_UI_SETTINGS": {
        "deepLinking": True,
        "docExpansion": "none",
        "defaultModelsExpandDepth": -1,
        "filter": True,
    },
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "ScreeningState": "apps.curation.models.ScreeningState",
        "MemoryKind": "apps.memories.models.Kind",
        "MemoryStatus": "apps.memories.models.Status",
        "MemorySource": "apps.memories.models.Source",
        "Sensitivity": "apps.memories.models.Sensitivity",
        "OutcomeKind": "apps.memories.models.OutcomeKind",
        "SpaceKind": "apps.spaces.models.SpaceKind",
        "SpaceRole": "apps.spaces.models.SpaceRole",
        "UserKind": "apps.accounts.models.UserKind",
        "SwitchKind": "apps.spaces.models.SwitchKind",
        "RunState": "apps.curation.models.RunState",
        "CaptureState": "apps.captures.models.CaptureState",
        "DecayRunState": "apps.decay.models.RunState",
        "JobState": "apps.governance.models.JobState",
        "ProposalStatus": "apps.canon.models.ProposalStatus",
        "ProposalChange": "apps.canon.models.Change",
        "ProposalOrigin": "apps.canon.models.Origin",
        "ConsolidationTrigger": "apps.consolidation.models.Trigger",
        "ChangeKind": "apps.consolidation.models.ChangeKind",
        "ChangeState": "apps.consolidation.models.ChangeState",
        "ProposalKind": "apps.consolidation.models.ProposalKind",
        "ArchivistProposalStatus": "apps.consolidation.models.ProposalStatus",
        "Maker": "apps.consolidation.models.Maker",
        "ModelKind": "apps.usage.models.CallKind",
        "ModelPurpose": "apps.usage.models.Purpose",
        "CandidateStatus": "apps.curation.models.CandidateStatus",
        "RejectionKind": "apps.curation.core.rejections.KINDS",
        "Verdict": "apps.curation.models.VerdictChoice",
        "FeedbackVerdict": "apps.recall.models.FeedbackVerdict",
        "RelationStatus": "apps.graph.models.RelationStatus",
        "ErrorType": "apps.kernel.schema.ErrorType",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_standardized_errors.openapi_hooks.postprocess_schema_enums",
    ],
}

# --- canon ----------------------------------------------------------------------------------
# One git repository per shared space; web and worker must see the same folder.
CANON_MIRROR_DIR: Path = env.path("CANON_MIRROR_DIR", VAR_DIR / "canon")
# Where they are pushed; the token of each may stand in a file of its own
CANON_REMOTES = remotes.read(env.json("CANON_REMOTES", []))

# --- models ---------------------------------------------------------------------------------
# How long each leg of a recall may take; 0 for as long as it wants.
RECALL_TIMEOUT_MS: int = env.int("RECALL_TIMEOUT_MS", 1000)
RECALL_GRAPH: bool = env.bool("RECALL_GRAPH", True)
EMBEDDING_MODEL: str = env.str("EMBEDDING_MODEL", "local:all-MiniLM-L6-v2")
EMBEDDING_COMPUTE: str = env.str("EMBEDDING_COMPUTE", "int8")
EMBEDDING_API_BASE: str = env.str("EMBEDDING_API_BASE", "")
EMBEDDING_API_KEY: str = env.str("EMBEDDING_API_KEY", "")
EMBEDDING_DIMENSIONS: int | None = env.int("EMBEDDING_DIMENSIONS", None)
EMBEDDING_LANGUAGES: list[str] = env.list("EMBEDDING_LANGUAGES", [])
EMBEDDING_BACKLOG_LIMIT: int = env.int("EMBEDDING_BACKLOG_LIMIT", 50_000)
LLM_MODEL: str = env.str("LLM_MODEL", "")
LLM_BASE_URL: str = env.str("LLM_BASE_URL", "")
LLM_API_KEY: str = env.str("LLM_API_KEY", "")
LLM_TIMEOUT_SECONDS: float = env.float("LLM_TIMEOUT_SECONDS", 30.0)
RERANK_MODEL: str = env.str("RERANK_MODEL", "")
RERANK_BASE_URL: str = env.str("RERANK_BASE_URL", "")
RERANK_API_KEY: str = env.str("RERANK_API_KEY", "")
RERANK_TIMEOUT_SECONDS: float = env.float("RERANK_TIMEOUT_SECONDS", 2.0)

# --- time and words -------------------------------------------------------------------------
TIME_ZONE = "UTC"
USE_TZ = True
LANGUAGE_CODE = "en"
LANGUAGES = languages.SPOKEN
USE_I18N = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SECURE = SESSION_COOKIE_SECURE

# --- mail -----------------------------------------------------------------------------------
# Whether reviewers are told once a day what waits for them. Without a server mail goes to the log.
REVIEW_DIGEST: bool = env.bool("REVIEW_DIGEST", False)
PUBLIC_URL: str = env.str("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
EMAIL_HOST: str = env.str("EMAIL_HOST", "")
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend"
EMAIL_PORT: int = env.int("EMAIL_PORT", 587)
EMAIL_HOST_USER: str = env.str("EMAIL_USER", "")
EMAIL_HOST_PASSWORD: str = env.str("EMAIL_PASSWORD", "")
EMAIL_USE_TLS: bool = env.bool("EMAIL_TLS", True)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL: str = env.str("EMAIL_FROM", "memoryhub@localhost")

# --- logs -----------------------------------------------------------------------------------
LOG_FORMAT: str = env.str("LOG_FORMAT", "json" if PRODUCTION else "console")
_shared = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "structured": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": _shared,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer()
                if LOG_FORMAT == "json"
                else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0),
            ],
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structured"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
    "loggers": {
        "django_structlog": {"level": "WARNING" if ENVIRONMENT != "production" else "INFO"},
        "django.server": {"propagate": True},
        # One line per sweep every ten seconds says nothing
        **{
            name: {"level": "WARNING" if not PRODUCTION else "INFO"}
            for name in ("celery.app.trace", "celery.worker.strategy", "celery.beat", "httpx")
        },
    },
}
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.filter_by_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.StackInfoRenderer(),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = True  # RequestIdMiddleware has made it sane

UNFOLD = {
    "SITE_TITLE": "MemoryHub",
    "SITE_HEADER": "MemoryHub desk",
    "SITE_SYMBOL": "neurology",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda _: static("desk/favicon.svg")}
    ],
    "SITE_URL": None,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_HISTORY": False,
    "SHOW_BACK_BUTTON": False,
    "SHOW_LANGUAGES": True,
    "STYLES": [lambda _: static("desk/desk.css"), lambda _: static("desk/review.css")],
    "SCRIPTS": [
        lambda _: static("desk/desk.js"),
        lambda _: static("desk/times.js"),
        lambda _: static("desk/review.js"),
    ],
    "SIDEBAR": {"navigation": "apps.desk.navigation.sidebar"},
}
