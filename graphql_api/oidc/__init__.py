"""Sign-in with OpenID Connect providers (OIDC Core 1.0, authorization code flow, with PKCE of RFC 7636).

``/auth/oidc/{provider}/login?returnTo=`` sends the browser to the provider, which sends it back to ``callback``,
which sends it to ``returnTo`` with the outcome in the fragment, that no server and no Referer header gets to see:

    signInCode=     exchangeSignInCode takes it for a session; within a minute, once
    signedIn=true   the session is in cookies already (RUSHCART_SESSION_COOKIES)
    linkCode=       linkIdentity takes it, of the user who asked to link
    error=          a stable code; with LINK_REQUIRED there is a linkCode too

No token of ours or of the provider's is ever in a URL.
"""
