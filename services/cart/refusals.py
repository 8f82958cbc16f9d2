"""Why the script refuses a change, for the verbs: each says it in its own words."""


class CartRefusal(Exception):
    """Nothing was changed."""


class NoCart(CartRefusal):
    """There is none, it has expired, or it is another's: that looks the same."""


class NoLine(CartRefusal):
    pass


class TooMany(CartRefusal):
    """``there``: units in the line now."""

    def __init__(self, there: int) -> None:
        super().__init__(there)
        self.there = there


class TooManyLines(CartRefusal):
    pass


class OtherCurrency(CartRefusal):
    """``currency``: the one that the lines of the cart are priced in."""

    def __init__(self, currency: str) -> None:
        super().__init__(currency)
        self.currency = currency
