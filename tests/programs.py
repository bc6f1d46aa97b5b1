"""Programs with keys of their own that ask for tokens, as an integrator would write them."""

import itertools
import json
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from flask.testing import FlaskClient
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from tests.callers import Clock

ISSUER = "https://passport.example"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
JTI = itertools.count()


@lru_cache
def private_key(algorithm: str, bits: int = 2048) -> Any:
    if algorithm == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(65537, bits)


def public_jwk(private: Any, kid: str = "first") -> dict[str, Any]:
    maker = ECAlgorithm if isinstance(private, ec.EllipticCurvePrivateKey) else RSAAlgorithm
    made: dict[str, Any] = json.loads(maker.to_jwk(private.public_key()))
    made.pop("key_ops", None)
    return made | {"kid": kid}


@dataclass
class Program:
    """A program with a registered key; it makes assertions and sends them."""

    http: FlaskClient
    clock: Clock
    client_id: str
    algorithm: str
    private: Any
    headers: dict[str, Any] = field(default_factory=lambda: {"kid": "first"})

    def assertion(self, *, header: dict[str, Any] | None = None, signed_with: str | None = None, **changed: Any) -> str:
        """Return an assertion; `None` leaves a claim out."""
        now = int(self.clock.now.timestamp())
        claims = {"iss": self.client_id, "sub": self.client_id, "aud": ISSUER, "exp": now + 300}
        claims |= {"jti": f"jti-{next(JTI)}"}
        kept = {name: value for name, value in (claims | changed).items() if value is not None}
        headers = self.headers if header is None else header
        return jwt.encode(kept, self.private, algorithm=signed_with or self.algorithm, headers=headers)

    def ask(self, assertion: str | None = None, **form: Any) -> Any:
        """Ask for a token."""
        sent = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self.assertion() if assertion is None else assertion,
        }
        return self.http.post("/oauth/token", data={k: v for k, v in (sent | form).items() if v is not None})

    def asks_in_vain(self, assertion: str | None = None, **form: Any) -> str:
        """Ask for a token that must not be given; return the error."""
        answer = self.ask(assertion, **form)
        assert answer.status_code == 400
        assert answer.mimetype == "application/json"
        return str(answer.get_json()["error"])
