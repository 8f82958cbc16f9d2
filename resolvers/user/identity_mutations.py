"""Sign in with other providers: finish it, link them, unlink them."""

import strawberry

from models.enums import Role
from resolvers.shared.context import Info
from resolvers.shared.mutation import mutation
from resolvers.shared.node import input_id
from resolvers.shared.permissions import signed_in
from resolvers.user import identity_types as types
from resolvers.user.identity import Identity
from resolvers.user.session_types import to_session
from services.cart.merge_carts import bring_cart
from services.identity.confirm_link import confirm_link
from services.identity.exchange_sign_in_code import exchange_sign_in_code
from services.identity.link_identity import link_identity
from services.identity.request_link_mail import request_link_mail
from services.identity.start_link import start_link
from services.identity.unlink_identity import unlink_identity


@strawberry.type
class IdentityMutation:
    @mutation(description="Finish a sign-in with another provider: exchange its code, once, for a session.")
    async def exchange_sign_in_code(
        self, info: Info, input: types.ExchangeSignInCodeInput
    ) -> types.ExchangeSignInCodeResult:
        context = info.context
        in_cookies = context.cookies.are_wanted()
        session = await exchange_sign_in_code(
            context.infra, context.tokens, code=input.code, verifier=input.code_verifier, client=context.client
        )
        await bring_cart(context.infra, session.user.id, context.cart_token)
        return to_session(info, session, in_cookies=in_cookies)

    @mutation(Role.CUSTOMER, description="Begin to link another provider to one's account.")
    async def start_identity_link(
        self, info: Info, input: types.StartIdentityLinkInput
    ) -> types.StartIdentityLinkResult:
        path = await start_link(
            info.context.infra,
            signed_in(info).user_id,
            provider=input.provider,
            return_to=input.return_to,
            challenge=input.code_challenge,
        )
        return types.StartIdentityLinkSuccess(path=path)

    @mutation(
        Role.CUSTOMER,
        description="Link the identity that the browser came back with: one started it while signed in, or has "
        "signed in to the account that has its e-mail address.",
    )
    async def link_identity(self, info: Info, input: types.LinkIdentityInput) -> types.LinkIdentityResult:
        context = info.context
        row = await link_identity(
            context.infra,
            signed_in(info).user_id,
            code=input.code,
            verifier=input.code_verifier,
            client=context.client,
        )
        return types.LinkIdentitySuccess(identity=Identity.of(row, context.infra))

    @mutation(description="Link by a mail to the account's address instead, for who does not know its password.")
    async def request_identity_link_mail(
        self, info: Info, input: types.RequestIdentityLinkMailInput
    ) -> types.RequestIdentityLinkMailResult:
        await request_link_mail(info.context.infra, code=input.code, verifier=input.code_verifier)
        return types.RequestIdentityLinkMailSuccess(accepted=True)

    @mutation(description="Link an identity by the token that was mailed; then one can sign in with its provider.")
    async def confirm_identity_link(
        self, info: Info, input: types.ConfirmIdentityLinkInput
    ) -> types.ConfirmIdentityLinkResult:
        context = info.context
        provider = await confirm_link(context.infra, token=input.token, client=context.client)
        return types.ConfirmIdentityLinkSuccess(provider=provider)

    @mutation(Role.CUSTOMER, description="Unlink an identity, unless it is the last way to sign in.")
    async def unlink_identity(self, info: Info, input: types.UnlinkIdentityInput) -> types.UnlinkIdentityResult:
        context = info.context
        identity_id = input_id(input.identity_id, "Identity", "identityId")
        await unlink_identity(context.infra, signed_in(info).user_id, identity_id, context.client)
        return types.UnlinkIdentitySuccess(identity_id=input.identity_id)
