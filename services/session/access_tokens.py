"""Access tokens: JWTs (RFC 9068, ``at+jwt``) signed with ES256, and a cache of the verified ones.

``sid`` is the session they belong to. ``iat`` has milliseconds, which a NumericDate may (RFC 7519, section 2):
what a user was given before a revocation is told from what came right after it.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any
from uuid import UUID

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import ECKey, GuestProtocol

from infra.clock import Clock, to_millis, utc_now
from infra.ids import new_id
from infra.signing_keys import SigningKeys
from models.enums import Role, Scope
from models.user import User
from services.shared.viewer import Viewer
from settings import Settings

ISSUER = "rushcart"
AUDIENCE = "rushcart-api"
_ALGORITHMS = ["ES256"]
_TYPE = "at+jwt"
_MAX_LENGTH = 4096
# Of the clocks of two servers, one of which issues what the other verifies.
_CLOCK_SKEW = 5


class InvalidToken(Exception):
    """The token is not one of ours, or not any more; the message is for the client."""


class ExpiredToken(InvalidToken):
    """One of ours, and not any more."""

    def __init__(self) -> None:
        super().__init__("The access token has expired.")


@dataclass(frozen=True, slots=True)
class IssuedToken:
    token: str
    expires_at: datetime


class AccessTokens:
    """Issues and verifies. One a process: verification costs 0.1 ms the first time, then a dictionary look-up."""

    def __init__(self, keys: SigningKeys, *, ttl: float, clock: Clock = utc_now, cache_size: int = 16_384) -> None:
        self.keys = keys
        self._ttl = timedelta(seconds=ttl)
        self._now = clock
        self._verified: OrderedDict[str, Viewer] = OrderedDict()
        self._verified_by = keys.generation
        self._cache_size = cache_size

    @classmethod
    def from_settings(cls, settings: Settings, clock: Clock = utc_now) -> "AccessTokens":
        """Errors: BadSigningKey."""
        return cls(SigningKeys.from_settings(settings), ttl=settings.sign_in.access_token_ttl, clock=clock)

    def issue(self, user: User, session_id: UUID | None = None) -> IssuedToken:
        """Issue an access token.

        Without a session it is of one that nothing can refresh or list, as load generators need.
        """
        now = self._now()
        expires = ceil((now + self._ttl).timestamp())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(user.id),
            "sid": str(session_id or new_id()),
            "roles": list(user.roles),
            "iat": to_millis(now) / 1000,
            "exp": expires,
            "jti": new_id().hex,
        }
        if user.email_verified_at is not None:
            claims["email_verified"] = True  # as OpenID Connect calls it
        if user.group_ids:
            claims["groups"] = user.group_ids
        if user.person_id not in (None, user.id):
            claims["person"] = user.person_id.hex
        if user.scopes:
            claims["scopes"] = list(user.scopes)
        signing = self.keys.current(now)
        header = {"alg": "ES256", "typ": _TYPE, "kid": signing.kid}
        token = jwt.encode(header, claims, signing.key, algorithms=_ALGORITHMS)
        return IssuedToken(token, datetime.fromtimestamp(expires, UTC))

    def verify(self, token: str) -> Viewer:
        """Returns who the token speaks for. Errors: InvalidToken."""
        if self._verified_by != self.keys.generation:
            self._verified.clear()  # one of the keys may be gone
            self._verified_by = self.keys.generation
        viewer = self._verified.get(token)
        if viewer is None:
            viewer = self._verify(token)
            self._verified[token] = viewer
            if len(self._verified) > self._cache_size:
                self._verified.popitem(last=False)
        elif viewer.expires_at <= self._now():
            self._verified.pop(token, None)
            raise ExpiredToken
        else:
            self._verified.move_to_end(token)
        return viewer

    def _verify(self, token: str) -> Viewer:
        if len(token) > _MAX_LENGTH:
            raise InvalidToken("The access token is not valid.")
        try:
            decoded = jwt.decode(token, self._key_of, algorithms=_ALGORITHMS)
            if decoded.header.get("typ") != _TYPE:
                raise InvalidToken("The access token is not valid.")
            return self._to_viewer(decoded.claims)
        except ExpiredTokenError as error:
            raise ExpiredToken from error
        except (JoseError, ValueError, TypeError, KeyError, OverflowError) as error:
            raise InvalidToken("The access token is not valid.") from error

    def _key_of(self, token: GuestProtocol) -> ECKey:
        key = self.keys.get(token.headers().get("kid"))
        if key is None:
            raise InvalidToken("The access token is not valid.")
        return key

    def _to_viewer(self, claims: dict[str, Any]) -> Viewer:
        now = self._now()
        jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=_CLOCK_SKEW,
            iss={"essential": True, "value": ISSUER},
            aud={"essential": True, "value": AUDIENCE},
            sub={"essential": True},
            sid={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            jti={"essential": True},
        ).validate(claims)
        expires_at = datetime.fromtimestamp(claims["exp"], UTC)
        if expires_at <= now:
            raise ExpiredToken
        roles = frozenset(Role(role) for role in claims["roles"])
        # One of a newer release lets do what this one knows of.
        scopes = frozenset(Scope(name) for name in claims.get("scopes", ()) if name in Scope.__members__)
        person = claims.get("person")
        return Viewer(
            UUID(claims["sub"]),
            roles,
            expires_at,
            UUID(claims["sid"]),
            float(claims["iat"]),
            scopes,
            person_id=None if person is None else UUID(person),
            email_confirmed=claims.get("email_verified") is True,
            groups=frozenset(claims.get("groups", ())),
        )
