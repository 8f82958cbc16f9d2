"""The types of jobs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

from models.enums import JobKind, JobState
from resolvers.shared.context import Context, Info
from resolvers.shared.errors import IdempotencyConflict, InvalidInput, NotFound, TryAgain
from resolvers.shared.fields import field
from resolvers.shared.node import Node, encode_id, pick_nodes, register_node
from resolvers.shared.relay import Connection, Edge
from services.bulk_job.rules import IMPORTS, MOST_PROBLEMS, kinds_for, link_to
from services.bulk_job.views import JobView, find_jobs


@strawberry.type(description="How far a job is.")
class JobProgress:
    done: int = strawberry.field(description="Products, places of stock, or orders.")
    total: int | None = strawberry.field(description="Of how many; null: not known yet.")


@strawberry.type(description="What is wrong with a row of a file.")
class JobProblem:
    line: int | None = strawberry.field(description="Of the file, from 1; null: it is about all of it.")
    column: str = strawberry.field(description="As the file calls it; empty: it is about the whole row.")
    message: str = strawberry.field(description="A sentence for people.")

    @classmethod
    def of(cls, problem: Sequence[Any]) -> "JobProblem":
        line, column, message = problem
        return cls(line=line or None, column=column, message=message)


@strawberry.type(description="What an import has done.")
class ImportCounts:
    created: int = strawberry.field(description="Products that are new.")
    updated: int = strawberry.field(description="Products, or places of stock, that are others now.")
    unchanged: int = strawberry.field(description="Those that were so already.")
    left_out: int = strawberry.field(description="Rows that were at fault, with `skipBad`.")


@strawberry.type(description="The file that an export has made.")
class JobFile:
    url: str = strawberry.field(description="Whoever has it may fetch the file for 10 minutes, signed in or not.")
    expires_at: datetime = strawberry.field(description="Until when the URL is good; the field gives another.")
    bytes: int = strawberry.field(description="How large it is.")


@strawberry.type(description="An import or export, which a worker does. For staff who may do what it does.")
class Job(Node):
    kind: JobKind = strawberry.field(description="What it brings in or takes out.")
    state: JobState = strawberry.field(description="How far it is; ask again until it has ended.")
    progress: JobProgress = strawberry.field(description="A second old at most while it runs.")
    problem_count: int = strawberry.field(description="All problems that were found.")
    created_at: datetime = strawberry.field(description="When it was started.")
    started_at: datetime | None = strawberry.field(description="When a worker took it first.")
    finished_at: datetime | None = strawberry.field(description="When it ended.")
    view: strawberry.Private[JobView]

    @classmethod
    def of(cls, view: JobView) -> "Job":
        row = view.row
        return cls(
            id=encode_id("Job", row.id),
            kind=JobKind(row.kind),
            state=JobState(row.state),
            progress=JobProgress(done=view.done, total=view.total),
            problem_count=row.problem_count,
            created_at=row.created_at,
            started_at=row.started_at,
            finished_at=row.finished_at,
            view=view,
        )

    @field(description=f"The first {MOST_PROBLEMS} problems, by line.")
    def problems(self) -> list[JobProblem]:
        return list(map(JobProblem.of, self.view.row.problems or ()))

    @field(description="What an import has done; null: it is none, or has not done it.")
    def counts(self) -> ImportCounts | None:
        row = self.view.row
        return None if row.report is None or row.kind not in IMPORTS else ImportCounts(**row.report)

    @field(description="What an export has made; null: it is none, is not done, or its file is deleted by now.")
    def file(self, info: Info) -> JobFile | None:
        row, infra = self.view.row, info.context.infra
        if row.state != JobState.DONE or not row.parts_out or row.files_until is None:
            return None
        link = link_to(row.id, row.file_key, infra.now())
        base = infra.settings.public_url or info.context.base_url
        return JobFile(url=f"{base}{link.path}", expires_at=link.expires_at, bytes=row.bytes_out)


@strawberry.type
class JobEdge(Edge[Job]): ...


@strawberry.type
class JobConnection(Connection[JobEdge]): ...


StartJobResult = Annotated[
    Job | InvalidInput | IdempotencyConflict | NotFound | TryAgain, strawberry.union("StartJobResult")
]
CancelJobResult = Annotated[Job | NotFound | InvalidInput | TryAgain, strawberry.union("CancelJobResult")]


async def _load_jobs(context: Context, ids: Sequence[UUID]) -> list[Job | None]:
    """Load those that the viewer may see."""
    kinds = kinds_for(context.viewer)
    return pick_nodes(ids, await find_jobs(context.infra, ids, kinds) if kinds else {}, Job.of)


register_node("Job", _load_jobs)
