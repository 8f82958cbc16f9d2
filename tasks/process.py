"""What the loops of one process share."""

import asyncio
from dataclasses import dataclass, field

from infra.runtime import Infra
from services.mail.mailer import Mailer
from services.mail.make_mailer import make_mailer
from services.webhook.delivery_sender import DeliverySender
from tasks.jobs import Jobs
from tasks.look import Look


@dataclass(slots=True)
class Process:
    infra: Infra
    stop: asyncio.Event
    look: Look = field(init=False)
    jobs: Jobs = field(init=False)
    mailer: Mailer = field(init=False)
    hooks: DeliverySender = field(init=False)

    def __post_init__(self) -> None:
        self.look = Look(self.infra)
        self.jobs = Jobs(self.infra)
        self.mailer = make_mailer(self.infra.settings)
        self.hooks = DeliverySender(self.infra)

    async def close(self) -> None:
        await self.hooks.close()
        await self.jobs.close()
