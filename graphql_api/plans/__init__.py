"""Operations executed by a plan: what is known of a document once is not found out again for each request.

A plan (``selection.py``) has the fields of each place in the document with their arguments, types and resolvers.
A run of it (``run.py``) goes through the answer column by column: one field of all objects of a place at a time,
lists within lists in one pass, and whatever has to be awaited for all of them at once.

A plan knows of no errors. When something is not as it should be - a resolver raises, a value does not fit its
type, null stands where none may be - the run is given up, and graphql-core executes the operation from the start:
it makes the errors, their paths, and the nulls in their places. No mutation is made twice for that (``done.py``),
and what loaders have loaded is there. What a plan cannot do at all is graphql-core's anyway: subscriptions,
introspection, directives other than @skip and @include, traces of single fields.
"""

from graphql_api.plans.done import Done
from graphql_api.plans.run import Run
from graphql_api.plans.selection import Plan, plan_of

__all__ = ["Done", "Plan", "Run", "plan_of"]
