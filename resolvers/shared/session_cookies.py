"""What a resolver has to do with cookies: take the refresh token from them, keep a session in them, clear them."""

from dataclasses import dataclass

from resolvers.shared.failures import RequestError
from services.session.token_pair import TokenPair


@dataclass(slots=True)
class SessionCookies:
    """One a request; the transport reads it before, and turns it into Set-Cookie headers after.

    ``asked``: the client wants a new session in cookies. ``present``: its session is in cookies already.
    ``problem``: why the browser would not keep a new one, if it would not.
    """

    asked: bool = False
    present: bool = False
    refresh_token: str | None = None
    problem: str | None = None
    kept: TokenPair | None = None
    cleared: bool = False

    def are_wanted(self) -> bool:
        """Returns whether the new session goes into cookies; to be asked before there is one.

        Errors: COOKIE_DROPPED, as the client would be signed in and not know why it is not.
        """
        if self.asked and self.problem is not None:
            raise RequestError("COOKIE_DROPPED", self.problem)
        return self.asked

    @property
    def is_untouched(self) -> bool:
        """Nothing is to be sent."""
        return self.kept is None and not self.cleared

    def keep(self, tokens: TokenPair) -> None:
        self.kept, self.cleared = tokens, False

    def clear(self) -> None:
        """Clear the cookies after the end of the session in them, if there was one."""
        self.kept, self.cleared = None, self.present
