"""One execution of a plan."""

import asyncio
from collections.abc import Awaitable, Iterable
from inspect import iscoroutine
from typing import Any, Final

from graphql.execution import Executor
from graphql.pyutils import gather_with_cancel

from graphql_api.plans.completion import Column, Row
from graphql_api.plans.done import Done
from graphql_api.plans.selection import Plan, PlannedField, Selection
from infra.errors import StoreUnavailable

_ROOT: Final = (None,)
_Waiting = tuple[PlannedField, Column, list[Row]]


class Run:
    def __init__(self, executor: Executor[Any], *, serially: bool) -> None:
        self.executor = executor
        self._results: dict[str | int, Any] = {}
        self._serially = serially
        self._waiting: list[_Waiting] = []

    @property
    def done(self) -> Done:
        """What graphql-core does not have to do again when the run was given up."""
        return Done(self._results)

    async def execute(self, plan: Plan) -> Row | None:
        """Returns the data; None when the run was given up."""
        row = plan.root.blank.copy()
        try:
            if plan.only is not None:
                value = await self._root(plan.only, plan.only.bound(self.executor)(None))
                row[plan.only.key] = plan.only.completion.complete(self, plan.only, [value])[0]
                if self._waiting:
                    await self._wait()
                return row
            for fields in [[field] for field in plan.root.fields] if self._serially else [plan.root.fields]:
                self._read(fields, _ROOT, [row])
                await self._wait()
        except Exception:  # whatever it is: graphql-core makes of it what the client is told
            return None
        return row

    def expand(self, selection: Selection, sources: Column, rows: list[Row]) -> None:
        """Read the fields of the sources into the rows; what has to be awaited comes later."""
        if len(sources) == 1:
            self._read_one(selection.fields, sources[0], rows[0])
        else:
            self._read(selection.fields, sources, rows)

    def _read(self, fields: list[PlannedField], sources: Column, rows: list[Row]) -> None:
        for field in fields:
            if field.waits:
                self._waiting.append((field, sources, rows))
            elif field.read is not None:
                self._fill(field, list(map(field.read, sources)), rows)
            else:
                self._call(field, sources, rows)

    def _read_one(self, fields: list[PlannedField], source: Any, row: Row) -> None:
        sources, rows = (source,), [row]
        for field in fields:
            if field.shows is not None:
                row[field.key] = field.shows(source)
            else:
                self._read([field], sources, rows)

    def _call(self, field: PlannedField, sources: Column, rows: list[Row]) -> None:
        results = list(map(field.bound(self.executor), sources))
        try:
            self._fill(field, results, rows)
        except Exception:
            for result in filter(iscoroutine, results):
                result.close()  # graphql-core gets its own
            raise

    def _fill(self, field: PlannedField, values: Column, rows: list[Row]) -> None:
        key = field.key
        for row, value in zip(rows, field.completion.complete(self, field, values), strict=True):
            row[key] = value

    async def _wait(self) -> None:
        """Fill what has to be awaited, and what comes to light by it, a column beside the other."""
        waiting, self._waiting = self._waiting, []
        if len(waiting) == 1:
            await self._column(*waiting[0])
        elif waiting:
            await self._together(self._column(*one) for one in waiting)

    async def _column(self, field: PlannedField, sources: Column, rows: list[Row]) -> None:
        self._fill(field, await self._values(field, sources), rows)
        await self._wait()

    async def _values(self, field: PlannedField, sources: Column) -> Column:
        if field.loading is not None:
            return await field.load(self.executor, field.loading, sources)
        call = field.bound(self.executor)
        if sources is _ROOT:
            return [await self._root(field, call(None))]
        if len(sources) == 1:
            return [await call(sources[0])]
        return await self._together(map(call, sources))

    async def _together(self, awaited: Iterable[Awaitable[Any]]) -> list[Any]:
        """An error ends the others at once; but not what shows a mutation's result, with which graphql-core goes
        on: its fields may share what they wait for."""
        if not self._serially:
            return await gather_with_cancel(*awaited)
        ended = await asyncio.gather(*awaited, return_exceptions=True)
        for one in ended:
            if isinstance(one, BaseException):
                raise one
        return ended

    async def _root(self, field: PlannedField, result: Awaitable[Any]) -> Any:
        """A mutation is made once; a store that is down is waited for once."""
        try:
            value = await result
        except Exception as error:
            if self._serially or isinstance(error, StoreUnavailable):
                self._results[field.key] = error
            raise
        if self._serially:
            self._results[field.key] = value
        return value
