"""Passes: what lets a customer order in a sale with a waiting room. JWTs signed with ES256, as access tokens are.

``sub`` is the customer, ``sale`` the sale; the type and audience are their own, so that neither is taken for the
other.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, GuestProtocol

from infra.clock import Clock
from infra.signing_keys import SigningKeys
from services.session.access_tokens import ISSUER
from services.waiting_room.ticket import Ticket

TTL: Final = timedelta(minutes=10)
_AUDIENCE: Final = "rushcart-waiting-room"
_TYPE: Final = "pass+jwt"
_ALGORITHMS: Final = ["ES256"]
_MAX_LENGTH: Final = 2048


@dataclass(frozen=True, slots=True)
class Pass:
    text: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Passes:
    keys: SigningKeys
    now: Clock

    def issue(self, ticket: Ticket) -> Pass:
        """Sign a pass for a ticket that is admitted; it can be had again as long as the sale runs."""
        now = self.now()
        expires = int(min(now + TTL, ticket.ends_at + timedelta(seconds=1)).timestamp())
        claims = {
            "iss": ISSUER,
            "aud": _AUDIENCE,
            "sub": ticket.customer_id.hex,
            "sale": ticket.sale_id.hex,
            "exp": expires,
        }
        signing = self.keys.current(now)
        header = {"alg": "ES256", "typ": _TYPE, "kid": signing.kid}
        text = jwt.encode(header, claims, signing.key, algorithms=_ALGORITHMS)
        return Pass(text, datetime.fromtimestamp(expires, UTC))

    def sale_of(self, text: str | None, customer_id: UUID) -> UUID | None:
        """Returns the sale that the pass lets this customer into; None for what is no valid pass of theirs."""
        if not text or len(text) > _MAX_LENGTH:
            return None
        try:
            decoded = jwt.decode(text, self._key_of, algorithms=_ALGORITHMS)
            claims = decoded.claims
            right = (_TYPE, ISSUER, _AUDIENCE, customer_id.hex)
            if (decoded.header.get("typ"), claims["iss"], claims["aud"], claims["sub"]) != right:
                return None
            return UUID(hex=claims["sale"]) if int(claims["exp"]) > self.now().timestamp() else None
        except (JoseError, ValueError, TypeError, KeyError, OverflowError, AttributeError):
            return None

    def _key_of(self, token: GuestProtocol) -> ECKey:
        key = self.keys.get(token.headers().get("kid"))
        if key is None:
            raise ValueError("signed by nobody we know")
        return key
