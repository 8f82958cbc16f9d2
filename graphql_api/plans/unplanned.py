"""How a run ends that graphql-core has to do."""


class Unplanned(Exception):
    """Something is not as it should be: what, graphql-core says."""
