"""What one can sign in with, besides a password."""

import strawberry

from resolvers.shared.context import Info
from resolvers.shared.fields import field
from resolvers.user.identity_types import SignInProvider
from services.identity.link_identity import provider_title
from services.identity.start_link import login_path


@strawberry.type
class IdentityQuery:
    @field(description="The other providers that one can sign in with.")
    def sign_in_providers(self, info: Info) -> list[SignInProvider]:
        infra = info.context.infra
        return [
            SignInProvider(name=name, title=provider_title(infra, name), login_path=login_path(name))
            for name in infra.settings.sign_in.oidc_providers
        ]
