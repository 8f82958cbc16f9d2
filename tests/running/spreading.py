"""Which of pytest-xdist's workers runs what."""

from typing import Final

import pytest
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

from tests.running.groups import BREAKING, group_of

_FIRST_WORKER: Final = "gw0"


class Spreading(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
    """Group by group, in the order of collection."""

    def __init__(self, config: pytest.Config, log: object) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False  # the number of tests says little of the time they take

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        if BREAKING in self.workqueue:
            self.workqueue.move_to_end(BREAKING, last=node.gateway.id != _FIRST_WORKER)
        super()._assign_work_unit(node)
