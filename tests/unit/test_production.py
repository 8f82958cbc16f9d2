"""A shop in production does not start with what only a desk may have."""

from ipaddress import ip_network
from typing import Any

import pytest
from pydantic import SecretStr

from services.doctor.check_settings import check_settings
from services.doctor.desk_only import require_fit
from services.doctor.finding import Level
from settings import Settings
from settings.errors import BadSetting

FIT: dict[str, Any] = {
    "profile": "production",
    "database_url": "mysql+asyncmy://a:b@c/d",
    "redis_url": "redis://r:6379/0",
    "kafka_bootstrap_servers": "k:9092",
    "signing_key": SecretStr("x"),
    "smtp_url": "smtp://mail:25",
    "storefront_url": "https://shop.example",
    "public_url": "https://api.shop.example",
    "trusted_proxies": (ip_network("10.0.0.0/8"),),
    "metrics_token": SecretStr("x"),
}
UNFIT: list[tuple[dict[str, Any], str]] = [
    ({"database_url": None}, "the database is SQLite"),
    ({"redis_url": None}, "Redis is the embedded Valkey"),
    ({"kafka_bootstrap_servers": None}, "the event log is in Redis"),
    ({"payment_providers": ("stripe", "sandbox")}, "the sandbox takes payments, and no money"),
    ({"smtp_url": None}, "mails are written to files, and sent to nobody"),
    ({"storefront_url": "http://127.0.0.1:3000"}, "the storefront is http://127.0.0.1:3000"),
    ({"webhooks_allow_private": True}, "webhooks may go to private networks"),
    ({"public_url": None}, "links to this server are made of what requests call it"),
    ({"public_url": "http://api.shop.example"}, "browsers reach this server at http://api.shop.example"),
    ({"trusted_proxies": ()}, "no proxy is trusted"),
    ({"metrics_token": None}, "anybody who reaches /metrics may read it"),
    ({"cookie_secure": False}, "sessions' cookies go over plain HTTP too"),
]


def _settings(**changes: Any) -> Settings:
    return Settings(**FIT).model_copy(update=changes)


def test_what_is_fit_starts() -> None:
    require_fit(_settings())
    assert {one.level for one in check_settings(_settings())} == {Level.GOOD}


@pytest.mark.parametrize(("change", "what"), UNFIT, ids=[what for _, what in UNFIT])
def test_what_is_not_fit_is_named(change: dict[str, Any], what: str) -> None:
    with pytest.raises(BadSetting) as refused:
        require_fit(_settings(**change))
    first, *named = str(refused.value).splitlines()
    assert first == "RUSHCART_PROFILE is production, and this is not fit for it:"
    assert [line.strip().startswith(what) for line in named] == [True]
    found = [one for one in check_settings(_settings(**change)) if one.level == Level.WRONG]
    assert [one.what.startswith(what) for one in found] == [True]
    require_fit(_settings(**change, profile="desk"))


def test_all_of_it_is_named_at_once() -> None:
    with pytest.raises(BadSetting) as refused:
        require_fit(Settings(profile="production"))
    assert len(str(refused.value).splitlines()) == 1 + 9
    require_fit(Settings())


def test_a_doctor_sees_what_a_stack_lacks() -> None:
    found = check_settings(_settings(profile="desk", trusted_proxies=(), public_url=None, metrics_token=None))
    doubtful = [one.mend for one in found if one.level == Level.DOUBTFUL]
    for name in ("RUSHCART_TRUSTED_PROXIES", "RUSHCART_PUBLIC_URL", "RUSHCART_METRICS_TOKEN"):
        assert sum(name in mend for mend in doubtful) == 1


@pytest.mark.parametrize(
    ("host", "redis_url", "embedded"),
    [
        ("127.0.0.1", None, True),
        ("0.0.0.0", None, True),
        ("127.0.0.1", "redis://127.0.0.1:6379/0", True),
        ("::1", "redis://127.0.0.1:6379/0", True),
        ("localhost", "redis://127.0.0.1:6379/0", True),
        ("0.0.0.0", "redis://127.0.0.1:6379/0", False),
        ("::", "redis://127.0.0.1:6379/0", False),
        ("10.0.0.7", "redis://127.0.0.1:6379/0", False),
    ],
)
def test_the_sandbox_is_off_where_others_reach_a_shop_on_a_redis_of_its_own(
    host: str, redis_url: str | None, embedded: bool
) -> None:
    settings = Settings(host=host, redis_url=redis_url)
    assert (settings.embedded, "sandbox" in settings.ways_to_pay) == (embedded, embedded)
    # The Valkey of the home, once it runs.
    assert Settings(host=host).with_redis("redis://127.0.0.1:1/0").embedded
