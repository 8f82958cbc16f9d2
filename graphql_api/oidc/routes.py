"""The routes."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from graphql_api.client_address import client_of
from graphql_api.oidc.callback import callback
from graphql_api.oidc.landing import Stop, stopped
from graphql_api.oidc.login import login
from graphql_api.runtime import Running, Runtime
from infra.errors import StoreUnavailable
from services.identity.start_link import callback_path, login_path
from services.shared.errors import RateLimited
from services.shared.rate_limits import SIGN_IN_ELSEWHERE, is_own, spend

Step = Callable[[Request, Running], Awaitable[Response]]


def routes(runtime: Runtime) -> list[Route]:
    steps: dict[str, Step] = {login_path("{provider}"): login, callback_path("{provider}"): callback}
    return [Route(path, _endpoint(runtime, step), methods=["GET"]) for path, step in steps.items()]


def _endpoint(runtime: Runtime, step: Step) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            if request.path_params["provider"] not in runtime.running.providers:
                raise Stop(404, "NOT_FOUND", "There is no such provider.")
            if request.method != "GET":
                # HEAD comes along with GET; a look ahead must not use a sign-in up.
                raise Stop(405, "METHOD_NOT_ALLOWED", "Use GET.")
            await _count(request, runtime.running)
            return await step(request, runtime.running)
        except RateLimited as error:
            return stopped(request, Stop(429, error.code, error.message, -(-error.retry_after_ms // 1000)))
        except Stop as stop:
            return stopped(request, stop)
        except StoreUnavailable:
            message = "We cannot sign you in at the moment. Try again soon."
            return stopped(request, Stop(503, "UNAVAILABLE", message, 1))

    return endpoint


async def _count(request: Request, running: Running) -> None:
    """Each of them asks the provider something. Errors: RateLimited."""
    client = client_of(request.scope, None, running.infra.settings)
    if not is_own(client.ip):
        await spend(running.infra, SIGN_IN_ELSEWHERE, client.network)
