"""Access tokens as others verify them: by PyJWT, from the published keys alone."""

import asyncio

import jwt
import pytest

from services.session.access_tokens import AUDIENCE, ISSUER
from tests.e2e.shop import Shop
from tests.modes import ONE_MODE
from tests.server import Server

pytestmark = ONE_MODE


async def test_an_independent_library_verifies_tokens_by_the_published_keys(server: Server) -> None:
    ada = await Shop(server).customer()
    keys = jwt.PyJWKClient(f"{server.url}/.well-known/jwks.json")
    key = await asyncio.to_thread(keys.get_signing_key_from_jwt, ada.token)
    claims = jwt.decode(
        ada.token,
        key,
        algorithms=["ES256"],
        audience=AUDIENCE,
        issuer=ISSUER,
        options={"require": ["exp", "iat", "sub", "sid", "jti"]},
    )
    assert claims["roles"] == ["CUSTOMER"]
    assert jwt.get_unverified_header(ada.token)["typ"] == "at+jwt"
    head, body, signature = ada.token.split(".")
    forged = ".".join((head, body, signature[:-4] + ("AAAA" if signature[-4:] != "AAAA" else "BBBB")))
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(forged, key, algorithms=["ES256"], audience=AUDIENCE)
    for published in (await server.http.get("/.well-known/jwks.json")).json()["keys"]:
        assert set(published) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
