"""What leaves the server when something goes wrong."""

from types import SimpleNamespace
from typing import Annotated, Any

import pytest
import strawberry
from graphql import GraphQLError
from structlog.testing import capture_logs

from graphql_api.schema import RushcartSchema
from infra.errors import PublishUnknown, StoreUnavailable
from models.enums import Role
from resolvers.shared.errors import _TO_TYPE, Error, InvalidInput, NotFound, TryAgain
from resolvers.shared.failures import bad_argument
from resolvers.shared.mutation import mutation
from services.shared import errors as service
from services.shared.client import NOWHERE
from services.shared.errors import FieldProblem
from services.shared.viewer import Viewer
from settings import Settings

SECRET = "password=hunter2"


class FakeContext:
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    viewer: Viewer | None = None
    client = NOWHERE
    infra = SimpleNamespace(settings=Settings())


FAULTS: dict[str, Exception] = {
    "bug": KeyError(SECRET),
    "library": GraphQLError(SECRET),
    "store": StoreUnavailable("database"),
    "unknown": PublishUnknown("event_log"),
    "not_found": service.NotFound("Not there."),
    "invalid": service.InvalidInput([FieldProblem(("input", "a", "b"), "is wrong")]),
    "taken": service.EmailTaken("Taken."),
    "argument": bad_argument("after", "is not a cursor of this list"),
}


@strawberry.type
class Done:
    ok: bool


Wide = Annotated[Done | NotFound | TryAgain | InvalidInput, strawberry.union("Wide")]
Narrow = Annotated[Done | NotFound, strawberry.union("Narrow")]


@strawberry.type
class Query:
    @strawberry.field
    def fail(self, how: str) -> int:
        raise FAULTS[how]

    @strawberry.field
    def too_big(self) -> int | None:
        return 2**40

    @strawberry.field
    def nothing(self) -> int:
        return None  # type: ignore[return-value]


@strawberry.type
class Mutation:
    @mutation()
    async def register(self, info: strawberry.Info[Any, None], how: str) -> Wide:
        raise FAULTS[how]

    @mutation()
    async def login(self, info: strawberry.Info[Any, None], how: str) -> Narrow:
        raise FAULTS[how]

    @mutation(Role.STAFF)
    async def restock(self, info: strawberry.Info[Any, None]) -> Narrow:
        return Done(ok=True)


SCHEMA = RushcartSchema(Query, Mutation)


async def _run(query: str) -> dict[str, Any]:
    with capture_logs():
        result = await SCHEMA.execute(query, context_value=FakeContext())
    return {"data": result.data, "errors": [error.formatted for error in result.errors or []]}


async def _error(query: str) -> dict[str, Any]:
    [error] = (await _run(query))["errors"]
    assert isinstance(error, dict)
    return error


@pytest.mark.parametrize(
    "query", ['{ fail(how: "bug") }', '{ fail(how: "library") }', "{ tooBig }", "{ nothing }"]
)
async def test_an_unexpected_error_shows_a_trace_id_and_nothing_else(query: str) -> None:
    error = await _error(query)
    assert error["message"] == "Something went wrong on our side."
    assert error["extensions"] == {"code": "INTERNAL", "traceId": FakeContext.trace_id}


async def test_the_log_has_what_the_client_has_not() -> None:
    with capture_logs() as logs:
        await SCHEMA.execute('{ fail(how: "bug") }', context_value=FakeContext())
    [line] = logs
    assert (line["event"], line["log_level"], line["path"]) == ("graphql.unexpected_error", "error", ["fail"])
    assert line["exc_info"] is FAULTS["bug"]


@pytest.mark.parametrize(
    ("how", "extensions"),
    [
        ("store", {"code": "UNAVAILABLE", "retryAfterMs": 1000}),
        ("unknown", {"code": "UNAVAILABLE", "retryAfterMs": 1000}),
        ("not_found", {"code": "NOT_FOUND"}),
        ("taken", {"code": "EMAIL_TAKEN"}),
        ("argument", {"code": "BAD_USER_INPUT", "argument": "after"}),
        (
            "invalid",
            {"code": "INVALID_INPUT", "fields": [{"path": ["input", "a", "b"], "message": "is wrong"}]},
        ),
    ],
)
async def test_an_expected_error_of_a_query_has_its_code(how: str, extensions: dict[str, Any]) -> None:
    error = await _error(f'{{ fail(how: "{how}") }}')
    assert error["extensions"] == extensions
    assert error["path"] == ["fail"]


@pytest.mark.parametrize(
    ("how", "member"),
    [("store", "TryAgain"), ("unknown", "TryAgain"), ("not_found", "NotFound"), ("invalid", "InvalidInput")],
)
async def test_an_expected_error_of_a_mutation_is_a_member_of_its_union(how: str, member: str) -> None:
    answer = await _run(f'mutation {{ register(how: "{how}") {{ __typename }} }}')
    assert answer == {"data": {"register": {"__typename": member}}, "errors": []}


@pytest.mark.parametrize(
    ("how", "code"), [("store", "UNAVAILABLE"), ("invalid", "INVALID_INPUT"), ("bug", "INTERNAL")]
)
async def test_an_error_that_the_union_has_no_place_for_has_its_code(how: str, code: str) -> None:
    answer = await _run(f'mutation {{ login(how: "{how}") {{ __typename }} }}')
    assert answer["data"] is None
    [error] = answer["errors"]
    assert error["extensions"]["code"] == code
    assert SECRET not in str(answer)


async def test_a_mutation_for_staff_runs_for_nobody_else() -> None:
    assert (await _error("mutation { restock { __typename } }"))["extensions"] == {"code": "UNAUTHENTICATED"}


def test_each_service_error_has_a_type_of_its_name() -> None:
    named = [e for e in vars(service).values() if isinstance(e, type) and issubclass(e, service.ServiceError)]
    # Over a rate limit is for errors[]: no client should need to expect it.
    assert set(_TO_TYPE) == set(named) - {service.ServiceError, service.RateLimited}
    members = {cls.__name__ for cls in Error.__subclasses__()}
    assert {error.__name__ for error in _TO_TYPE} == members
