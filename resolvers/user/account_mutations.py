"""An account's life, after it was opened."""

import strawberry

from models.enums import Role
from resolvers.shared.context import Info
from resolvers.shared.mutation import mutation
from resolvers.shared.permissions import signed_in
from resolvers.user import account_types as types
from resolvers.user.types import User
from services.account.change_password import change_password
from services.account.close_account import close_account
from services.account.export_data import export_data
from services.account.request_email_change import request_email_change
from services.account.request_email_verification import request_email_verification
from services.account.request_password_reset import request_password_reset
from services.account.reset_password import reset_password
from services.account.update_profile import update_profile
from services.account.verify_email import verify_email


@strawberry.type
class AccountMutation:
    @mutation(Role.GUEST, description="Have a mail sent that confirms one's e-mail address.")
    async def request_email_verification(
        self, info: Info, input: types.RequestEmailVerificationInput | None = None
    ) -> types.RequestEmailVerificationResult:
        locale = None if input is None else input.locale
        email = await request_email_verification(info.context.infra, signed_in(info).user_id, locale=locale)
        return types.RequestEmailVerificationSuccess(email=email)

    @mutation(description="Confirm an e-mail address by the token that was mailed to it.")
    async def verify_email(self, info: Info, input: types.VerifyEmailInput) -> types.VerifyEmailResult:
        return types.VerifyEmailSuccess(
            email=await verify_email(info.context.infra, input.token, client=info.context.client)
        )

    @mutation(Role.CUSTOMER, description="Use another e-mail address once the mail that goes there is answered.")
    async def change_email(self, info: Info, input: types.ChangeEmailInput) -> types.ChangeEmailResult:
        wanted = await request_email_change(
            info.context.infra,
            signed_in(info).user_id,
            new_email=input.new_email,
            password=input.password,
            client=info.context.client,
        )
        return types.ChangeEmailSuccess(new_email=wanted)

    @mutation(Role.CUSTOMER, description="Change one's password; all sessions end, this one too.")
    async def change_password(self, info: Info, input: types.ChangePasswordInput) -> types.ChangePasswordResult:
        changed_at = await change_password(
            info.context.infra,
            signed_in(info).user_id,
            old=input.old_password,
            new=input.new_password,
            client=info.context.client,
        )
        info.context.cookies.clear()
        return types.ChangePasswordSuccess(changed_at=changed_at)

    @mutation(description="Have a mail sent to choose a new password with, if there is such an account.")
    async def request_password_reset(
        self, info: Info, input: types.RequestPasswordResetInput
    ) -> types.RequestPasswordResetResult:
        await request_password_reset(info.context.infra, input.email)
        return types.RequestPasswordResetSuccess(accepted=True)

    @mutation(description="Choose a new password by the token that was mailed; all sessions end.")
    async def reset_password(self, info: Info, input: types.ResetPasswordInput) -> types.ResetPasswordResult:
        await reset_password(
            info.context.infra, token=input.token, new=input.new_password, client=info.context.client
        )
        return types.ResetPasswordSuccess(reset=True)

    @mutation(Role.CUSTOMER, description="Close one's account: personal data is erased, orders are kept.")
    async def close_account(self, info: Info, input: types.CloseAccountInput) -> types.CloseAccountResult:
        closed_at = await close_account(
            info.context.infra, signed_in(info).user_id, password=input.password, client=info.context.client
        )
        info.context.cookies.clear()
        return types.CloseAccountSuccess(closed_at=closed_at)

    @mutation(Role.CUSTOMER, description="Change what one is called, and the language of mails.")
    async def update_profile(self, info: Info, input: types.UpdateProfileInput) -> types.UpdateProfileResult:
        row = await update_profile(
            info.context.infra,
            signed_in(info).user_id,
            display_name=input.display_name,
            locale=input.locale,
        )
        return User.of(row)

    @mutation(Role.GUEST, description="All that is stored about oneself.")
    async def export_my_data(
        self, info: Info, input: types.ExportMyDataInput | None = None
    ) -> types.ExportMyDataResult:
        pretty = input is not None and input.pretty
        return types.ExportMyDataSuccess(
            json=await export_data(info.context.infra, signed_in(info).user_id, pretty=pretty)
        )
