"""A vector of one length as one of another, so that a stand-in can have a model's dimensions. Pure.

Longer: repeated, which leaves every angle as it is but for a rest that is cut. Shorter: folded,
with changing signs, which keeps angles roughly.
"""

import math
from collections.abc import Sequence


def stretched(vector: Sequence[float], dims: int) -> list[float]:
    """A vector of length one."""
    size = len(vector)
    if dims == size:
        return list(vector)
    if dims > size:
        made = [vector[index % size] for index in range(dims)]
    else:
        made = [0.0] * dims
        for index, number in enumerate(vector):
            turn = index // dims
            made[index % dims] += -number if turn % 2 else number
    length = math.hypot(*made)
    if length == 0:
        return [1.0, *([0.0] * (dims - 1))]
    return [number / length for number in made]
