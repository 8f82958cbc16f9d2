"""GraphiQL's page: served whole by ourselves, under a strict policy, with examples that fit the contract."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import GraphQLSchema, OperationDefinitionNode, build_schema, parse, validate
from graphql.execution.values import get_variable_values
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.routing import Route

from graphql_api import graphiql
from graphql_api.request_context import RequestContext
from settings import Settings

EXAMPLES = Path(graphiql.__file__).parent / "build" / "src" / "examples"
CONTRACT = Path(__file__).parents[1] / "contract.graphql"
ASSETS = {
    "editor.worker.js": "text/javascript; charset=utf-8",
    "graphql.worker.js": "text/javascript; charset=utf-8",
    "json.worker.js": "text/javascript; charset=utf-8",
    "graphiql.js": "text/javascript; charset=utf-8",
    "graphiql.css": "text/css; charset=utf-8",
    "NOTICE.txt": "text/plain; charset=utf-8",
}


class Elements(HTMLParser):
    """Every start tag with its attributes, and the text inside of scripts and styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inline = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem:
            self.inline += data

    def the(self, tag: str) -> dict[str, str | None]:
        (found,) = (attributes for name, attributes in self.tags if name == tag)
        return found


def page(**arguments: Any) -> Elements:
    return Elements(bytes(graphiql.render_page(**arguments).body).decode())


@pytest.fixture
def client() -> httpx.AsyncClient:
    app = Starlette(
        routes=[Route("/graphql", graphiql.render_page), *graphiql.routes()],
        middleware=[Middleware(RequestContext, settings=Settings())],
    )
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop")


@pytest.fixture(scope="module")
def contract() -> GraphQLSchema:
    return build_schema(CONTRACT.read_text())


def operations(name: str) -> dict[str, OperationDefinitionNode]:
    document = parse((EXAMPLES / f"{name}.graphql").read_text())
    found = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    return {node.name.value: node for node in found if node.name}


NAMES = ["find", "buy", "pay", "watch"]


@pytest.mark.parametrize("name", NAMES)
def test_examples_fit_the_contract(contract: GraphQLSchema, name: str) -> None:
    assert validate(contract, parse((EXAMPLES / f"{name}.graphql").read_text())) == []
    given = json.loads((EXAMPLES / f"{name}.json").read_text())
    wanted = [one for node in operations(name).values() for one in node.variable_definitions or ()]
    assert {one.variable.name.value for one in wanted} == set(given)
    assert not isinstance(get_variable_values(contract, wanted, given), list)


def test_examples_find_buy_pay_and_watch() -> None:
    assert {path.name for path in EXAMPLES.iterdir()} == {
        f"{name}.{kind}" for name in NAMES for kind in ("graphql", "json")
    }
    # One each: nobody is asked which one to run.
    assert [list(operations(name)) for name in NAMES] == [["FindItem"], ["Buy"], ["Pay"], ["WatchOrder"]]


def test_built_script_has_the_examples_of_the_source() -> None:
    script = (graphiql.STATIC / "graphiql.js").read_text()
    for escaped, character in (("\\u2026", "…"), ("\\u25B6", "▶"), ("\\u25A0", "■"), ("\\`", "`")):
        script = script.replace(escaped, character)
    for path in EXAMPLES.glob("*.graphql"):
        missing = [line for line in path.read_text().splitlines() if line not in script]
        assert missing == [], f"{path.name} has changed: build GraphiQL again"


async def test_page_is_under_a_strict_policy(client: httpx.AsyncClient) -> None:
    answer = await client.get("/graphql")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self' 'unsafe-inline'",
        "worker-src": "'self'",
        "connect-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self' data:",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    assert answer.headers.get_list("x-content-type-options") == ["nosniff"]
    assert answer.headers.get_list("x-frame-options") == ["DENY"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"


def test_page_has_no_inline_script_and_no_other_host() -> None:
    elements = page()
    assert elements.inline == ""
    for _, attributes in elements.tags:
        assert not any(name.startswith("on") for name in attributes)
        for value in (attributes.get("src"), attributes.get("href")):
            assert value is None or value == "data:," or re.match(r"/[^/]", value)


async def test_every_asset_that_the_page_names_is_served(client: httpx.AsyncClient) -> None:
    elements = Elements((await client.get("/graphql")).text)
    named = [attributes.get("src") or attributes.get("href") for _, attributes in elements.tags]
    urls = [url for url in named if url and url.startswith("/")]
    assert [url.partition("?")[0] for url in urls] == [
        "/graphiql-assets/graphiql.css",
        "/graphiql-assets/graphiql.js",
    ]
    for url in urls:
        answer = await client.get(url)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(("name", "media_type"), ASSETS.items())
async def test_asset(client: httpx.AsyncClient, name: str, media_type: str) -> None:
    content = (graphiql.STATIC / name).read_bytes()
    plain = await client.get(f"/graphiql-assets/{name}", headers={"accept-encoding": "identity"})
    zipped = await client.get(f"/graphiql-assets/{name}", headers={"accept-encoding": "gzip"})
    assert (plain.status_code, zipped.status_code) == (200, 200)
    assert plain.content == zipped.content == content
    assert "content-encoding" not in plain.headers
    assert zipped.headers["content-encoding"] == "gzip"
    assert int(zipped.headers["content-length"]) < len(content) / 2
    for answer in (plain, zipped):
        assert answer.headers["content-type"] == media_type
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["vary"] == "Accept-Encoding"
        assert answer.headers["cache-control"] == "no-cache"
    assert plain.headers["etag"] != zipped.headers["etag"]


async def test_asset_is_not_sent_again_to_who_has_it(client: httpx.AsyncClient) -> None:
    first = await client.get("/graphiql-assets/graphiql.css")
    again = await client.get("/graphiql-assets/graphiql.css", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


async def test_head_has_no_body(client: httpx.AsyncClient) -> None:
    answer = await client.head("/graphiql-assets/graphiql.css")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 0


@pytest.mark.parametrize(
    "name",
    ["missing.js", "__init__.py", "..%2F__init__.py", "%2e%2e/__init__.py", ".gitattributes", "%00", ""],
)
async def test_nothing_else_is_served(client: httpx.AsyncClient, name: str) -> None:
    assert (await client.get(f"/graphiql-assets/{name}")).status_code == 404


def test_static_is_complete_and_small() -> None:
    assert set(graphiql.files()) == set(ASSETS)
    assert sum(path.stat().st_size for path in graphiql.files().values()) < 6.5 * 2**20


def loaded_code() -> Iterator[tuple[str, str]]:
    for name, path in graphiql.files().items():
        if name != "NOTICE.txt":
            yield name, path.read_text()


def test_bundle_loads_nothing_from_other_hosts() -> None:
    cdn = re.compile(r"unpkg|jsdelivr|esm\.sh|cdnjs|skypack|googleapis|//cdn\.", re.I)
    load = re.compile(r"""(?:\bimport\s*\(?|importScripts\(|new (?:Shared)?Worker\(|\bfetch\()\s*["'`]https?:""")
    for name, code in loaded_code():
        assert not cdn.search(code), name
        assert not load.search(code), name
        assert "sourceMappingURL" not in code, name


def test_stylesheet_has_its_fonts_and_images_within() -> None:
    style = (graphiql.STATIC / "graphiql.css").read_text()
    urls = re.findall(r"url\(\s*[\"']?([^)]{5})", style)
    assert urls
    assert set(urls) == {"data:"}
    assert "@import" not in style


def test_bundle_runs_without_eval() -> None:
    for name, code in loaded_code():
        assert not re.search(r"\bnew Function\(|(?<![\w.$])eval\(", code), name


def test_page_without_a_demo_has_no_credentials() -> None:
    assert page().the("div") == {"id": "graphiql", "data-endpoint": "/graphql"}


def test_demo_accounts_are_escaped() -> None:
    account = graphiql.DemoAccount("A", '"><script>alert(1)</script>@example.com', "p'\"&<w")
    elements = page(accounts=[account], endpoint="/shop/graphql")
    place = elements.the("div")
    assert place.keys() == {"id", "data-endpoint", "data-accounts"}
    assert place["data-endpoint"] == "/shop/graphql"
    assert json.loads(place["data-accounts"] or "") == [
        {"name": "A", "email": account.email, "password": account.password}
    ]
    assert elements.the("script")["src"] == f"/graphiql-assets/graphiql.js?v={graphiql.version()}"


def test_page_behind_a_prefix_stays_behind_it() -> None:
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/api/graphql",
        "root_path": "/api",
        "query_string": b"",
        "headers": [(b"host", b"shop")],
    }
    elements = page(request=Request(scope))
    assert elements.the("div")["data-endpoint"] == "/api/graphql"
    assert elements.the("script")["src"] == f"/api/graphiql-assets/graphiql.js?v={graphiql.version()}"
