"""Whether holding one standard covers another that is required.

The catalogue alone says so: the same code covers itself, and another standard covers it only where its `satisfies`
names it. Within one subject of one framework, a lower level and another variant do not cover; a higher level about
which the catalogue is silent is unclear, and a person must look. Anything else is unrelated and no candidate.
"""

from typing import Literal

from credentials.catalogue import Standard

Cover = Literal["covers", "unclear", "lower_level", "other_variant", "unrelated"]


def cover(held: Standard, required: Standard) -> Cover:
    """Say how a held standard stands to the required one. There is no chain: `satisfies` is read one step only."""
    if held.code == required.code or required.code in held.satisfies:
        return "covers"
    if (held.framework, held.subject) != (required.framework, required.subject):
        return "unrelated"
    if held.rank is not None and required.rank is not None and held.rank < required.rank:
        return "lower_level"
    if None not in (held.variant, required.variant) and held.variant != required.variant:
        return "other_variant"
    return "unclear"
