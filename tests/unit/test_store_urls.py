"""Addresses of stores: what can be one, and that a refusal never repeats the password in it."""

import pytest
from pydantic import SecretStr, ValidationError

from settings import Settings
from settings.errors import BadSetting
from settings.store_urls import check_database_url, check_redis_url, check_replica_url


@pytest.mark.parametrize(
    "url",
    [
        "mysql+asyncmy://me:pass@localhost:3306/shop",
        "mariadb+asyncmy://me@[::1]/shop?charset=utf8mb4",
        "mysql+asyncmy://me@/shop?unix_socket=/run/mysqld/mysqld.sock",
        "sqlite+aiosqlite:////var/lib/shop.db",
    ],
)
def test_addresses_of_a_database(url: str) -> None:
    assert check_database_url(url) == url
    if url.startswith("sqlite"):
        with pytest.raises(ValueError, match="mysql"):
            check_replica_url(url)
    else:
        assert check_replica_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "redis://localhost",
        "rediss://:pass@redis.test:6380/1",
        "unix:///run/redis.sock?db=0",
        "redis+cluster://a:1,b:2",
        "redis+sentinel://:pass@a:1,b/shop",
        "rediss+sentinel://a/shop/0",
        "rediss+cluster://me:pass@[::1]:6379,b?ssl_ca_certs=x",
    ],
)
def test_addresses_of_a_redis(url: str) -> None:
    assert check_redis_url(url) == url


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("database_url", "hush"),
        ("database_url", "mysql://me:hush@localhost/shop"),
        ("database_url", "mysql+asyncmy://me:hush@localhost"),
        ("database_url", "mysql+asyncmy://me:hush@localhost:99999/shop"),
        ("database_url", "postgresql+asyncpg://me:hush@localhost/shop"),
        ("redis_url", "hush"),
        ("redis_url", "redis://:hush@"),
        ("redis_url", "http://:hush@localhost"),
        ("redis_url", "redis://:hush@localhost:x"),
        ("redis_url", "redis+cluster://:hush@a:1,,b"),
        ("redis_url", "redis+cluster://:hush@a:x"),
        ("redis_url", "redis+cluster://:hush@a:1/1"),
        ("redis_url", "redis+sentinel://:hush@a:1"),
        ("redis_url", "redis+sentinel://:hush@a:1/shop/x"),
    ],
)
def test_what_is_none_is_refused_without_repeating_it(name: str, url: str) -> None:
    with pytest.raises(ValidationError, match=r"must be (mysql|redis)") as caught:
        Settings.model_validate({name: SecretStr(url)})
    assert "hush" not in str(caught.value)


def test_without_a_redis_the_setting_is_named() -> None:
    with pytest.raises(BadSetting, match=r"^RUSHCART_REDIS_URL: "):
        Settings(redis_url=None).redis_dsn  # noqa: B018
