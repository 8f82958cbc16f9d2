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
from resolvers.user.types import User


@strawberry.input
class RequestEmailVerificationInput:
    locale: str | None = strawberry.field(
        default=None, description="The mail's language; the profile's if left out."
    )


@strawberry.input
class VerifyEmailInput:
    token: str


@strawberry.input
class ChangeEmailInput:
    new_email: str
    password: str


@strawberry.input
class ChangePasswordInput:
    old_password: str
    new_password: str


@strawberry.input
class RequestPasswordResetInput:
    email: str


@strawberry.input
class ResetPasswordInput:
    token: str
    new_password: str


@strawberry.input
class CloseAccountInput:
    password: str


@strawberry.input(description="What is left out stays as it is.")
class UpdateProfileInput:
    display_name: str | None = None
    locale: str | None = strawberry.field(default=None, description="A BCP 47 language tag such as en or zh-Hans.")


@strawberry.input
class ExportMyDataInput:
    pretty: bool = strawberry.field(default=False, description="Indented, for people to read.")


@strawberry.type
class RequestEmailVerificationSuccess:
    email: str = strawberry.field(description="Where the mail goes.")


@strawberry.type
class VerifyEmailSuccess:
    email: str = strawberry.field(description="The account's address, confirmed.")


@strawberry.type
class ChangeEmailSuccess:
    new_email: str = strawberry.field(description="Takes effect when the mail that goes there is answered.")


@strawberry.type
class ChangePasswordSuccess:
    changed_at: datetime


@strawberry.type(description="Says nothing about whether there is such an account.")
class RequestPasswordResetSuccess:
    accepted: bool


@strawberry.type
class ResetPasswordSuccess:
    reset: bool


@strawberry.type
class CloseAccountSuccess:
    closed_at: datetime


@strawberry.type
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
