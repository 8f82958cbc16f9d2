"""The Starlette app."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from graphql_api import forward_auth, graphiql, health, instances, job_files, jwks, media, metrics
from graphql_api.areas import AREAS
from graphql_api.at_once import AtOnce
from graphql_api.forward_auth import ForwardAuth
from graphql_api.graphiql import DemoAccount
from graphql_api.graphql_view import GraphQLView, RenderPage
from graphql_api.oidc import routes as oidc
from graphql_api.payments import sandbox_page, stripe_page, webhooks
from graphql_api.persisted_documents import PersistedDocuments
from graphql_api.request_context import RequestContext
from graphql_api.runtime import Runtime
from graphql_api.schema import build_schema
from graphql_api.subscriptions.sockets import SocketView
from infra.runtime import Infra
from settings import Settings

_PATH = "/graphql"
# What front ends send beyond the headers that browsers always allow.
_CORS_HEADERS = [
    "Authorization",
    "Content-Type",
    "X-Request-Id",
    # Of tracing, in the browser's own hands: OpenTelemetry, Sentry.
    "Traceparent",
    "Tracestate",
    "Baggage",
    "Sentry-Trace",
    # Of Apollo Client, when it is told what it is.
    "Apollographql-Client-Name",
    "Apollographql-Client-Version",
    "X-Requested-With",
    "X-Session-Mode",
    "X-Cart-Token",
    "GraphQL-Require-Preflight",
    "Apollo-Require-Preflight",
    "GraphQL-Cost",
]


def build_app(infra: Infra, *, accounts: Sequence[DemoAccount] = (), area: str | None = None) -> Starlette:
    """Make an app on stores that are open already (tests, the embedded mode).

    ``accounts`` are offered in GraphiQL's sign-in, to whoever opens it. ``area``: serve it alone. The app's
    lifespan is for whoever serves it to enter: without, it hears of no other process's revocations.
    """
    runtime = Runtime()
    runtime.start(infra)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with runtime.keeping_up():
            yield

    return _assemble(runtime, lifespan, infra.settings, accounts, area)


def _assemble(
    runtime: Runtime,
    lifespan: Callable[[Starlette], AbstractAsyncContextManager[None]],
    settings: Settings,
    accounts: Sequence[DemoAccount],
    area: str | None,
) -> Starlette:
    # Nobody could run anything in it that is not on the list.
    has_page = settings.graphiql and not settings.persisted_only and area is None
    page: RenderPage | None = partial(graphiql.render_page, accounts=accounts) if has_page else None
    views = _views(runtime, settings, page, area)
    routes: list[BaseRoute] = [
        *(Route(path, own["http"]) for path, own in views.items()),
        *health.routes(runtime, settings),
        metrics.route(settings),
    ]
    if area is None:
        routes += _others(runtime, settings)
    if has_page:
        routes += [Route("/", lambda _request: RedirectResponse(_PATH)), *graphiql.routes()]
    return _App(
        views,
        RequestContext(ForwardAuth(runtime), settings),
        [Middleware(RequestContext, settings=settings), *_cors(settings)],
        AtOnce(
            {path: own for path, by_type in views.items() if isinstance(own := by_type["http"], GraphQLView)},
            settings,
        ),
        routes=routes,
        lifespan=lifespan,
        exception_handlers={HTTPException: _http_error},
    )


def _views(
    runtime: Runtime, settings: Settings, page: RenderPage | None, area: str | None
) -> dict[str, Mapping[str, ASGIApp]]:
    """Returns the views of each path, by the type of scope: of the whole schema and of its areas; of one alone
    where it has processes of its own."""
    whole = build_schema(introspection=settings.introspection, federation=settings.federation)
    parts = {name: whole.within(served) for name, served in AREAS.items() if area in (None, name)}
    schemas = {_PATH: whole if area is None else parts[area]}
    schemas |= {f"{_PATH}/{name}": part for name, part in parts.items()}
    documents = PersistedDocuments(whole.documents, runtime)
    return {
        path: {
            "http": GraphQLView(schema, runtime, documents, page if schema.is_whole else None),
            "websocket": SocketView(schema, runtime, documents),
        }
        for path, schema in schemas.items()
    }


def _others(runtime: Runtime, settings: Settings) -> list[BaseRoute]:
    """Returns the routes of what is beside GraphQL."""
    return [
        *instances.routes(settings),
        jwks.route(runtime),
        media.route(runtime),
        job_files.route(runtime),
        webhooks.route(runtime),
        sandbox_page.route(runtime),
        *stripe_page.routes(runtime),
        *oidc.routes(runtime),
    ]


class _App(Starlette):
    """Takes requests to GraphQL's endpoints past Starlette's routing and error handlers, which it has no use for.

    They pass the same middleware, of which RequestContext answers what nobody expected. What a gateway asks passes
    that one alone: CORS would say 200 to any preflight.
    """

    def __init__(
        self,
        views: Mapping[str, Mapping[str, ASGIApp]],
        for_gateways: ASGIApp,
        middleware: Sequence[Middleware],
        at_once: AtOnce,
        **options: Any,
    ) -> None:
        """``views`` are those of each endpoint's path, by the type of scope. ``at_once`` is for the server."""
        super().__init__(middleware=middleware, **options)
        # A redirect would lead to whatever the Host header says.
        self.router.redirect_slashes = False
        self._routes = {route.path: route for route in self.routes if isinstance(route, Route)}
        self._views = {
            path: {type_: _wrapped(view, middleware) for type_, view in own.items()} for path, own in views.items()
        }
        self._for_gateways = for_gateways
        self.at_once = at_once

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and (views := self._views.get(scope["path"])):
            scope["app"], scope["route"] = self, self._routes[scope["path"]]
            await views[scope["type"]](scope, receive, send)
        elif scope["type"] == "http" and forward_auth.is_asked(scope):
            await self._for_gateways(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def _wrapped(view: ASGIApp, middleware: Sequence[Middleware]) -> ASGIApp:
    for layer, args, kwargs in reversed(middleware):
        view = layer(view, *args, **kwargs)
    return view


def _cors(settings: Settings) -> list[Middleware]:
    """Only where a front end on another host is named. Cookies go to named origins, never to all."""
    if not settings.cors_origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST"],
            allow_headers=_CORS_HEADERS,
            expose_headers=["Date", "X-Request-Id", "Retry-After"],
            allow_credentials=settings.sign_in.session_cookies and "*" not in settings.cors_origins,
            max_age=600,
        )
    ]


async def _http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = error.detail.upper().replace(" ", "_")
    content = {"errors": [{"message": error.detail, "extensions": {"code": code}}]}
    return JSONResponse(content, error.status_code, headers=error.headers)
