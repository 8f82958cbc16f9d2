import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from models.enums import Role
from models.user import User
from services.user.tokens import AccessTokens, InvalidToken

USER = User(
    id=UUID(int=7), email="ada@example.com", display_name="Ada", password_hash="", roles=["CUSTOMER", "STAFF"]
)
KEY = ECKey.generate_key("P-256")
KEY.ensure_kid()


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2030, 1, 1, 12, 0, 0, 250_000, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(clock: Clock) -> AccessTokens:
    return AccessTokens(KEY, ttl=600, clock=clock, cache_size=2)


def _claims(**changes: object) -> dict[str, Any]:
    now = int(Clock().now.timestamp())
    claims = {
        "iss": "rushcart",
        "aud": "rushcart-api",
        "sub": str(USER.id),
        "roles": ["CUSTOMER"],
        "iat": now,
        "exp": now + 60,
        "jti": "1",
    }
    return {name: value for name, value in {**claims, **changes}.items() if value is not None}


def _sign(claims: dict[str, Any], key: ECKey = KEY, **header: object) -> str:
    return jwt.encode(
        {"alg": "ES256", "typ": "at+jwt", "kid": KEY.kid, **header}, claims, key, algorithms=["ES256"]
    )


def _part(value: object) -> str:
    return urlsafe_b64encode(orjson.dumps(value)).rstrip(b"=").decode()


def test_a_token_tells_who_and_until_when(tokens: AccessTokens, clock: Clock) -> None:
    issued = tokens.issue(USER)
    assert issued.expires_at == datetime(2030, 1, 1, 12, 10, 1, tzinfo=UTC)
    header, claims, _ = issued.token.split(".")
    assert orjson.loads(urlsafe_b64decode(header + "==")) == {"alg": "ES256", "typ": "at+jwt", "kid": KEY.kid}
    assert "email" not in orjson.loads(urlsafe_b64decode(claims + "=="))
    viewer = tokens.verify(issued.token)
    assert (viewer.user_id, viewer.roles) == (USER.id, frozenset({Role.CUSTOMER, Role.STAFF}))
    assert viewer.expires_at == issued.expires_at
    assert viewer.is_staff
    assert [viewer.has(role) for role in Role] == [True, True, False]


def test_two_tokens_differ(tokens: AccessTokens) -> None:
    assert tokens.issue(USER).token != tokens.issue(USER).token


@pytest.mark.parametrize("seen_before", [True, False])
def test_a_token_ends_with_its_time(tokens: AccessTokens, clock: Clock, seen_before: bool) -> None:
    issued = tokens.issue(USER)
    if seen_before:
        tokens.verify(issued.token)
    clock.now = issued.expires_at - timedelta(microseconds=1)
    tokens.verify(issued.token)
    clock.now = issued.expires_at
    with pytest.raises(InvalidToken):
        tokens.verify(issued.token)


def test_only_verified_tokens_are_kept_and_not_too_many(tokens: AccessTokens) -> None:
    issued = [tokens.issue(USER).token for _ in range(5)]
    for token in issued:
        tokens.verify(token)
    with pytest.raises(InvalidToken):
        tokens.verify(_sign(_claims(), ECKey.generate_key("P-256")))
    assert list(tokens._verified) == issued[-2:]


def test_a_hand_made_token_is_as_good_as_an_issued_one(tokens: AccessTokens) -> None:
    assert tokens.verify(_sign(_claims())).roles == {Role.CUSTOMER}


def _forgeries() -> dict[str, str]:
    good = _sign(_claims())
    header, claims, signature = good.split(".")
    # The public key as an HMAC secret: what a verifier that trusts the header's alg would accept.
    hs256 = f"{_part({'alg': 'HS256', 'typ': 'at+jwt', 'kid': KEY.kid})}.{claims}"
    mac = hmac.digest(KEY.as_pem(private=False), hs256.encode(), "sha256")
    return {
        "alg none": f"{_part({'alg': 'none', 'typ': 'at+jwt', 'kid': KEY.kid})}.{claims}.",
        "alg none, signed": f"{_part({'alg': 'none', 'typ': 'at+jwt', 'kid': KEY.kid})}.{claims}.{signature}",
        "hmac with the public key": f"{hs256}.{urlsafe_b64encode(mac).rstrip(b'=').decode()}",
        "another key": _sign(_claims(), ECKey.generate_key("P-256")),
        "another kid": _sign(_claims(), kid="other"),
        "another type": _sign(_claims(), typ="JWT"),
        "no signature": f"{header}.{claims}.",
        "changed claims": f"{header}.{_part(_claims(roles=['ADMIN']))}.{signature}",
        "expired": _sign(_claims(exp=1)),
        "no expiry": _sign(_claims(exp=None)),
        "expiry is text": _sign(_claims(exp="tomorrow")),
        "expiry is never": _sign(_claims(exp=10**30)),
        "wrong audience": _sign(_claims(aud="other")),
        "no audience": _sign(_claims(aud=None)),
        "wrong issuer": _sign(_claims(iss="other")),
        "issued in the future": _sign(_claims(iat=10**10)),
        "no subject": _sign(_claims(sub=None)),
        "subject is no id": _sign(_claims(sub="ada")),
        "unknown role": _sign(_claims(roles=["ROOT"])),
        "no roles": _sign(_claims(roles=None)),
        "empty": "",
        "two parts": f"{header}.{claims}",
        "not ascii": "é.é.é",
        "huge": "a" * 1_000_000,
    }


@pytest.mark.parametrize("forgery", _forgeries().items(), ids=lambda item: item[0])
def test_a_forgery_is_refused(tokens: AccessTokens, forgery: tuple[str, str]) -> None:
    with pytest.raises(InvalidToken, match=r"^The access token (is not valid|has expired)\.$"):
        tokens.verify(forgery[1])
    assert not tokens._verified
