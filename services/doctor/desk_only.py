"""What only a desk may have: with it, a shop that faces the internet loses orders, or shows too much."""

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from services.doctor.finding import Finding, Level
from settings import Settings
from settings.errors import BadSetting

PRODUCTION: Final = "production"
_AREA: Final = "settings"
_SANDBOX: Final = "the sandbox takes payments, and no money"


def desk_only(settings: Settings) -> Iterator[Finding]:
    """Yields each as a finding: wrong in a shop whose profile is production."""
    strict = settings.profile == PRODUCTION
    for what, mend in (*_stores(settings), *_commerce(settings), *_edge(settings)):
        level = Level.WRONG if strict or what == _SANDBOX else Level.DOUBTFUL
        yield Finding(_AREA, level, what, mend)


def require_fit(settings: Settings) -> None:
    """Errors: BadSetting that names everything a shop in production may not have."""
    if settings.profile == PRODUCTION and (found := list(desk_only(settings))):
        lines = (f"  {one.what}. {one.mend}" for one in found)
        raise BadSetting("\n".join(("RUSHCART_PROFILE is production, and this is not fit for it:", *lines)))


def _stores(settings: Settings) -> Iterator[tuple[str, str]]:
    if settings.database_url is None:
        yield "the database is SQLite", "Set RUSHCART_DATABASE_URL."
    if settings.redis_is_embedded:
        yield "Redis is the embedded Valkey", "Set RUSHCART_REDIS_URL."
    if settings.kafka_bootstrap_servers is None:
        yield "the event log is in Redis", "Set RUSHCART_KAFKA_BOOTSTRAP_SERVERS."


def _commerce(settings: Settings) -> Iterator[tuple[str, str]]:
    if "sandbox" in settings.ways_to_pay:
        yield _SANDBOX, "Take it out of RUSHCART_PAYMENT_PROVIDERS, unless this shop is for trying."
    if settings.smtp_url is None:
        yield "mails are written to files, and sent to nobody", "Set RUSHCART_SMTP_URL."
    if _is_here(settings.shop.storefront_url):
        yield f"the storefront is {settings.shop.storefront_url}", "Set RUSHCART_STOREFRONT_URL."
    if settings.webhooks_allow_private:
        yield "webhooks may go to private networks", "Unset RUSHCART_WEBHOOKS_ALLOW_PRIVATE."


def _edge(settings: Settings) -> Iterator[tuple[str, str]]:
    if settings.public_url is None:
        yield (
            "links to this server are made of what requests call it",
            "Set RUSHCART_PUBLIC_URL to where browsers reach it.",
        )
    elif not settings.public_url.startswith("https://"):
        yield f"browsers reach this server at {settings.public_url}", "Let RUSHCART_PUBLIC_URL be https."
    if not settings.trusted_proxies:
        yield (
            "no proxy is trusted: behind one, all customers share the limits of one address",
            "Set RUSHCART_TRUSTED_PROXIES to the load balancer's networks.",
        )
    if settings.metrics_token is None:
        yield (
            "anybody who reaches /metrics may read it",
            "Keep it from the outside at the load balancer, or set RUSHCART_METRICS_TOKEN.",
        )
    if settings.sign_in.cookie_secure is False:
        yield "sessions' cookies go over plain HTTP too", "Unset RUSHCART_COOKIE_SECURE."


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
