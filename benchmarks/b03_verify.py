"""B3: verify 4 of 20 disclosed claims without the holder's proof; and the same presentations again and again.

The passports are bound to no wallet, as the service issues them. The limit is one raw verification. A presentation
that was seen before costs no second one: only trust, times and status are asked again. PyJWT stands beside it as the
usual way to check the issuer's signature; it looks at nothing else.
"""

from datetime import datetime
from typing import Final

import jwt
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from benchmarks import peers, samples
from benchmarks.measure import Effort, Figure, Operation, figure, interleave, over
from benchmarks.raw import raw_verifications
from benchmarks.samples import Service
from credentials.verified import Verified
from credentials.verify import verify

OURS: Final = "verify"
AGAIN: Final = "verify again"
LIMIT: Final = "one raw verification"
PYJWT: Final = "PyJWT, signature alone"
REPEATED: Final = 16


def run(effort: Effort, now: datetime) -> list[Figure]:
    """Check that all agree, and time the verifying."""
    service, installed = Service(now), peers.installed()
    texts = [service.plain(number) for number in range(effort.people)]
    key = load_pem_public_key(samples.SIGNER.public.pem.encode("ascii"))

    def check(text: str) -> Verified:
        return verify(text, trust=service.trust, statuses=service.statuses, now=service.now)

    def decode(text: str) -> object:
        return jwt.decode(text.partition("~")[0], key, algorithms=["ES256"])  # type: ignore[arg-type]  # a P-256 key

    for number, text in enumerate(texts[:3]):
        first, again, content = check(text), check(text), samples.passport(number)
        assert first == again
        assert first.holder.number == content.number
        assert first.not_withdrawn.result is True
        for name, peer in installed.items():
            assert peer.verify(text, None, None)["sub"] == content.number, name
    contestants: dict[str, Operation] = {
        OURS: over(texts, check),
        AGAIN: over(texts[:REPEATED], check),
        LIMIT: over([raw_verifications(text) for text in texts], lambda one: one()),
        PYJWT: over(texts, decode),
    }
    for name, peer in installed.items():
        contestants[name] = over(texts, lambda text, peer=peer: peer.verify(text, None, None))  # type: ignore[misc]
    timings = interleave(contestants, effort)
    return [
        figure("B3", f"verify, of {LIMIT}", timings.speed(OURS, LIMIT), kind="ratio", unit="×", target=0.58),
        figure("B3", f"verify again, of {LIMIT}", timings.speed(AGAIN, LIMIT), kind="ratio", unit="×", target=3),
        *(
            figure("B3", f"verify, of {name}", timings.speed(OURS, name), kind="ratio", unit="×")
            for name in (PYJWT, *peers.NAMES)
        ),
        figure("B3", "presentations verified", timings.rate(OURS), kind="absolute", unit="/s"),
        figure("B3", "presentations verified again", timings.rate(AGAIN), kind="absolute", unit="/s"),
    ]
