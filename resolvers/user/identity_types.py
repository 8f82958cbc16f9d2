"""The types of sign-in with other providers."""

from typing import Annotated

import strawberry

from resolvers.shared.errors import (
    IdentityTaken,
    InvalidCredentials,
    InvalidInput,
    InvalidToken,
    LastSignInMethod,
    NotFound,
    SignInCodeExpired,
    TryAgain,
)
from resolvers.user.identity import Identity
from resolvers.user.types import Session


@strawberry.type(description="Another provider that one can sign in with.")
class SignInProvider:
    name: str
    title: str = strawberry.field(description="What people call it.")
    login_path: str = strawberry.field(
        description="Where to send the browser, on this server, with ?returnTo= and &codeChallenge=."
    )


_VERIFIER = "What the codeChallenge was made from, if the sign-in was started with one (RFC 7636, S256)."


@strawberry.input
class ExchangeSignInCodeInput:
    code: str = strawberry.field(description="signInCode of the URL that the browser came back to.")
    code_verifier: str | None = strawberry.field(default=None, description=_VERIFIER)


@strawberry.input
class StartIdentityLinkInput:
    provider: str
    return_to: str | None = None
    code_challenge: str | None = strawberry.field(
        default=None, description="Binds what comes back to this client: linkIdentity then wants the codeVerifier."
    )


@strawberry.input
class LinkIdentityInput:
    code: str = strawberry.field(description="linkCode of the URL that the browser came back to.")
    code_verifier: str | None = strawberry.field(default=None, description=_VERIFIER)


@strawberry.input
class RequestIdentityLinkMailInput:
    code: str = strawberry.field(description="linkCode of the URL that the browser came back to.")
    code_verifier: str | None = strawberry.field(default=None, description=_VERIFIER)


@strawberry.input
class ConfirmIdentityLinkInput:
    token: str


@strawberry.input
class UnlinkIdentityInput:
    identity_id: strawberry.ID


@strawberry.type
class StartIdentityLinkSuccess:
    path: str = strawberry.field(description="Where to send the browser, on this server, within two minutes.")


@strawberry.type
class LinkIdentitySuccess:
    identity: Identity


@strawberry.type
class RequestIdentityLinkMailSuccess:
    accepted: bool


@strawberry.type
class ConfirmIdentityLinkSuccess:
    provider: str = strawberry.field(description="The provider that one can sign in with from now on.")


@strawberry.type
class UnlinkIdentitySuccess:
    identity_id: strawberry.ID


ExchangeSignInCodeResult = Annotated[
    Session | SignInCodeExpired | InvalidCredentials | TryAgain, strawberry.union("ExchangeSignInCodeResult")
]
StartIdentityLinkResult = Annotated[
    StartIdentityLinkSuccess | NotFound | InvalidInput | TryAgain, strawberry.union("StartIdentityLinkResult")
]
LinkIdentityResult = Annotated[
    LinkIdentitySuccess | SignInCodeExpired | IdentityTaken | TryAgain, strawberry.union("LinkIdentityResult")
]
RequestIdentityLinkMailResult = Annotated[
    RequestIdentityLinkMailSuccess | SignInCodeExpired | TryAgain,
    strawberry.union("RequestIdentityLinkMailResult"),
]
ConfirmIdentityLinkResult = Annotated[
    ConfirmIdentityLinkSuccess | InvalidToken | IdentityTaken | TryAgain,
    strawberry.union("ConfirmIdentityLinkResult"),
]
UnlinkIdentityResult = Annotated[
    UnlinkIdentitySuccess | NotFound | LastSignInMethod | InvalidInput | TryAgain,
    strawberry.union("UnlinkIdentityResult"),
]
