"""The types of an account's life: its e-mail address, its password, its end, a copy of its data."""

from datetime import datetime
from typing import Annotated

import strawberry

from resolvers.shared.errors import (
    EmailAlreadyVerified,
    EmailTaken,
    InvalidCredentials,
    InvalidInput,
    InvalidToken,
    TryAgain,
)
from resolvers.shared.words import PASSWORD
from resolvers.user.types import User


@strawberry.input(description="In which language to write.")
class RequestEmailVerificationInput:
    locale: str | None = strawberry.field(
        default=None, description="The mail's language; the profile's if left out."
    )


@strawberry.input(description="What the mail's link has.")
class VerifyEmailInput:
    token: str = strawberry.field(description="Of the mail's link; good once.")


@strawberry.input(description="Another address for the account.")
class ChangeEmailInput:
    new_email: str = strawberry.field(description="Where the mail to confirm it goes.")
    password: str = strawberry.field(description="The account's.")


@strawberry.input(description="Another password for the account.")
class ChangePasswordInput:
    old_password: str = strawberry.field(description="The one of now.")
    new_password: str = strawberry.field(description=PASSWORD)


@strawberry.input(description="Whose password is forgotten.")
class RequestPasswordResetInput:
    email: str = strawberry.field(description="The account's.")


@strawberry.input(description="A new password, by the link of a mail.")
class ResetPasswordInput:
    token: str = strawberry.field(description="Of the mail's link; good once.")
    new_password: str = strawberry.field(description=PASSWORD)


@strawberry.input(description="What shows that it is oneself.")
class CloseAccountInput:
    password: str = strawberry.field(description="The account's.")


@strawberry.input(description="What is left out stays as it is.")
class UpdateProfileInput:
    display_name: str | None = strawberry.field(default=None, description="What the shop calls them.")
    locale: str | None = strawberry.field(default=None, description="A BCP 47 language tag such as en or zh-Hans.")


@strawberry.input(description="How to write it.")
class ExportMyDataInput:
    pretty: bool = strawberry.field(default=False, description="Indented, for people to read.")


@strawberry.type(description="A mail with a link is on its way.")
class RequestEmailVerificationSuccess:
    email: str = strawberry.field(description="Where the mail goes.")


@strawberry.type(description="The address is confirmed.")
class VerifyEmailSuccess:
    email: str = strawberry.field(description="The account's address, confirmed.")


@strawberry.type(description="A mail with a link is on its way to the new address.")
class ChangeEmailSuccess:
    new_email: str = strawberry.field(description="Takes effect when the mail that goes there is answered.")


@strawberry.type(description="The password is another, and all sessions have ended.")
class ChangePasswordSuccess:
    changed_at: datetime = strawberry.field(description="When.")


@strawberry.type(description="Says nothing about whether there is such an account.")
class RequestPasswordResetSuccess:
    accepted: bool = strawberry.field(description="Always true.")


@strawberry.type(description="The password is the new one, and all sessions have ended.")
class ResetPasswordSuccess:
    reset: bool = strawberry.field(description="Always true.")


@strawberry.type(description="The account is closed: nobody signs in to it any more.")
class CloseAccountSuccess:
    closed_at: datetime = strawberry.field(description="When.")


@strawberry.type(description="All that the shop has of one.")
class ExportMyDataSuccess:
    json: str = strawberry.field(
        description="Profile, addresses, sessions, identities, orders and security events; times as RFC 3339."
    )


RequestEmailVerificationResult = Annotated[
    RequestEmailVerificationSuccess | EmailAlreadyVerified | InvalidInput | TryAgain,
    strawberry.union("RequestEmailVerificationResult"),
]
VerifyEmailResult = Annotated[
    VerifyEmailSuccess | InvalidToken | EmailTaken | TryAgain, strawberry.union("VerifyEmailResult")
]
ChangeEmailResult = Annotated[
    ChangeEmailSuccess | InvalidCredentials | EmailTaken | InvalidInput | TryAgain,
    strawberry.union("ChangeEmailResult"),
]
ChangePasswordResult = Annotated[
    ChangePasswordSuccess | InvalidCredentials | InvalidInput | TryAgain, strawberry.union("ChangePasswordResult")
]
RequestPasswordResetResult = Annotated[
    RequestPasswordResetSuccess | TryAgain, strawberry.union("RequestPasswordResetResult")
]
ResetPasswordResult = Annotated[
    ResetPasswordSuccess | InvalidToken | InvalidInput | TryAgain, strawberry.union("ResetPasswordResult")
]
CloseAccountResult = Annotated[
    CloseAccountSuccess | InvalidCredentials | TryAgain, strawberry.union("CloseAccountResult")
]
UpdateProfileResult = Annotated[User | InvalidInput | TryAgain, strawberry.union("UpdateProfileResult")]
ExportMyDataResult = Annotated[ExportMyDataSuccess | TryAgain, strawberry.union("ExportMyDataResult")]
