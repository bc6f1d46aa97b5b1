"""The packages that the benchmarks compare with, behind one face: issue, show with the holder's proof, verify.

Each does here what its own documentation shows, with its keys parsed beforehand where it allows that. They do less
than we do: only openvc-core looks at a status, none knows a trust list, and vouchkit's issuer is its test kit. A
package that is not installed is left out. Exact versions are in `requirements-peers.txt`.
"""

import json
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final, Protocol

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from benchmarks.samples import ISSUER, SHOWN_CLAIMS, SIGNER, private_key
from credentials.key_binding import Question
from credentials.sd_jwt import split_presentation
from credentials.sd_jwt_vc import TYPE
from credentials.status_list import StatusList

Claims = Mapping[str, Any]
VOUCHKIT: Final = "vouchkit"
OPENVC: Final = "openvc-core"
REFERENCE: Final = "sd-jwt"
NAMES: Final = (VOUCHKIT, OPENVC, REFERENCE)
KEY: Final = private_key(101)


class Peer(Protocol):
    """What each of them can do."""

    def issue(self, visible: Claims, disclosable: Claims) -> str:
        """Sign a credential with some claims visible and each of the others in a disclosure."""

    def show(self, presentation: str, question: Question, key: ec.EllipticCurvePrivateKey) -> str:
        """Return a presentation with the holder's proof."""

    def verify(self, presentation: str, question: Question | None, status: tuple[StatusList, int] | None) -> Claims:
        """Check a presentation and return the claims shown."""


def load(module: str) -> Any:
    """Return a module, or None where its package is not installed."""
    try:
        return import_module(module)
    except ImportError:
        return None


class Vouchkit:
    """vouchkit, a verifier for OpenID4VP with a test kit."""

    def __init__(self) -> None:
        self._core, self._kit = import_module("vouchkit.sdjwt"), import_module("vouchkit.testkit")
        self._issuer = self._kit.TestIssuer(issuer=ISSUER, key=KEY)

    def issue(self, visible: Claims, disclosable: Claims) -> str:
        """It sets the visible claims itself, but for the type."""
        issued, disclosures = self._issuer.issue(disclosable, vct=visible["vct"])
        return "~".join((issued, *disclosures.values(), ""))

    def show(self, presentation: str, question: Question, key: ec.EllipticCurvePrivateKey) -> str:
        """Show what is there, with the proof."""
        parts = split_presentation(presentation)
        names = {str(place): text for place, text in enumerate(parts.disclosures)}
        holder = self._kit.TestHolder(key=key)
        shown: str = holder.present(parts.issuer_jwt, names, list(names), aud=question.audience, nonce=question.nonce)
        return shown

    def verify(self, presentation: str, question: Question | None, status: tuple[StatusList, int] | None) -> Claims:
        """Verify; it knows no status."""
        del status
        found = self._core.verify_sd_jwt_vc(
            presentation,
            SIGNER.public.jwk,
            expected_aud=question.audience if question else None,
            expected_nonce=question.nonce if question else None,
            require_key_binding=question is not None,
        )
        claims: Claims = found.claims
        return claims


class OpenVc:
    """openvc-core, issuer, holder and verifier of several forms of credential."""

    def __init__(self) -> None:
        self._suite = import_module("openvc.proof.sd_jwt").SdJwtVcProofSuite()
        self._signing_key = import_module("openvc.keys").P256SigningKey
        self._status = import_module("openvc.status.token_status_list")
        self._key = self._signing_key(KEY, SIGNER.public.kid)

    def issue(self, visible: Claims, disclosable: Claims) -> str:
        """Issue with all of the claims at the top level."""
        claims = {**visible, **disclosable}
        issued: str = self._suite.issue(claims, signing_key=self._key, disclosable=disclosable)
        return issued

    def show(self, presentation: str, question: Question, key: ec.EllipticCurvePrivateKey) -> str:
        """Show what is there, with the proof."""
        holder = self._signing_key(key, "holder")
        shown: str = self._suite.create_presentation(
            presentation, holder_key=holder, audience=question.audience, nonce=question.nonce
        )
        return shown

    def verify(self, presentation: str, question: Question | None, status: tuple[StatusList, int] | None) -> Claims:
        """Verify, and look the status up in a list that was read before."""
        found = self._suite.verify(
            presentation,
            public_key_jwk=SIGNER.public.jwk,
            audience=question.audience if question else None,
            nonce=question.nonce if question else None,
            require_key_binding=question is not None,
        )
        if status is not None:
            self._status.get_status(status[0].data, status[1])
        claims: Claims = found.claims
        return claims


class Reference:
    """sd-jwt, the reference implementation of RFC 9901's authors."""

    def __init__(self) -> None:
        self._issuer, self._holder = import_module("sd_jwt.issuer"), import_module("sd_jwt.holder")
        self._verifier, self._hide = import_module("sd_jwt.verifier"), import_module("sd_jwt.common").SDObj
        self._jwk = import_module("jwcrypto.jwk").JWK
        self._key = self._jwk.from_pem(_pem(KEY))
        self._public = self._jwk.from_json(json.dumps(SIGNER.public.jwk))
        self._header = {"typ": TYPE, "kid": SIGNER.public.kid}

    def issue(self, visible: Claims, disclosable: Claims) -> str:
        """Issue with all of the claims at the top level."""
        claims = {**visible, **{self._hide(name): value for name, value in disclosable.items()}}
        made = self._issuer.SDJWTIssuer(claims, self._key, extra_header_parameters=self._header)
        issued: str = made.sd_jwt_issuance
        return issued

    def show(self, presentation: str, question: Question, key: ec.EllipticCurvePrivateKey) -> str:
        """Show what is there, with the proof."""
        holder = self._holder.SDJWTHolder(presentation)
        chosen = {**dict.fromkeys(SHOWN_CLAIMS, True), "training": [True] * 11}
        holder.create_presentation(chosen, question.nonce, question.audience, self._jwk.from_pem(_pem(key)))
        shown: str = holder.sd_jwt_presentation
        return shown

    def verify(self, presentation: str, question: Question | None, status: tuple[StatusList, int] | None) -> Claims:
        """Verify; it knows no status and leaves all times to the caller."""
        del status
        verifier = self._verifier.SDJWTVerifier(
            presentation,
            lambda _issuer, _header: self._public,
            expected_aud=question.audience if question else None,
            expected_nonce=question.nonce if question else None,
        )
        claims: Claims = verifier.get_verified_payload()
        return claims


def installed() -> dict[str, Peer]:
    """Return the peers that are installed, by name."""
    known: dict[str, tuple[str, type[Peer]]] = {
        VOUCHKIT: ("vouchkit", Vouchkit),
        OPENVC: ("openvc", OpenVc),
        REFERENCE: ("sd_jwt", Reference),
    }
    return {name: peer() for name, (module, peer) in known.items() if load(module) is not None}


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    form, no_password = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, no_password)
