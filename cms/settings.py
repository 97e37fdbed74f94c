"""All settings, from the environment, failing loudly.

`CMS_SERVICE` chooses what this process is (see `cms.databases.SERVICES`): which
databases it holds a key to, which URLs it serves and which apps it loads.
"""

import re
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from cms import embedded, env
from cms.databases import (
    ALIASES,
    EDITORIAL,
    ENGAGEMENT,
    PATIENCE,
    PUBLIC,
    SERVICES,
)
from cms.roles import READ_ONLY

BASE_DIR = Path(__file__).resolve().parent.parent

# --- What this process is -----------------------------------------------------

DEBUG = env.boolean("DEBUG", False)
CMS_SERVICE = env.text("CMS_SERVICE", "all" if DEBUG else "")
if CMS_SERVICE not in SERVICES:
    raise ImproperlyConfigured(
        f"CMS_SERVICE is {CMS_SERVICE or 'not set'!r}; choose one of "
        f"{', '.join(SERVICES)}. 'all' serves everything in one process."
    )
IS_PUBLIC = CMS_SERVICE == "public"
SERVES_EVERYTHING = CMS_SERVICE in {"all", "worker", "migrate", "test"}

# --- Databases ----------------------------------------------------------------

URL_NAMES = {
    EDITORIAL: "EDITORIAL_DATABASE_URL",
    PUBLIC: "PUBLIC_DATABASE_URL",
    ENGAGEMENT: "ENGAGEMENT_DATABASE_URL",
}
EMBEDDED = not any(env.text(name, "") for name in URL_NAMES.values())
PUBLIC_REPLICA_LAG_SECONDS = env.integer("PUBLIC_REPLICA_LAG_SECONDS", 2)
"""A replica that is further behind is not read from. See `cms.replicas`."""
PUBLIC_REPLICAS = env.databases("PUBLIC_REPLICA_URLS")


def _database(alias):
    if alias not in SERVICES[CMS_SERVICE]:
        return {"ENGINE": "django.db.backends.dummy"}
    name = URL_NAMES[alias]
    role = SERVICES[CMS_SERVICE][alias]
    url = embedded.database_url(alias, role) if EMBEDDED else env.text(name)
    entry = env.database(url, name=name)
    entry["PATIENCE"] = PATIENCE.get(CMS_SERVICE, {}).get(alias)
    entry["CONN_MAX_AGE"] = env.integer("CONN_MAX_AGE", 60)
    entry["CONN_HEALTH_CHECKS"] = not IS_PUBLIC
    is_impatient = CMS_SERVICE in {"public", "engagement", "editorial"}
    entry["OPTIONS"].setdefault("connect_timeout", "2" if is_impatient else "5")
    entry["DISABLE_SERVER_SIDE_CURSORS"] = False
    if alias == PUBLIC:
        # Readers ask the same few questions: PostgreSQL plans each of them once.
        threshold = env.integer("PREPARE_THRESHOLD", 3)
        entry["OPTIONS"] |= {
            "server_side_binding": threshold > 0,
            "prepare_threshold": threshold or None,
        }
        entry["READS_ONLY"] = role in READ_ONLY
        if IS_PUBLIC:  # the desk must see its own publish, and the worker writes
            entry["REPLICAS"] = PUBLIC_REPLICAS
    entry["TEST"] = {"DEPENDENCIES": []}  # a test may use one of them alone
    return entry


DATABASES = {
    alias: _database(alias)
    for alias in ALIASES
    if alias == EDITORIAL or alias in SERVICES[CMS_SERVICE]
}
DATABASE_ROUTERS = [
    "cms.databases.EditorialRouter",
    "cms.databases.PublicRouter",
    "cms.databases.EngagementRouter",
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Secrets and origins ------------------------------------------------------

SECRET_KEY = env.text("SECRET_KEY", embedded.secret_key() if EMBEDDED else None)
ALLOWED_HOSTS = env.words(
    "ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]", "testserver"]
)
PORT = env.integer("PORT", 8000)
SITE_NAME = env.text("SITE_NAME", "Masthead")
SITE_TAGLINE = env.text("SITE_TAGLINE", "Stories, told with care.")
SITE_ORIGIN = env.text("SITE_ORIGIN", f"http://127.0.0.1:{PORT}").rstrip("/")
"""Where readers find the site; links in feeds, sitemaps and mails begin with it."""
SITE_THEME = env.folder("SITE_THEME")
"""A folder with `templates/` and `static/` that go before ours: docs/theming.md."""
SITE_ACCENT = env.text("SITE_ACCENT", "")
SITE_FONT = env.text("SITE_FONT", "serif")
SITE_LOGO = env.text("SITE_LOGO", "")
SITE_LOGO_SIZE = env.text("SITE_LOGO_SIZE", "")
SITE_FOOTER_LINKS = env.pairs("SITE_FOOTER_LINKS", like="Words=/address/")
SITE_LIST_SIZE = env.integer("SITE_LIST_SIZE", 13)
"""Stories on a page of a list: a large one, and full rows of two and of three."""
SITE_INDEXED = env.boolean("SITE_INDEXED", True)
"""False: search engines are asked to leave the whole site alone."""
PREVIEW_HOSTS = [name.lower() for name in env.words("PREVIEW_HOSTS", [])]
"""Names, such as `*.preview.example.org`, by which the site may be looked at, and
must not be found by search engines."""
ROBOTS_DISALLOW = env.words("ROBOTS_DISALLOW", [])
"""More paths that robots.txt asks robots not to fetch."""
ROBOTS_BLOCKED = env.words("ROBOTS_BLOCKED", [])
"""Names of robots that are asked to fetch nothing, such as GPTBot."""
ARTICLE_TYPE = env.text("ARTICLE_TYPE", "Article")
"""What search engines are told that stories are."""
if ARTICLE_TYPE not in ("Article", "NewsArticle", "BlogPosting"):
    raise ImproperlyConfigured(
        f"ARTICLE_TYPE is {ARTICLE_TYPE!r}; choose Article, NewsArticle or BlogPosting."
    )
FEED_CONTENT = env.text("FEED_CONTENT", "full")
"""What feeds hold of each story: `full` or `summary`."""
if FEED_CONTENT not in ("full", "summary"):
    raise ImproperlyConfigured(
        f"FEED_CONTENT is {FEED_CONTENT!r}; choose `full` (whole stories) or `summary`."
    )
PROBE_ORIGIN = env.text("PROBE_ORIGIN", SITE_ORIGIN).rstrip("/")
"""Where the worker looks at a page as an anonymous reader, for the receipt."""
TRUSTED_PROXIES = env.integer("TRUSTED_PROXIES", 0)
"""How many proxies of ours stand before this process and add X-Forwarded-For."""
COUNTRY_HEADER = env.text("COUNTRY_HEADER", "")
"""What our proxy tells the reader's country with, e.g. HTTP_CF_IPCOUNTRY; else none."""
STAFF_COOKIE_NAME = "masthead_desk"
"""The desk gives it to who works there: looking at one's own pages is no view."""
RESPECT_DO_NOT_TRACK = env.boolean("RESPECT_DO_NOT_TRACK", True)
VIEW_RETENTION_DAYS = env.integer("VIEW_RETENTION_DAYS", 90)
"""How long single views are kept. Their sums by the hour and the day stay."""
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", [])

# --- Apps and middleware ------------------------------------------------------

INSTALLED_APPS = [
    *(
        []
        if IS_PUBLIC
        else [
            "cms.desk.DeskConfig",
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
        ]
    ),
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    *(
        []
        if IS_PUBLIC
        else [
            "guardian",
            "django_celery_beat",
            "allauth",
            "allauth.account",
            "allauth.mfa",
            "allauth.usersessions",
            "allauth.socialaccount",
            "allauth.socialaccount.providers.openid_connect",
            "accounts",
            "editorial",
        ]
    ),
    "publishing",
    *([] if IS_PUBLIC else ["engagement"]),
    "cms",
]

MIDDLEWARE = [
    *(
        ["engagement.views.beacon.first_of_all"]
        if SERVES_EVERYTHING or CMS_SERVICE == "engagement"
        else []
    ),
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "cms.middleware.content_security_policy",
    *(
        []
        if IS_PUBLIC
        else [
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "accounts.middleware.Visitors",
            "django.contrib.messages.middleware.MessageMiddleware",
            "allauth.account.middleware.AccountMiddleware",
            "accounts.middleware.AccountPages",
        ]
    ),
    "cms.outages.Outages",
    *(
        ["accounts.simulation.AsSomebodyElse"]
        if SERVES_EVERYTHING or CMS_SERVICE == "editorial"
        else []
    ),
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "cms.urls"
WSGI_APPLICATION = "cms.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [
            *([SITE_THEME / "templates"] if SITE_THEME else []),
            BASE_DIR / "templates",
        ],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "cms.context.site",
                *(
                    []
                    if IS_PUBLIC
                    else [
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                ),
            ],
        },
    }
]

# --- Accounts -----------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
# The address is unique whatever its case: a constraint on lower(email), which
# Django's check does not see.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
AUTHENTICATION_BACKENDS = [
    "accounts.backends.RoleBackend",
    "guardian.backends.ObjectPermissionBackend",
]
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
HASHERS = {
    "bcrypt": "accounts.hashers.BCrypt",
    "argon2": "django.contrib.auth.hashers.Argon2PasswordHasher",
}
PASSWORD_HASHER = env.text("PASSWORD_HASHER", "bcrypt")
if PASSWORD_HASHER not in HASHERS:
    raise ImproperlyConfigured(
        f"PASSWORD_HASHER={PASSWORD_HASHER!r}; choose {' or '.join(HASHERS)}."
    )
# The first is for new passwords; who signs in with another gets theirs rehashed.
PASSWORD_HASHERS = [
    HASHERS.pop(PASSWORD_HASHER),
    *HASHERS.values(),
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
if CMS_SERVICE == "test":  # hashing slowly is not what the tests are about
    PASSWORD_HASHERS.insert(0, "django.contrib.auth.hashers.MD5PasswordHasher")
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
DESK_URL = env.text("DESK_URL", "" if CMS_SERVICE == "engagement" else "/admin/")
"""Where staff land when they sign in. The readers' service does not serve the desk:
tell it where that is."""

STAFF_NEED_MFA = env.boolean("STAFF_NEED_MFA", not EMBEDDED and CMS_SERVICE != "test")
"""No desk and no editorial API for staff without a second factor."""
STAFF_IDLE_SECONDS = env.integer("STAFF_IDLE_SECONDS", 3 * 60 * 60)
STAFF_SESSION_SECONDS = env.integer("STAFF_SESSION_SECONDS", 12 * 60 * 60)
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = env.integer("SESSION_SECONDS", 14 * 24 * 60 * 60)

ACCOUNT_ADAPTER = "accounts.adapters.SignIn"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True  # in the browser that signed up only
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_MAX_LENGTH = 255
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 10 * 60
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS = MFA_RATE_LIMITS = False  # accounts.limits counts exactly
ACCOUNT_FORMS = {
    "login": "accounts.forms.LoginForm",
    "signup": "accounts.forms.SignupForm",
    "add_email": "accounts.forms.AddEmailForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "set_password": "accounts.forms.SetPasswordForm",
    "reset_password": "accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "accounts.forms.ResetPasswordKeyForm",
    "reauthenticate": "accounts.forms.ReauthenticateForm",
}
MFA_ADAPTER = "accounts.second_factor.SecondFactors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    "authenticate": "accounts.forms.AuthenticateForm",
    "reauthenticate": "accounts.forms.ReauthenticateByCodeForm",
    "activate_totp": "accounts.forms.ActivateTOTPForm",
    "add_webauthn": "accounts.forms.AddWebAuthnForm",
}

# Sign-in with the house's own provider (OpenID Connect); off without OIDC_SERVER_URL.
OIDC_SERVER_URL = env.text("OIDC_SERVER_URL", "")
OIDC_NAME = env.text("OIDC_NAME", "your organisation")
OIDC_ROLES_CLAIM = env.text("OIDC_ROLES_CLAIM", "groups")
OIDC_ROLES = env.pairs("OIDC_ROLES")
"""Group to role: OIDC_ROLES=newsroom-editors=editor,newsroom-chiefs=editor_chief"""
OIDC_MAKES_ACCOUNTS = env.boolean("OIDC_MAKES_ACCOUNTS", True)
"""Whether somebody whom only the provider knows gets an account by signing in."""
SOCIALACCOUNT_ADAPTER = "accounts.adapters.Provider"
SOCIALACCOUNT_FORMS = {"signup": "accounts.forms.ProviderSignupForm"}
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_PROVIDERS = {}
if OIDC_SERVER_URL:
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "oidc",
                "name": OIDC_NAME,
                "client_id": env.text("OIDC_CLIENT_ID"),
                "secret": env.text("OIDC_CLIENT_SECRET"),
                "settings": {
                    "server_url": OIDC_SERVER_URL,
                    # An address that the provider verified signs in to the account
                    # that has it. Only for providers who let nobody claim another's.
                    "email_authentication": env.boolean("OIDC_TRUST_EMAIL", False),
                },
            }
        ],
    }

# --- Mail ---------------------------------------------------------------------

MAIL_FOLDER = embedded.var() / "mail" if EMBEDDED else None
"""Where mails are written instead of being sent: in the demo."""
if email_url := env.text("EMAIL_URL", "" if EMBEDDED else "console:"):
    MAIL_FOLDER = None
    globals().update(env.mail(email_url, name="EMAIL_URL"))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(MAIL_FOLDER)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text(
    "MAIL_FROM", f"{SITE_NAME} <no-reply@{urlsplit(SITE_ORIGIN).hostname}>"
)

# --- API ----------------------------------------------------------------------

REST_FRAMEWORK: dict[str, object] = {
    "EXCEPTION_HANDLER": "cms.api.problems.handle",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["cms.api.bodies.StrictJSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "cms.api.views.AlwaysJSON",
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_PAGINATION_CLASS": "cms.api.pagination.CursorPages",
    "DEFAULT_FILTER_BACKENDS": ["cms.api.fields.StrictFilters"],
    "DEFAULT_THROTTLE_CLASSES": ["cms.api.throttles.Throttle"],
    "DEFAULT_SCHEMA_CLASS": "cms.api.schema.Endpoint",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    # The public service knows nobody; its views ask nobody who they are.
    **(
        {
            "DEFAULT_AUTHENTICATION_CLASSES": [],
            "DEFAULT_PERMISSION_CLASSES": [],
            "UNAUTHENTICATED_USER": None,
        }
        if IS_PUBLIC
        else {
            "DEFAULT_AUTHENTICATION_CLASSES": [
                "accounts.entrance.TokenAuthentication",
                "accounts.entrance.SessionAuthentication",
            ],
            "DEFAULT_PERMISSION_CLASSES": ["accounts.entrance.SignedIn"],
        }
    ),
}
CSRF_FAILURE_VIEW = "cms.api.problems.forged"
# Where one machine is everything, all tools of a developer are one network.
ROOM = 25 if EMBEDDED else 1
API_LIMITS = {
    # name: (how often, in how many seconds) for one person, else one network
    "content": (env.integer("API_CONTENT_LIMIT", 6000 * ROOM), 60),
    "api-read": (env.integer("API_READ_LIMIT", 1200 * ROOM), 60),
    "api-write": (env.integer("API_WRITE_LIMIT", 240 * ROOM), 60),
}
"""0 is no limit."""
SPECTACULAR_SETTINGS = {
    "TITLE": f"{SITE_NAME} API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "ArticleKind": ["post", "page"],
        "ChangeOfContent": ["published", "updated", "removed"],
        "ChangeOfMember": "editorial.models.ReleaseItem.Change",
        "ChangedType": ["article", "course", "category", "tag", "author", "media"],
        "HitKind": ["article", "course"],
        "ItemStatus": "editorial.models.Status",
        "ProblemType": "cms.api.problems.TYPES",
        "LessonContentType": "editorial.models.Lesson.ContentType",
        "PublishedLessonType": ["video", "text", "quiz", "interactive"],
        "ReviewStatus": "editorial.models.Review.Status",
        "TaskStatus": "editorial.models.EditorialTask.Status",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "cms.api.schema.finish",
    ],
}

# --- Security -----------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", *env.words("IMAGE_ORIGINS", [])],
        "font-src": ["'self'"],
        "media-src": ["'self'", *env.words("IMAGE_ORIGINS", [])],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "manifest-src": ["'self'"],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"
HTTPS = SITE_ORIGIN.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
if HTTPS:  # no other host of the domain, and no page without TLS, can plant one
    SESSION_COOKIE_NAME = "__Host-sessionid"
SECURE_HSTS_SECONDS = env.integer("SECURE_HSTS_SECONDS", 31_536_000 if HTTPS else 0)
if proxy_header := env.text("SECURE_PROXY_HEADER", ""):
    SECURE_PROXY_SSL_HEADER = (proxy_header, "https")

# --- Redis, cache, Celery -----------------------------------------------------

REDIS_URL = env.text("REDIS_URL", embedded.redis_url() if EMBEDDED else None)
CACHES = {
    "default": {
        "BACKEND": "cms.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "masthead:cache",
        "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 1},
    }
}
# --- The page cache, and caches in front of us (docs/caching.md) ---------------

PAGE_CACHE = env.boolean("PAGE_CACHE", not DEBUG and CMS_SERVICE != "test")
PAGE_CACHE_MEGABYTES = env.integer("PAGE_CACHE_MEGABYTES", 32)
"""Pages kept in the memory of each web process."""
PAGE_CACHE_REDIS_URL = env.text(
    "PAGE_CACHE_REDIS_URL", embedded.page_cache_url() if EMBEDDED else ""
)
"""A database of Redis for nothing else; empty: each process has its own pages only."""
PAGE_CACHE_REDIS_PAGES = env.integer("PAGE_CACHE_REDIS_PAGES", 20_000)
PURGED_CACHES = env.words("PURGED_CACHES", [])
"""Caches in front of us that are told what is out of date: cloudflare, fastly, varnish,
nginx. Those that are not told may keep a page for one second."""
SHARED_CACHE_SECONDS = env.integer("SHARED_CACHE_SECONDS", 60)
"""How long a cache that is told may keep a page: the ceiling if a purge is lost."""
CLOUDFLARE_API_URL = env.text(
    "CLOUDFLARE_API_URL", "https://api.cloudflare.com/client/v4"
)
CLOUDFLARE_ZONE_ID = env.text("CLOUDFLARE_ZONE_ID", "")
CLOUDFLARE_API_TOKEN = env.text("CLOUDFLARE_API_TOKEN", "")
FASTLY_API_URL = env.text("FASTLY_API_URL", "https://api.fastly.com")
FASTLY_SERVICE_ID = env.text("FASTLY_SERVICE_ID", "")
FASTLY_API_TOKEN = env.text("FASTLY_API_TOKEN", "")
VARNISH_URLS = env.words("VARNISH_URLS", [])
NGINX_URLS = env.words("NGINX_URLS", [])
"""Each Varnish or nginx by its own address, as the worker reaches it."""

# --- Celery --------------------------------------------------------------------

CELERY_BROKER_URL = env.text(
    "CELERY_BROKER_URL",
    embedded.broker_url() if not env.text("REDIS_URL", "") and EMBEDDED else REDIS_URL,
)
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_BACKEND = None
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 600
CELERY_TASK_SOFT_TIME_LIMIT = 540
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,  # above the time limit: a task never runs twice
    "global_keyprefix": "masthead:",
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 0.5,  # a dead Redis must not slow a publish,
    "max_retries": 0,  # nor may trying again: the sweeper does
    # Whoever publishes waits half a second for a Redis that hangs; a worker listens.
    "socket_timeout": 5 if CMS_SERVICE == "worker" else 0.5,
    "queue_order_strategy": "priority",
}
CELERY_BROKER_CONNECTION_TIMEOUT = 0.5
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_TIMEZONE = "UTC"

# --- Files --------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
if SITE_THEME and (SITE_THEME / "static").is_dir():
    STATICFILES_DIRS.insert(0, SITE_THEME / "static")
WHITENOISE_USE_FINDERS = DEBUG or CMS_SERVICE == "test"
WHITENOISE_AUTOREFRESH = DEBUG or CMS_SERVICE == "test"
MEDIA_URL = env.text("MEDIA_URL", "/media/")
MEDIA_ROOT = Path(env.text("MEDIA_ROOT", str(embedded.var() / "media")))
SERVE_MEDIA = env.boolean("SERVE_MEDIA", EMBEDDED) and MEDIA_URL.startswith("/")
"""In production the web server in front serves MEDIA_ROOT, or the bucket does."""


def _media_storage():
    """`MEDIA_STORAGE_URL` is empty (files under MEDIA_ROOT) or s3://bucket/prefix."""
    url = env.text("MEDIA_STORAGE_URL", "")
    if not url:
        return {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    if not url.startswith("s3://") or not url.removeprefix("s3://"):
        raise ImproperlyConfigured(
            f"MEDIA_STORAGE_URL={url!r}: leave it empty for files under MEDIA_ROOT, "
            "or give s3://bucket/prefix."
        )
    bucket, _, location = url.removeprefix("s3://").partition("/")
    return {
        "BACKEND": "cms.bucket.Bucket",
        "OPTIONS": {
            "bucket_name": bucket,
            "location": location,
            "endpoint_url": env.text("S3_ENDPOINT_URL", "") or None,
        },
    }


STORAGES = {
    "default": _media_storage(),
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or CMS_SERVICE == "test"
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- Language and time --------------------------------------------------------

LANGUAGE_CODE = env.text("SITE_LANGUAGE", "en").lower()
"""Of what is written here, such as `nl` or `pt-br`; the words around it are English."""
if not re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", LANGUAGE_CODE):
    raise ImproperlyConfigured(
        f"SITE_LANGUAGE is {LANGUAGE_CODE!r}; write it as `en`, `nl` or `pt-br`."
    )
TIME_ZONE = env.text("TIME_ZONE", "UTC")
USE_TZ = True
USE_I18N = False
FORMS_URLFIELD_ASSUME_HTTPS = True  # Django 6's default; goes with Django 5.2

# --- The newsroom's house rules -----------------------------------------------

INVITATION_DAYS = env.integer("INVITATION_DAYS", 7)
"""How long the link in an invitation opens."""
AUTHOR_MAY_APPROVE_OWN = env.boolean("AUTHOR_MAY_APPROVE_OWN", False)
CHECKS_THAT_BLOCK = env.words(
    "CHECKS_THAT_BLOCK", ["alt-text", "placeholder", "licence-expired", "link-gone"]
)
"""Findings that stop an approval, a schedule and a publish, until they are gone or
somebody with the right says why it may pass: codes of `editorial.checks`, or "none"."""
if CHECKS_THAT_BLOCK == ["none"]:
    CHECKS_THAT_BLOCK = []
PUBLISH_OBJECTIVE_SECONDS = 0.5
"""p99 from the commit of a publish to an anonymous reader seeing it; the worker
warns about each one that took longer."""
IMPORT_ADDRESS_KEY = env.text("IMPORT_ADDRESS_KEY", SECRET_KEY)
"""Keys the hashes of imported guests' addresses. Keep it when SECRET_KEY changes."""

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
}
