"""B2: verify 4 of 20 disclosed claims with the holder's proof and the status from a list at hand, all checks on.

The limit is two raw verifications, of the issuer's and of the holder's signature. Every presentation is another
person's with another key, and more people take turns than any cache holds: nothing is met twice. A passport that was
seen before and comes with a new proof stands beside it: only the proof's signature is checked then. Of the peers only
openvc-core looks the status up, and none knows a trust list or reads the content into records.
"""

from datetime import datetime
from typing import Final

from benchmarks import peers, samples
from benchmarks.measure import Effort, Figure, Operation, figure, interleave, over
from benchmarks.raw import raw_verifications
from benchmarks.samples import Service, Shown
from credentials.key_binding import Question
from credentials.verified import Verified
from credentials.verify import Expected, verify

OURS: Final = "verify"
AGAIN: Final = "verify a passport seen before"
LIMIT: Final = "two raw verifications"
REPEATED: Final = 16
TARGETS: Final = {peers.VOUCHKIT: 1.4, peers.OPENVC: 1.6, peers.REFERENCE: None}


def run(effort: Effort, now: datetime) -> list[Figure]:
    """Check that all agree, and time the verifying."""
    service, installed = Service(now), peers.installed()
    everybody = [service.show(number) for number in range(effort.people)]
    for shown in everybody[:3]:
        _check(service, shown, installed)
    contestants: dict[str, Operation] = {
        OURS: over(everybody, lambda shown: _verify(service, shown.bound, shown.question)),
        AGAIN: over(everybody[:REPEATED], lambda shown: _verify(service, shown.bound, shown.question)),
        LIMIT: over([raw_verifications(shown.bound) for shown in everybody], lambda both: both()),
    }
    status = service.statuses[samples.STATUS_URI]
    for name, peer in installed.items():
        contestants[name] = over(
            everybody,
            lambda shown, peer=peer: peer.verify(shown.bound, shown.question, (status, shown.index)),  # type: ignore[misc]
        )
    timings = interleave(contestants, effort)
    return [
        figure("B2", f"verify, of {LIMIT}", timings.speed(OURS, LIMIT), kind="ratio", unit="×", target=0.6),
        figure("B2", f"{AGAIN}, of {LIMIT}", timings.speed(AGAIN, LIMIT), kind="ratio", unit="×"),
        *(
            figure("B2", f"verify, of {name}", timings.speed(OURS, name), kind="ratio", unit="×", target=target)
            for name, target in TARGETS.items()
        ),
        figure("B2", "presentations verified", timings.rate(OURS), kind="absolute", unit="/s"),
        figure("B2", LIMIT, timings.rate(LIMIT), kind="absolute", unit="/s"),
    ]


def _verify(service: Service, presentation: str, question: Question) -> Verified:
    return verify(
        presentation, trust=service.trust, statuses=service.statuses, now=service.now, expected=Expected(question)
    )


def _check(service: Service, shown: Shown, installed: dict[str, peers.Peer]) -> None:
    """Assert that we and the peers find the same in our presentation, and that we accept what their wallets show."""
    _check_found(_verify(service, shown.bound, shown.question), shown)
    wallet = samples.private_key(1000 + shown.index)
    status = service.statuses[samples.STATUS_URI]
    for name, peer in installed.items():
        claims = peer.verify(shown.bound, shown.question, (status, shown.index))
        assert claims["sub"] == shown.content.number, name
        assert [award["id"] for award in claims["training"]] == [shown.content.training[0].id], name
        _check_found(_verify(service, peer.show(shown.plain, shown.question, wallet), shown.question), shown)


def _check_found(verified: Verified, shown: Shown) -> None:
    assert verified.outcome == "genuine"
    assert verified.holder_bound
    assert verified.not_withdrawn.result is True
    assert verified.holder.number == shown.content.number
    assert [found.award for found in verified.awards] == [shown.content.training[0]]
