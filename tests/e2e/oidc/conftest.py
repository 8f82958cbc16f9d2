"""A server that is registered with a certified provider, and a browser."""

from collections.abc import AsyncIterator, Iterator

import pytest
from pydantic import SecretStr

from settings import Settings
from settings.sign_in import OidcProvider
from tests.e2e.oidc import bad_provider
from tests.e2e.oidc.browser import FRONT, SHOP, Browser, browsing
from tests.e2e.oidc.certified_provider import CLIENT_ID, CLIENT_SECRET, NAME, CertifiedProvider, certified_provider
from tests.e2e.shop import Person, Shop
from tests.mailbox import Mailbox
from tests.server import Server, serve


@pytest.fixture(scope="session")
def provider() -> Iterator[CertifiedProvider]:
    with certified_provider() as running:
        yield running


@pytest.fixture
def oidc_settings(settings: Settings, provider: CertifiedProvider) -> Settings:
    configured = OidcProvider(
        issuer=provider.issuer, client_id=CLIENT_ID, client_secret=SecretStr(CLIENT_SECRET), title="Example ID"
    )
    return settings.model_copy(
        update={
            "oidc_providers": {NAME: configured},
            "oidc_return_urls": (f"{FRONT}/",),
            "oidc_timeout": 5.0,
            "public_url": SHOP,
        }
    )


@pytest.fixture
async def server(oidc_settings: Settings) -> AsyncIterator[Server]:
    async with serve(oidc_settings) as running:
        yield running


@pytest.fixture
async def browser(server: Server) -> AsyncIterator[Browser]:
    async with browsing(server) as opened:
        yield opened


@pytest.fixture
async def another_browser(server: Server) -> AsyncIterator[Browser]:
    async with browsing(server) as opened:
        yield opened


@pytest.fixture
async def bad() -> AsyncIterator[bad_provider.BadProvider]:
    async with bad_provider.bad_provider() as running:
        yield running


@pytest.fixture
def patience() -> float:
    return 10.0


@pytest.fixture
def bad_settings(settings: Settings, bad: bad_provider.BadProvider, patience: float) -> Settings:
    configured = OidcProvider(
        issuer=bad.issuer, client_id=bad_provider.CLIENT_ID, client_secret=SecretStr(bad_provider.SECRET)
    )
    return settings.model_copy(
        update={
            "oidc_providers": {bad_provider.NAME: configured},
            "oidc_return_urls": (f"{FRONT}/",),
            "oidc_timeout": patience,
            "public_url": SHOP,
        }
    )


@pytest.fixture
async def ada(server: Server) -> Person:
    """An account with a password, whose address nobody has confirmed yet."""
    return await Shop(server).customer("Ada")


@pytest.fixture
async def mailbox(server: Server) -> Mailbox:
    return Mailbox(server.infra.settings.home)
