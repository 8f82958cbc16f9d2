"""What is not done again when graphql-core executes an operation whose run was given up."""

from collections.abc import Callable, Mapping
from typing import Any

from graphql import GraphQLResolveInfo, MiddlewareManager

Resolver = Callable[..., Any]


class Done(MiddlewareManager):
    """Stands in for the resolvers of root fields that have come to something, a result or an error: ``results``,
    by their names in the answer."""

    def __init__(self, results: Mapping[str | int, Any]) -> None:
        super().__init__()
        self._results = results

    def get_field_resolver(self, field_resolver: Resolver) -> Resolver:
        def resolve(source: Any, info: GraphQLResolveInfo[Any], **values: Any) -> Any:
            if info.path.prev is not None or info.path.key not in self._results:
                return field_resolver(source, info, **values)
            return _again(self._results[info.path.key])

        return resolve


async def _again(result: Any) -> Any:
    if isinstance(result, BaseException):
        raise result
    return result
