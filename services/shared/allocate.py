"""Split an amount over several parts, exactly. Pure."""

from collections.abc import Mapping


def allocate(amount: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Split ``amount`` in proportion to ``weights``, by the method of largest remainders (Hamilton's; Balinski and
    Young, Fair Representation, 1982): each part is rounded down, and what is left over goes by one to those
    that lost most. Of equal remainders the one with the lower key comes first, so the order of the parts is
    nothing.

    The parts sum to ``amount``. With ``amount`` at most the sum of the weights no part exceeds its weight.
    ``amount`` and the weights are 0 or more; weights of nothing but 0 can only take an amount of 0 (ValueError).
    """
    if amount < 0 or any(weight < 0 for weight in weights.values()):
        raise ValueError("only amounts of 0 or more are split, by weights of 0 or more")
    whole = sum(weights.values())
    if not whole:
        if amount:
            raise ValueError("nothing to split an amount over")
        return dict.fromkeys(weights, 0)
    parts = {key: amount * weight // whole for key, weight in weights.items()}
    left_over = amount - sum(parts.values())
    by_loss = sorted(weights, key=lambda key: (-(amount * weights[key] % whole), key))
    for key in by_loss[:left_over]:
        parts[key] += 1
    return parts
