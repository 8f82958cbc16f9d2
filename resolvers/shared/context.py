"""What a resolver knows of its request."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import strawberry

from infra.runtime import Infra
from resolvers.shared.session_cookies import SessionCookies
from services.session.access_tokens import AccessTokens
from services.shared.client import NOWHERE, Client
from services.shared.viewer import NO_GROUPS, Viewer

if TYPE_CHECKING:
    from dataloaders import Loaders


def _new_loaders(infra: Infra, groups: frozenset[str]) -> "Loaders":
    from dataloaders import Loaders

    return Loaders(infra, groups)


@dataclass(slots=True)
class Context:
    """One a request; operations of a batch share it, so it holds no session or transaction.

    ``base_url``: where browsers reach this server; no trailing slash. ``tells_cost``: the client wants to know
    what its operations cost.
    """

    infra: Infra
    tokens: AccessTokens
    viewer: Viewer | None = None
    request_id: str = ""
    trace_id: str = ""
    traceparent: str | None = None
    client: Client = NOWHERE
    cookies: SessionCookies = field(default_factory=SessionCookies)
    cart_token: str | None = None
    base_url: str = ""
    tells_cost: bool = False
    _loaders: "Loaders | None" = field(default=None, init=False, repr=False)

    @property
    def groups(self) -> frozenset[str]:
        """What the viewer is in: who has such sees prices of their own."""
        return NO_GROUPS if self.viewer is None else self.viewer.groups

    @property
    def loaders(self) -> "Loaders":
        """The request's dataloaders, made when first asked for."""
        if self._loaders is None:
            self._loaders = _new_loaders(self.infra, self.groups)
        return self._loaders

    def reset_loaders(self) -> None:
        """Forget what was loaded: the next value of a subscription shows things as they are then."""
        self._loaders = None


Info = strawberry.Info[Context, None]
