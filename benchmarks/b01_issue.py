"""B1: issue a passport of 20 disclosable claims, against one raw signature and the peers.

Every passport is another person's, so that no text made for one helps the next. Peers get the same values as plain
JSON, each in a claim of its own; ours starts from the records of the service.
"""

import os
from datetime import datetime
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from benchmarks import peers, samples
from benchmarks.measure import Effort, Figure, Operation, figure, interleave, over
from benchmarks.samples import DISCLOSURES, Service
from credentials.jws import parse_compact
from credentials.passport_type import CLAIM_OF, type_of
from credentials.records import PassportContent
from credentials.sd_jwt import SEED_BYTES, read_disclosures, reveal, split_presentation
from credentials.sd_jwt_vc import TYPE
from credentials.verify import verify

OURS: Final = "issue"
LIMIT: Final = "one raw sign"
PEOPLE: Final = 500
MAX_CHARACTERS: Final = 100_000


def run(effort: Effort, now: datetime) -> list[Figure]:
    """Check that everybody reads everybody's tokens, and time the issuing."""
    service, installed = Service(now), peers.installed()
    contents = [samples.passport(number) for number in range(min(effort.people, PEOPLE))]
    visible = _visible(service)
    claims = [_flat(content) for content in contents]
    _check(service, contents[0], installed, visible, claims[0])

    def issue(content: PassportContent) -> str:
        return service.issue(content, terms, os.urandom(SEED_BYTES))

    terms = service.terms(7)
    contestants: dict[str, Operation] = {OURS: over(contents, issue), LIMIT: _raw_sign(issue(contents[0]))}
    for name, peer in installed.items():
        contestants[name] = over(claims, lambda flat, peer=peer: peer.issue(visible, flat))  # type: ignore[misc]  # bound
    timings = interleave(contestants, effort)
    return [
        figure("B1", "issue, of one raw sign", timings.speed(OURS, LIMIT), kind="ratio", unit="×", target=0.28),
        figure(
            "B1", "issue, of the best peer", timings.speed_against_best(OURS, peers.NAMES),
            kind="ratio", unit="×", target=2.2,
        ),
        *(figure("B1", f"issue, of {name}", timings.speed(OURS, name), kind="ratio", unit="×") for name in peers.NAMES),
        figure("B1", "passports issued", timings.rate(OURS), kind="absolute", unit="/s"),
        figure("B1", "raw signatures", timings.rate(LIMIT), kind="absolute", unit="/s"),
    ]  # fmt: skip


def _raw_sign(presentation: str) -> Operation:
    """Return the signing of a token's own bytes by the cryptographic library alone."""
    message = split_presentation(presentation).issuer_jwt.rpartition(".")[0].encode("ascii")
    key, algorithm = samples.private_key(101), ec.ECDSA(hashes.SHA256())
    return lambda: key.sign(message, algorithm)


def _visible(service: Service) -> dict[str, Any]:
    terms = service.terms(7)
    return {
        "iss": terms.issuer,
        "vct": type_of(terms.issuer),
        "iat": int(terms.issued_at.timestamp()),
        "exp": int(terms.expires_at.timestamp()),
        "status": {"status_list": msgspec.to_builtins(terms.status)},
    }


def _flat(content: PassportContent) -> dict[str, Any]:
    """Return the 20 values of a passport as claims of the top level, which is all that some peers can hide."""
    claims: dict[str, Any] = {}
    for member, value in _json(content).items():
        if isinstance(value, list):
            claims |= {f"{member}_{place}": element for place, element in enumerate(value)}
        else:
            claims[CLAIM_OF[member]] = value
    return claims


def _json(content: PassportContent) -> dict[str, Any]:
    members: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(content))
    return members


def _check(
    service: Service,
    content: PassportContent,
    installed: dict[str, peers.Peer],
    visible: dict[str, Any],
    flat: dict[str, Any],
) -> None:
    """Assert that peers read our token whole, and we theirs."""
    ours = service.issue(content, service.terms(7), os.urandom(SEED_BYTES))
    assert len(split_presentation(ours).disclosures) == len(flat) == DISCLOSURES
    verified = verify(ours, trust=service.trust, statuses=service.statuses, now=service.now)
    assert verified.outcome == "genuine"
    assert len(verified.awards) == len(content.training) + len(content.credentials)
    expected = {CLAIM_OF[member]: value for member, value in _json(content).items()}
    for name, peer in installed.items():
        found = peer.verify(ours, None, None)
        assert {claim: found[claim] for claim in expected} == expected, f"{name} reads ours"
        assert flat.items() <= _read(peer.issue(visible, flat)).items(), f"we read {name}'s"


def _read(presentation: str) -> dict[str, Any]:
    """Read anybody's SD-JWT of our issuer with our core: signature, digests, disclosures."""
    shown = split_presentation(presentation)
    jws = parse_compact(shown.issuer_jwt, typ=TYPE, max_characters=MAX_CHARACTERS, kid_needed=False)
    jws.verify(samples.SIGNER.public)
    return reveal(jws.claims, read_disclosures(shown.disclosures))
