"""The scalar ``Upload``: a file of a multipart request, which the transport puts in the place of a variable."""

from typing import NoReturn

import strawberry
from graphql import GraphQLError, ValueNode
from strawberry.types.scalar import ScalarDefinition

from services.media.rules import Upload


def parse_upload(value: object) -> Upload:
    if isinstance(value, Upload):
        return value
    raise GraphQLError("Upload cannot represent this: send a file as the GraphQL multipart request spec says.")


def _literal(node: ValueNode, _variables: object = None) -> NoReturn:
    raise GraphQLError("Upload cannot be written in a query: use a variable.", node)


def _serialize(_value: object) -> NoReturn:
    raise TypeError("Upload is for input only")


UPLOAD: ScalarDefinition = strawberry.scalar(
    name="Upload",
    description="A file, sent as the GraphQL multipart request specification says.",
    specified_by_url="https://github.com/jaydenseric/graphql-multipart-request-spec",
    serialize=_serialize,
    parse_value=parse_upload,
    parse_literal=_literal,
)
