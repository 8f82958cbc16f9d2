import pytest

from graphql_api.negotiation import GRAPHQL_JSON, JSON, response_type, wants_page


@pytest.mark.parametrize(
    ("accept", "answer"),
    [
        (None, JSON),
        (b"", JSON),
        (b"*/*", JSON),
        (b"application/json", JSON),
        (b"application/json; charset=utf-8", JSON),
        (b"application/graphql-response+json", GRAPHQL_JSON),
        (b"application/graphql-response+json; charset=utf-8, application/json; q=0.9", GRAPHQL_JSON),
        (b"application/graphql-response+json;q=0.5, application/json", JSON),
        (b"application/json, application/graphql-response+json", JSON),
        (b"text/html, application/*;q=0.1", GRAPHQL_JSON),
        (b"Application/JSON", JSON),
        (b"application/json;q=0", None),
        (b"text/html", None),
        (b"text/html;q=x", None),
        (b"\xff\xfe", None),
        (b"," * 100_000, None),
    ],
)
def test_the_answer_has_a_type_that_the_client_takes(accept: bytes | None, answer: str | None) -> None:
    assert response_type(accept) == answer


@pytest.mark.parametrize(
    ("accept", "page"),
    [
        (b"text/html,application/xhtml+xml,*/*;q=0.8", True),
        (b"*/*", False),
        (b"text/html;q=0", False),
        (None, False),
    ],
)
def test_only_a_browser_gets_a_page(accept: bytes | None, page: bool) -> None:
    assert wants_page(accept) is page
