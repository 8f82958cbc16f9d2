"""Settings of an order's life."""

from pydantic import Field

from settings.group import Group


class OrderSettings(Group):
    payment_timeout: float = Field(900.0, gt=0, description="Seconds until an unpaid order is cancelled.")
    sweep_interval: float = Field(1.0, gt=0, description="Seconds between two sweeps for overdue orders.")
    persist_batch: int = Field(1000, ge=1, description="Most orders persisted in one transaction.")
    reconcile_interval: float = Field(
        300.0, ge=0, description="Seconds between checks, by one of the workers, that all stock adds up; 0: never."
    )
