"""The Merkle root over a file's lines, against the published vectors and against RFC 9162 itself."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from passport.esr.outcomes import OUTCOMES, Outcomes, merkle_root


def recursive_root(leaves: list[bytes]) -> bytes:
    """RFC 9162 section 2.1.1, word by word."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + recursive_root(leaves[:split]) + recursive_root(leaves[split:])).digest()


@given(st.lists(st.binary(max_size=8), max_size=70))
def test_the_root_is_that_of_the_rfc(leaves: list[bytes]) -> None:
    assert merkle_root(leaves) == recursive_root(leaves)


def test_changing_or_moving_one_line_changes_the_root() -> None:
    lines = [b"a", b"b", b"c"]
    roots = {
        merkle_root(lines),
        merkle_root([b"a", b"c", b"b"]),
        merkle_root([b"a", b"b", b"x"]),
        merkle_root(lines[:2]),
    }
    assert len(roots) == 4


@given(st.lists(st.sampled_from(OUTCOMES), max_size=2500))
def test_the_chunks_hold_every_line_s_outcome(said: list[str]) -> None:
    outcomes = Outcomes()
    for line, outcome in enumerate(said, 2):
        outcomes.mark(line, outcome)
    read = [OUTCOMES[byte] for _, chunk in outcomes.chunks() for byte in chunk]
    assert read == said
    assert sum(outcomes.counts().values()) == len(said)
    assert [first for first, _ in outcomes.chunks()] == list(range(2, len(said) + 2, 1000))
