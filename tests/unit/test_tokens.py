import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from infra.signing_keys import SigningKey, SigningKeys
from models.enums import Role
from models.user import User
from services.session.access_tokens import AccessTokens, InvalidToken

USER = User(
    id=UUID(int=7), email="ada@example.com", display_name="Ada", password_hash="", roles=["CUSTOMER", "STAFF"]
)
SESSION = UUID(int=8)
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
    return AccessTokens(SigningKeys.of(KEY), ttl=600, clock=clock, cache_size=2)


def _claims(**changes: object) -> dict[str, Any]:
    now = int(Clock().now.timestamp())
    claims = {
        "iss": "rushcart",
        "aud": "rushcart-api",
        "sub": str(USER.id),
        "sid": str(SESSION),
        "roles": ["CUSTOMER"],
        "iat": now,
        "exp": now + 60,
        "jti": "1",
    }
    return {name: value for name, value in {**claims, **changes}.items() if value is not None}


def _sign(claims: dict[str, Any], key: ECKey = KEY, **header: object) -> str:
    full = {"alg": "ES256", "typ": "at+jwt", "kid": KEY.kid, **header}
    present = {name: value for name, value in full.items() if value is not None}
    return jwt.encode(present, claims, key, algorithms=["ES256"])


def _part(value: object) -> str:
    return urlsafe_b64encode(orjson.dumps(value)).rstrip(b"=").decode()


def test_a_token_tells_who_and_until_when(tokens: AccessTokens, clock: Clock) -> None:
    issued = tokens.issue(USER, SESSION)
    assert issued.expires_at == datetime(2030, 1, 1, 12, 10, 1, tzinfo=UTC)
    header, claims, _ = issued.token.split(".")
    assert orjson.loads(urlsafe_b64decode(header + "==")) == {"alg": "ES256", "typ": "at+jwt", "kid": KEY.kid}
    said = orjson.loads(urlsafe_b64decode(claims + "=="))
    assert len(said.pop("jti")) == 32
    assert said == {
        "iss": "rushcart",
        "aud": "rushcart-api",
        "sub": str(USER.id),
        "sid": str(SESSION),
        "roles": ["CUSTOMER", "STAFF"],
        "iat": issued.expires_at.timestamp() - 600.75,
        "exp": int(issued.expires_at.timestamp()),
    }
    viewer = tokens.verify(issued.token)
    assert (viewer.user_id, viewer.roles) == (USER.id, frozenset({Role.CUSTOMER, Role.STAFF}))
    assert viewer.expires_at == issued.expires_at
    assert (viewer.session_id, viewer.issued_at) == (SESSION, clock.now.timestamp())
    assert [viewer.has(role) for role in Role] == [True, True, True, False]


def test_two_tokens_differ(tokens: AccessTokens) -> None:
    assert tokens.issue(USER, SESSION).token != tokens.issue(USER, SESSION).token


@pytest.mark.parametrize("seen_before", [True, False])
def test_a_token_ends_with_its_time(tokens: AccessTokens, clock: Clock, seen_before: bool) -> None:
    issued = tokens.issue(USER, SESSION)
    if seen_before:
        tokens.verify(issued.token)
    clock.now = issued.expires_at - timedelta(microseconds=1)
    tokens.verify(issued.token)
    clock.now = issued.expires_at
    with pytest.raises(InvalidToken):
        tokens.verify(issued.token)


def test_only_verified_tokens_are_kept_and_not_too_many(tokens: AccessTokens) -> None:
    issued = [tokens.issue(USER, SESSION).token for _ in range(5)]
    for token in issued:
        tokens.verify(token)
    with pytest.raises(InvalidToken):
        tokens.verify(_sign(_claims(), ECKey.generate_key("P-256")))
    assert list(tokens._verified) == issued[-2:]


def test_a_hand_made_token_is_as_good_as_an_issued_one(tokens: AccessTokens) -> None:
    assert tokens.verify(_sign(_claims())).roles == {Role.CUSTOMER}


def _two_keys(clock: Clock) -> tuple[SigningKey, SigningKey]:
    old = SigningKey(KEY, KEY.thumbprint())
    new = ECKey.generate_key("P-256")
    return old, SigningKey(new, new.thumbprint(), int(clock.now.timestamp() * 1000) + 5000)


def _kid(token: str) -> object:
    return orjson.loads(urlsafe_b64decode(token.split(".")[0] + "=="))["kid"]


def test_a_new_key_signs_from_its_time_on_and_old_tokens_live_out_theirs(clock: Clock) -> None:
    old, new = _two_keys(clock)
    tokens = AccessTokens(SigningKeys([old, new]), ttl=600, clock=clock)
    before = tokens.issue(USER, SESSION).token
    clock.now += timedelta(seconds=4.999)
    assert _kid(tokens.issue(USER, SESSION).token) == old.kid
    clock.now += timedelta(seconds=0.001)
    after = tokens.issue(USER, SESSION).token
    assert (_kid(before), _kid(after)) == (old.kid, new.kid)
    for token in (before, after):
        assert tokens.verify(token).user_id == USER.id


def test_a_token_of_a_key_that_is_gone_is_refused_even_when_it_was_seen_before(clock: Clock) -> None:
    old, new = _two_keys(clock)
    keys = SigningKeys([old])
    tokens = AccessTokens(keys, ttl=600, clock=clock)
    token = tokens.issue(USER, SESSION).token
    tokens.verify(token)
    keys._use([new])
    with pytest.raises(InvalidToken):
        tokens.verify(token)


def test_a_server_whose_clock_is_a_little_ahead_is_understood(tokens: AccessTokens, clock: Clock) -> None:
    now = clock.now.timestamp()
    assert tokens.verify(_sign(_claims(iat=now + 4))).issued_at == now + 4
    with pytest.raises(InvalidToken):
        tokens.verify(_sign(_claims(iat=now + 7)))


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
        "kid is a path": _sign(_claims(), kid="../../dev/null"),
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
        "no session": _sign(_claims(sid=None)),
        "session is no id": _sign(_claims(sid="1")),
        "no token id": _sign(_claims(jti=None)),
        "issue is no time": _sign(_claims(iat="now")),
        "no kid": _sign(_claims(), kid=None),
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
