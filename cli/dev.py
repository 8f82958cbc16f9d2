"""``rushcart dev``: the whole shop from one command, on this machine alone."""

import asyncio
import json
import socket
import time
from dataclasses import dataclass
from pathlib import Path

import click
import structlog

from cli.shared.storefront import StorefrontUrl, for_storefront
from graphql_api.app import build_app
from graphql_api.graphiql import DemoAccount
from infra.embedded import own_valkey
from infra.embedded_valkey import EmbeddedValkeyError
from infra.errors import StoreUnavailable
from infra.migrations import MigrationFailed, SchemaMismatch, upgrade
from infra.runtime import Infra, open_infra
from models.flash_sale_document import FlashItemDoc
from resolvers.shared.node import encode_id
from server.background import prepare
from server.http_server import PortInUse, bind, serve_http, url_of
from server.parent import stop_with_make
from server.runtime import fail, run_until_stopped
from services.catalog.reindex_all import reindex_stale
from services.charges.make_installed import require_services
from services.demo.ensure_accounts import DemoAccounts, ensure_accounts, ensure_early_customer, find_user
from services.demo.ensure_catalog import ensure_catalog
from services.demo.ensure_running import ensure_others, ensure_running
from services.doctor.desk_only import require_fit
from services.flash_sale.warm_flash_sales import warm_flash_sales
from services.payment.choose_provider import require_providers
from services.session.access_tokens import AccessTokens
from services.session.open_session import open_session
from services.shared.client import Client
from services.shared.events import ALL_TOPICS
from settings import Settings, get_settings
from tasks.worker import run_scheduler, run_worker

log = structlog.get_logger(__name__)
_ROOT = Path(__file__).parents[1]
_DRAIN = 3.0
_START_PATIENCE = 30.0
_SHOWN_TOKEN_TTL = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Shop:
    """What was seeded, and where it is."""

    url: str
    accounts: DemoAccounts
    item: FlashItemDoc
    token: str


@click.command()
@click.option(
    "--storefront",
    type=StorefrontUrl(),
    help="Where a front end is, e.g. http://localhost:5173: it may call this server, keep its session in cookies, "
    "and links in mails lead there.",
)
def dev(storefront: str | None) -> None:
    """Run API, worker and scheduler in one process; migrate and seed first.

    Without settings it needs nothing: SQLite, a Valkey server and all else under RUSHCART_HOME (.rushcart),
    kept between runs. Ctrl-C stops all of it. RUSHCART_PORT and RUSHCART_HOME let two run side by side.
    """
    settings = get_settings()
    require_fit(settings)
    require_providers(settings)
    require_services(settings)
    # Sessions in cookies for GraphiQL, whose page is of this origin.
    changes: dict[str, object] = {"revocation_ttl": _SHOWN_TOKEN_TTL, "session_cookies": True}
    changes["drain_timeout"] = min(settings.drain_timeout, _DRAIN)
    settings = settings.model_copy(update=changes)
    try:
        listener = bind(settings)
    except PortInUse as error:
        fail(str(error))
    if storefront is not None:
        settings = for_storefront(settings, storefront, url_of(listener))
    try:
        with own_valkey(settings) as found:
            run_until_stopped(found, "dev", lambda stop: _main(found, listener, stop, storefront))
    except (SchemaMismatch, MigrationFailed) as error:
        fail(str(error), 3)
    except EmbeddedValkeyError as error:
        fail(str(error))
    except StoreUnavailable as error:
        fail(f"{error}: rushcart dev needs it to start.")


async def _main(settings: Settings, listener: socket.socket, stop: asyncio.Event, storefront: str | None) -> None:
    await asyncio.to_thread(upgrade, settings)
    watching = asyncio.create_task(stop_with_make(stop))
    async with open_infra(settings) as infra:
        async with open_infra(_patient(settings)) as starting:
            await reindex_stale(starting.database)
            await starting.events.ensure_topics(ALL_TOPICS)
            behind = [asyncio.create_task(work(infra, stop)) for work in (run_worker, run_scheduler)]
            shop = await _seed(starting, settings.public_url or url_of(listener))
        preparing = asyncio.create_task(prepare(infra, stop))
        app = build_app(infra, accounts=_demo(settings, shop))
        serving = asyncio.create_task(serve_http(app, listener, stop, settings))
        _print_how_to_buy(shop, storefront)
        await asyncio.gather(serving, *behind)
        preparing.cancel()
    watching.cancel()


def _patient(settings: Settings) -> Settings:
    """A machine that is busy with the start itself is slow, not down: nobody waits for an answer yet."""
    return settings.model_copy(update={"store_timeout": max(settings.store_timeout, _START_PATIENCE)})


async def _seed(infra: Infra, url: str) -> Shop:
    begun = time.perf_counter()
    accounts = await ensure_accounts(infra)
    products = await ensure_catalog(infra)
    item = await ensure_running(infra)
    await ensure_others(infra, await ensure_early_customer(infra))
    await warm_flash_sales(infra, progress=lambda seen, loaded: log.info("warmed", items=seen, loaded=loaded))
    log.info("seeded", products=products, ms=round((time.perf_counter() - begun) * 1000))
    lasting = infra.settings.model_copy(update={"access_token_ttl": _SHOWN_TOKEN_TTL})
    tokens = AccessTokens.from_settings(lasting, infra.now)
    user = await find_user(infra, accounts.customer)
    shown = await open_session(infra, tokens, user.id, Client(device="rushcart dev"))
    return Shop(url, accounts, item, shown.tokens.access_token)


def _demo(settings: Settings, shop: Shop) -> tuple[DemoAccount, ...]:
    """The demo accounts' passwords stand in GraphiQL, but only where nobody else can open it."""
    if not settings.host.startswith(("127.", "localhost", "::1")):
        return ()
    named = (("Customer", shop.accounts.customer), ("Staff", shop.accounts.staff))
    return tuple(DemoAccount(name, one.email, one.password) for name, one in named)


def _print_how_to_buy(shop: Shop, storefront: str | None) -> None:
    lines = [
        "",
        "Rushcart is ready. Buy something (again and again):",
        "",
        f"  {_curl(shop)}",
        "",
        f"graphql {shop.url}/graphql",
        f"customer {shop.accounts.customer.email} {shop.accounts.customer.password}",
        f"staff {shop.accounts.staff.email} {shop.accounts.staff.password}",
        *([f"storefront {storefront}{_how_to_serve_it()}"] if storefront else []),
    ]
    print("\n".join(lines), flush=True)


def _how_to_serve_it() -> str:
    """Only a clone has the example."""
    return " once you run, beside this: make storefront" if (_ROOT / "examples" / "storefront").is_dir() else ""


def _curl(shop: Shop) -> str:
    """One line for a POSIX shell; the idempotency key is the time, so that each run is an order of its own."""
    item = encode_id("FlashSaleItem", shop.item.id)
    query = (
        "mutation Buy($key: String!) { "
        f'placeFlashOrder(input: {{itemId: "{item}", quantity: 1, idempotencyKey: $key}}) '
        "{ __typename ... on Order { id number status expiresAt total { amount currencyCode } } "
        "... on Error { code message } } }"
    )
    body = json.dumps({"query": query, "variables": {"key": "KEY"}}).replace("KEY", "'$(date +%s%N)'")
    return (
        f"curl -s {shop.url}/graphql -H 'Content-Type: application/json' "
        f"-H 'Authorization: Bearer {shop.token}' -d '{body}'"
    )
