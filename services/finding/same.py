"""Equality that is looked for along a list."""

from typing import Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class SameInOrder(FunctionElement[Any]):
    """``left = right``. To SQLite a range: of an equality it would look by the key, whose entries lie apart,
    where those of the list's own index lie together.
    """

    # Of no type: to a Boolean, SQLAlchemy adds = 1 on SQLite.
    inherit_cache = True


@compiles(SameInOrder)
def _equal(element: SameInOrder, compiler: SQLCompiler, **options: Any) -> str:
    left, right = (compiler.process(part, **options) for part in element.clauses)
    return f"{left} = {right}"


@compiles(SameInOrder, "sqlite")
def _between(element: SameInOrder, compiler: SQLCompiler, **options: Any) -> str:
    left, right = (compiler.process(part, **options) for part in element.clauses)
    return f"{left} BETWEEN {right} AND {right}"
