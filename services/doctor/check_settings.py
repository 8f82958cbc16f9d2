"""Settings that are right one by one, and not together."""

from collections.abc import Iterator

from services.doctor.finding import Finding, doubtful, good, wrong
from settings import Settings

_AREA = "settings"


def check_settings(settings: Settings) -> Iterator[Finding]:
    """Look at the settings. Of an embedded shop little is asked: it is for trying."""
    yield good(_AREA, "embedded" if settings.embedded else "on a stack")
    if settings.embedded:
        return
    if settings.database_url is None or settings.kafka_bootstrap_servers is None:
        missing = "RUSHCART_DATABASE_URL" if settings.database_url is None else "RUSHCART_KAFKA_BOOTSTRAP_SERVERS"
        yield doubtful(_AREA, f"half embedded: {missing} is not set", f"Set {missing}, or none of both.")
    if settings.signing_key is None:
        yield doubtful(
            _AREA, f"keys that sign tokens are in {settings.home}",
            "If APIs do not share that folder, set RUSHCART_SIGNING_KEY: their tokens are not each other's.",
        )  # fmt: skip
    if "sandbox" in settings.ways_to_pay:
        yield wrong(
            _AREA, "the sandbox takes payments, and no money",
            "Take it out of RUSHCART_PAYMENT_PROVIDERS, unless this shop is for trying.",
        )  # fmt: skip
    if settings.smtp_url is None:
        yield doubtful(_AREA, "mails are written to files, and sent to nobody", "Set RUSHCART_SMTP_URL.")
    if "localhost" in settings.shop.storefront_url or "127.0.0.1" in settings.shop.storefront_url:
        yield doubtful(_AREA, f"the storefront is {settings.shop.storefront_url}", "Set RUSHCART_STOREFRONT_URL.")
    if settings.metrics_token is None:
        yield doubtful(
            _AREA, "anybody who reaches /metrics may read it",
            "Keep it from the outside at the load balancer, or set RUSHCART_METRICS_TOKEN.",
        )  # fmt: skip
