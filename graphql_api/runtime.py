"""What requests need of the process; empty until the server has started."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import structlog

from graphql_api.oidc_client.providers import Providers
from graphql_api.public_answers import PublicAnswers
from graphql_api.readers import Readers
from graphql_api.session_cookies import CookieJar
from infra.cancellation import cancel_and_wait
from infra.errors import StoreUnavailable
from infra.runtime import Infra
from infra.signing_keys import SigningKeys
from services.audit.write_refusals import write_refusals
from services.document.known_list import KnownList
from services.session.access_tokens import AccessTokens
from services.session.watching_revocations import watching_revocations
from services.shared.watch_changes import watching_changes
from services.token.known_tokens import KnownTokens

log = structlog.get_logger(__name__)

_LOOK_EVERY = 1.0
_READ_LIST_EVERY = 5.0


@dataclass(frozen=True, slots=True)
class Running:
    infra: Infra
    tokens: AccessTokens
    cookies: CookieJar
    providers: Providers
    machines: KnownTokens
    answers: PublicAnswers
    listed: KnownList


class Runtime:
    """Filled by the app's lifespan."""

    def __init__(self, running: Running | None = None) -> None:
        self._running = running
        self.readers = Readers()

    def start(self, infra: Infra) -> None:
        """Errors: BadSigningKey."""
        tokens = AccessTokens.from_settings(infra.settings, infra.now)
        cookies, providers = CookieJar(infra.settings, infra.now), Providers(infra.settings)
        answers = PublicAnswers(infra.hearing, infra.counters)
        self._running = Running(infra, tokens, cookies, providers, KnownTokens(infra), answers, KnownList(infra))

    @property
    def running(self) -> Running:
        if self._running is None:
            raise RuntimeError("the app has not been started: its lifespan was not entered")
        return self._running

    @asynccontextmanager
    async def keeping_up(self) -> AsyncIterator[None]:
        """Hear of what other processes revoke and change, and of new keys, while the block runs."""
        # Before anybody asks; if it cannot be read yet, it is tried again.
        with suppress(StoreUnavailable):
            await self.running.listed.look()
        looking = asyncio.create_task(_look_for_keys(self.running.tokens.keys))
        reading = asyncio.create_task(_read_list(self.running.listed))
        writing = asyncio.create_task(_write_refusals(self.running.infra))
        try:
            async with watching_revocations(self.running.infra), watching_changes(self.running.infra):
                yield
        finally:
            await self.running.answers.close()
            await cancel_and_wait(looking, reading, writing)
            with suppress(StoreUnavailable):
                await write_refusals(self.running.infra, ending=True)


async def _look_for_keys(keys: SigningKeys) -> None:
    while True:
        await asyncio.sleep(_LOOK_EVERY)
        # In a thread: the folder of several servers is on a network.
        await asyncio.to_thread(keys.look)


async def _read_list(listed: KnownList) -> None:
    while True:
        await asyncio.sleep(_READ_LIST_EVERY)
        try:
            await listed.look()
        except StoreUnavailable:
            log.warning("documents.list_not_read")
        except Exception:
            log.exception("documents.unexpected_error")


async def _write_refusals(infra: Infra) -> None:
    while True:
        await asyncio.sleep(_LOOK_EVERY)
        try:
            await write_refusals(infra)
        except StoreUnavailable:
            log.warning("audit.waiting")
        except Exception:
            log.exception("audit.unexpected_error")
