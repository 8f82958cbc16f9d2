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
    name: str = strawberry.field(description="What startIdentityLink takes.")
    title: str = strawberry.field(description="What people call it.")
    login_path: str = strawberry.field(
        description="Where to send the browser, on this server, with ?returnTo= and &codeChallenge=."
    )


_VERIFIER = "What the codeChallenge was made from, if the sign-in was started with one (RFC 7636, S256)."


@strawberry.input(description="What the browser came back with from a provider.")
class ExchangeSignInCodeInput:
    code: str = strawberry.field(description="signInCode of the URL that the browser came back to.")
    code_verifier: str | None = strawberry.field(default=None, description=_VERIFIER)


@strawberry.input(description="The provider that one wants to sign in with too.")
class StartIdentityLinkInput:
    provider: str = strawberry.field(description="The name of one of the `signInProviders`.")
    return_to: str | None = strawberry.field(
        default=None, description="Where the browser comes back to; the storefront when left out."
    )
    code_challenge: str | None = strawberry.field(
        default=None, description="Binds what comes back to this client: linkIdentity then wants the codeVerifier."
    )


@strawberry.input(description="What the browser came back with from a provider.")
class LinkIdentityInput:
    code: str = strawberry.field(description="linkCode of the URL that the browser came back to.")
    code_verifier: str | None = strawberry.field(default=None, description=_VERIFIER)


@strawberry.input(description="What the browser came back with from a provider.")
class RequestIdentityLinkMailInput:
    code: str = strawberry.field(description="linkCode of the URL that the browser came back to.")
    code_verifier: str | None = strawberry.field(default=None, description=_VERIFIER)


@strawberry.input(description="What the mail's link has.")
class ConfirmIdentityLinkInput:
    token: str = strawberry.field(description="Of the mail's link; good once.")


@strawberry.input(description="A way to sign in that is to end.")
class UnlinkIdentityInput:
    identity_id: strawberry.ID = strawberry.field(description="One of `me.identities`.")


@strawberry.type(description="The way to the provider.")
class StartIdentityLinkSuccess:
    path: str = strawberry.field(description="Where to send the browser, on this server, within two minutes.")


@strawberry.type(description="One can sign in that way from now on.")
class LinkIdentitySuccess:
    identity: Identity = strawberry.field(description="The account at the provider.")


@strawberry.type(description="A mail with a link is on its way to the account's owner.")
class RequestIdentityLinkMailSuccess:
    accepted: bool = strawberry.field(description="Always true.")


@strawberry.type(description="The account at the provider leads to the account here.")
class ConfirmIdentityLinkSuccess:
    provider: str = strawberry.field(description="The provider that one can sign in with from now on.")


@strawberry.type(description="One cannot sign in that way any more.")
class UnlinkIdentitySuccess:
    identity_id: strawberry.ID = strawberry.field(description="The one that is gone.")


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
