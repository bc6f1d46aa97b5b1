"""B5: a status list of 2^20 entries: withdraw 1,000 more and publish it; and look entries up.

A hundredth of the entries is invalid before. Ours makes the whole list again from the indexes of all invalid entries,
as the service does from its table, compresses and signs it. The peers flip 1,000 bits of a list that they hold,
compress and sign. `zlib 9` is what most do, written by hand.
"""

import random
import zlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from benchmarks import peers, samples
from benchmarks.measure import Effort, Figure, Operation, figure, interleave
from benchmarks.samples import ISSUER, SIGNER, STATUS_URI, Service
from credentials.encoding import b64url_encode, canonical_json
from credentials.jws import parse_compact, sign_compact
from credentials.status_list import MAX_CHARACTERS, TYPE, StatusList, bits_of, compress, read_status_list

ENTRIES: Final = 2**20
INVALID: Final = ENTRIES // 100
FLIPPED: Final = 1_000
LOOK_UPS: Final = 10_000  # in one turn; in all rounds together some millions
OURS: Final = "publish"
LOOK_UP: Final = "look-up"
ZLIB: Final = "zlib 9"
LIST_PEER: Final = "token-status-list"
PUBLISHERS: Final = (ZLIB, peers.OPENVC, LIST_PEER)
Publish = Callable[[], str]


def run(effort: Effort, now: datetime) -> list[Figure]:
    """Check that everybody's lists say the same, and time the publishing and the look-ups."""
    service, chance = Service(now), random.Random(20)  # noqa: S311  the same list in each run
    indexes = chance.sample(range(ENTRIES), INVALID + FLIPPED)
    data, before = bits_of(indexes, entries=ENTRIES), bits_of(indexes[:INVALID], entries=ENTRIES)
    publishers: dict[str, Publish] = {
        OURS: lambda: service.status_token(bits_of(indexes, entries=ENTRIES), STATUS_URI),
        ZLIB: lambda: _publish_with_zlib(service, before, indexes[INVALID:]),
        **_peers(service, before, indexes[INVALID:]),
    }
    for name, publish in publishers.items():
        assert _read(service, publish()).data == data, name
    held = _read(service, publishers[OURS]())
    asked = [chance.randrange(ENTRIES) for _ in range(LOOK_UPS)]
    look_ups = _look_ups(held, asked)
    _check_peers_read(publishers[OURS](), data)

    timings = interleave({**publishers, **look_ups}, effort)
    return [
        figure(
            "B5", "publish, of the best peer", timings.speed_against_best(OURS, PUBLISHERS),
            kind="ratio", unit="×", target=15,
        ),
        *(
            figure("B5", f"publish, of {each}", timings.speed(OURS, each), kind="ratio", unit="×")
            for each in PUBLISHERS
        ),
        figure(
            "B5", "size, of zlib 9", [len(compress(data)) / len(_zlib_text(data))],
            kind="fixed", unit="×", target=1.12, at_most=True,
        ),
        figure("B5", "look-up, of openvc-core", timings.speed(LOOK_UP, peers.OPENVC + LOOK_UP), kind="ratio", unit="×"),
        figure(
            "B5", "withdraw 1,000 and publish", timings.milliseconds(OURS),
            kind="absolute", unit="ms", target=5, at_most=True,
        ),
        figure(
            "B5", "one look-up", [own / LOOK_UPS * 1e6 for own in timings[LOOK_UP]],
            kind="absolute", unit="µs", target=0.3, at_most=True,
        ),
    ]  # fmt: skip


def _read(service: Service, token: str) -> StatusList:
    return read_status_list(token, uri=STATUS_URI, trust=service.trust, now=service.now)


def _publish_with_zlib(service: Service, before: bytes, flipped: Sequence[int]) -> str:
    data = bytearray(before)
    for index in flipped:
        data[index >> 3] |= 1 << (index & 7)
    claims = {
        "sub": STATUS_URI,
        "iat": int(service.now.timestamp()),
        "status_list": {"bits": 1, "lst": _zlib_text(bytes(data))},
    }
    return sign_compact({"typ": TYPE}, canonical_json(claims), signer=SIGNER)


def _zlib_text(data: bytes) -> str:
    return b64url_encode(zlib.compress(data, 9))


def _peers(service: Service, before: bytes, flipped: Sequence[int]) -> dict[str, Publish]:
    """Return how the peers publish, as far as they are installed."""
    publishers: dict[str, Publish] = {}
    openvc, issue = peers.load("openvc.status.token_status_list"), peers.load("openvc.status.issue")
    if openvc is not None:
        key = peers.load("openvc.keys").P256SigningKey(samples.private_key(101), SIGNER.public.kid)

        def publish_with_openvc() -> str:
            data = bytearray(before)
            for index in flipped:
                openvc.set_status(data, index, 1)
            token: str = issue.build_status_list_token(signing_key=key, uri=STATUS_URI, status_list=data, issuer=ISSUER)
            return token

        publishers[peers.OPENVC] = publish_with_openvc
    status_list = peers.load("token_status_list")
    if status_list is not None:
        publishers[LIST_PEER] = lambda: _publish_with_token_status_list(status_list, service, before, flipped)
    return publishers


def _publish_with_token_status_list(package: Any, service: Service, before: bytes, flipped: Sequence[int]) -> str:
    bits = package.BitArray(1, before)
    held = package.IssuerStatusList(bits, package.LinearIndexAllocator(ENTRIES))
    for index in flipped:
        held[index] = 1
    to_be_signed: bytes = held.sign_jwt_payload(
        alg="ES256",
        kid=SIGNER.public.kid,
        iss=ISSUER,
        sub=STATUS_URI,
        iat=int(service.now.timestamp()),
    )
    # Its own `sign_jwt` writes the signature as Python shows bytes, b'...', which nobody can read.
    return f"{to_be_signed.decode()}.{b64url_encode(SIGNER.sign(to_be_signed))}"


def _look_ups(held: StatusList, asked: Sequence[int]) -> dict[str, Operation]:
    """Return the look-ups of all that is asked, after checking them against the bits."""
    assert [held.status(index) for index in asked] == [held.data[index >> 3] >> (index & 7) & 1 for index in asked]

    def look_up() -> None:
        for index in asked:
            held.status(index)

    openvc = peers.load("openvc.status.token_status_list")
    if openvc is None:
        return {LOOK_UP: look_up}

    def look_up_with_openvc() -> None:
        for index in asked:
            openvc.get_status(held.data, index)

    return {LOOK_UP: look_up, peers.OPENVC + LOOK_UP: look_up_with_openvc}


def _check_peers_read(token: str, data: bytes) -> None:
    """Assert that the peers find in our list what we put in."""
    claims: Any = parse_compact(token, typ=TYPE, max_characters=MAX_CHARACTERS).claims
    text = claims["status_list"]["lst"]
    openvc, status_list = peers.load("openvc.status.token_status_list"), peers.load("token_status_list")
    if openvc is not None:
        verify = peers.load("openvc.status.issue").verify_status_list_token
        assert verify(token, public_key_jwk=SIGNER.public.jwk, expected_uri=STATUS_URI)["sub"] == STATUS_URI
        assert openvc.decode_status_list(text) == data
    if status_list is not None:
        assert status_list.BitArray.from_b64(1, text).lst == data
