"""What is said of how long an answer may be kept, and to whom."""

from ipaddress import ip_network

from settings import Settings
from tests.integration.catalog.products import create
from tests.integration.public_answers.asking import (
    BY_SLUG,
    GRAPHQL_JSON,
    STOCK,
    counts,
    fresh,
    get,
    post,
    serving,
    token_of,
)
from tests.integration.test_changes import rename
from tests.modes import ONE_MODE
from tests.server import Server
from tests.waiting import until

pytestmark = ONE_MODE


async def test_a_public_answer_says_how_long_it_may_be_kept(server: Server) -> None:
    await create(server.infra, "Shirt", "A")
    for reply, age in (
        (await get(server, BY_SLUG, slug="shirt"), 60),
        (await get(server, STOCK, slug="shirt"), 1),
    ):
        assert reply.status_code == 200
        assert reply.headers["cache-control"] == f"public, max-age={age}"
        assert reply.headers["vary"] == "Accept, Accept-Encoding, Authorization"
        assert reply.headers["etag"].startswith('"')
    posted = await post(server, BY_SLUG, slug="shirt")
    assert posted.headers["cache-control"] == "public, max-age=60"
    assert "etag" not in posted.headers
    in_stock = await get(server, "{ products(filter: {inStock: true}) { edges { node { title } } } }")
    assert in_stock.headers["cache-control"] == "public, max-age=1"


async def test_vary_names_what_counts_and_no_more(settings: Settings) -> None:
    changes = {"session_cookies": True, "cors_origins": ("https://shop.test",)}
    async with serving(settings.model_copy(update=changes)) as server:
        reply = await get(server, "{ categories { name } }")
        assert reply.headers["vary"] == "Accept, Accept-Encoding, Authorization, Cookie, Origin"
        named = await get(server, "{ categories { name } }", {"origin": "https://shop.test"})
        assert named.headers["access-control-allow-origin"] == "https://shop.test"
        assert named.headers["vary"].split(", ")[:5] == [
            "Accept",
            "Accept-Encoding",
            "Authorization",
            "Cookie",
            "Origin",
        ]


async def test_kept_answers_are_for_strangers_and_count(settings: Settings) -> None:
    proxies, limits = (ip_network("127.0.0.0/8"),), {"addressCost": "800/6000s"}
    changes = {"session_cookies": True, "trusted_proxies": proxies, "rate_limits": limits}
    async with serving(settings.model_copy(update=changes)) as server:
        await create(server.infra, "Shirt", "A")
        await until(lambda: fresh(server.infra), bool)
        theirs = {"cookie": "theme=dark", "x-forwarded-for": "203.0.113.7"}
        asked = [await get(server, BY_SLUG, theirs, slug="shirt") for _ in range(12)]
        # A quarter more is let pass without asking Redis.
        assert [reply.status_code for reply in asked] == [200] * 10 + [429] * 2
        assert len({reply.content for reply in asked[:10]}) == 1
        assert {*asked[0].headers} == {*asked[9].headers}
        before = counts(server)
        assert before["fills"] >= 1
        assert (await get(server, BY_SLUG, {"cookie": "rushcart_refresh=x"}, slug="shirt")).status_code == 200
        assert counts(server) == before


async def test_who_has_the_answer_is_sent_none(server: Server) -> None:
    product = await create(server.infra, "Shirt", "A")
    first = await get(server, BY_SLUG, slug="shirt")
    etag = first.headers["etag"]
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = await get(server, BY_SLUG, {"if-none-match": known}, slug="shirt")
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == etag
        assert again.headers["cache-control"] == "public, max-age=60"
        assert again.headers["vary"] == first.headers["vary"]
        assert "content-type" not in again.headers
    assert (await get(server, BY_SLUG, {"if-none-match": '"other"'}, slug="shirt")).status_code == 200
    # Other bytes or another media type are another answer; POST knows no 304.
    other = await get(server, BY_SLUG, {"accept": GRAPHQL_JSON, "if-none-match": etag}, slug="shirt")
    assert (other.status_code, other.content) == (200, first.content)
    assert other.headers["etag"] != etag
    assert (await post(server, BY_SLUG, {"if-none-match": etag}, slug="shirt")).status_code == 200
    await rename(server.infra, product.id, "Coat")
    changed = await get(server, BY_SLUG, {"if-none-match": etag}, slug="shirt")
    assert changed.json() == {"data": {"product": {"title": "Coat"}}}


async def test_what_is_no_public_answer_is_nobodys_to_keep(server: Server) -> None:
    await create(server.infra, "Shirt", "A")
    token = await token_of(server.infra)
    signed_in = {"authorization": f"Bearer {token}"}
    public = {"query": "{ categories { name } }"}
    replies = [
        await get(server, BY_SLUG, signed_in, slug="shirt"),
        await get(server, "{ me { id } }"),
        await get(server, "{ categories { name } me { id } }"),
        await get(server, "{ products(first: -1) { edges { node { title } } } }"),
        await get(server, "{ nothing }"),
        await get(server, "{ __schema { queryType { name } } }"),
        await get(server, "mutation { logout(input: {refreshToken: \"x\"}) { __typename } }"),
        await post(server, "mutation { logout(input: {refreshToken: \"x\"}) { __typename } }"),
        await get(server, BY_SLUG, {"authorization": "Bearer x"}, slug="shirt"),
        await server.http.post("/graphql", json=[public, public]),
        await server.http.put("/graphql"),
    ]  # fmt: skip
    assert {reply.headers["cache-control"] for reply in replies} == {"no-store"}
    assert [reply for reply in replies if "etag" in reply.headers] == []
    assert {reply.headers["vary"] for reply in replies} == {"Accept, Accept-Encoding, Authorization"}
    assert counts(server) == {"misses": 1}  # the listing at fault, which was not kept
