"""Which areas of the schema there are, for options: without importing the schema's machinery."""

from typing import Final

import click

AREA: Final = click.Choice(["flash"])
