"""Identities are unlinked, but never the last way to sign in; nobody else sees them."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from models import Identity, User
from resolvers.shared.node import encode_id
from tests.e2e.oidc.browser import Browser
from tests.e2e.oidc.certified_provider import CertifiedProvider
from tests.e2e.oidc.operations import LINK, UNLINK, audited, do, link_code, me, session_for
from tests.e2e.shop import Person, Shop
from tests.mailbox import Mailbox
from tests.modes import ONE_MODE
from tests.server import Server

pytestmark = ONE_MODE


@pytest.mark.usefixtures("worker")
async def test_unlinking_leaves_a_way_to_sign_in(
    server: Server, browser: Browser, provider: CertifiedProvider, ada: Person, mailbox: Mailbox
) -> None:
    code = await link_code(browser, provider, "ada-40", ada)
    linked = await do(server, LINK, ada.token, code=code)
    id_ = linked["identity"]["id"]
    eve = await Shop(server).customer("Eve")
    assert (await do(server, UNLINK, eve.token, identityId=id_))["code"] == "NOT_FOUND"
    assert (await do(server, UNLINK, ada.token, identityId=ada.id))["code"] == "INVALID_INPUT"
    done = await do(server, UNLINK, ada.token, identityId=id_)
    assert done == {"__typename": "UnlinkIdentitySuccess", "identityId": id_}
    assert (await do(server, UNLINK, ada.token, identityId=id_))["code"] == "NOT_FOUND"
    assert (await browser.sign_in("ada-40")).outcome["error"] == "LINK_REQUIRED"
    await mailbox.get(ada.email, "You can no longer sign in with Example ID")
    assert await audited(server) == ["identity.linked", "identity.unlinked"]


async def test_the_last_way_to_sign_in_stays(
    server: Server, browser: Browser, provider: CertifiedProvider
) -> None:
    provider.set_account("bob-41", email="bob@example.com", email_verified=True)
    bob = await session_for(server, (await browser.sign_in("bob-41")).outcome)
    [identity] = (await me(server, bob["accessToken"]))["identities"]
    last = await do(server, UNLINK, bob["accessToken"], identityId=identity["id"])
    assert last == {"__typename": "LastSignInMethod", "code": "LAST_SIGN_IN_METHOD"}
    async with server.infra.database.write() as rows:
        user_id = (await rows.scalars(select(User.id))).one()
        moment = datetime(2026, 1, 1, tzinfo=UTC)
        # Of a provider that is configured no more: nobody can sign in by it.
        old = {"provider": "old", "issuer": "https://old.test", "subject": "bob", "created_at": moment}
        rows.add(Identity(id=user_id, user_id=user_id, **old))
    last = await do(server, UNLINK, bob["accessToken"], identityId=identity["id"])
    assert last["code"] == "LAST_SIGN_IN_METHOD"
    gone = await do(server, UNLINK, bob["accessToken"], identityId=encode_id("Identity", user_id))
    assert gone["__typename"] == "UnlinkIdentitySuccess"
    assert [kept["provider"] for kept in (await me(server, bob["accessToken"]))["identities"]] == ["example"]


async def test_identities_are_shown_to_oneself_only(server: Server, ada: Person) -> None:
    shop = Shop(server)
    staff, admin = await shop.staff(), await shop.admin()
    query = "query One($id: ID!) { node(id: $id) { ... on User { identities { id } } } }"
    assert await server.graphql(query, {"id": ada.id}, staff.token) == {"data": {"node": None}}
    answer = await server.graphql(query, {"id": ada.id}, admin.token)
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
