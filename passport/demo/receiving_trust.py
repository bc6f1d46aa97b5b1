"""The receiving trust's program, as any trust could write it: an OAuth client that verifies and asks for decisions.

It knows nothing of the service but its addresses and its own key (wire formats, section 7): a signed assertion gets a
token, the token opens the API.
"""

import json
import urllib.error
import urllib.parse
import urllib.request
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import jwt
from jwt.algorithms import ECAlgorithm

ASSERTION_LIFE: Final = timedelta(seconds=120)
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TIMEOUT_SECONDS: Final = 30


class RefusedError(Exception):
    """The service refused a request of the demonstration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivingTrust:
    """A program of one trust.

    Args:
        base_url: where the service listens.
        issuer: the service's identity, the audience of the assertion.
        client_id: the name under which the program was registered.
        private_jwk: its private key as a JWK in JSON.
        kid: the name of that key.
    """

    base_url: str
    issuer: str
    client_id: str
    private_jwk: str
    kid: str

    def token(self, *, scopes: tuple[str, ...], now: datetime) -> str:
        """Get an access token by `private_key_jwt`."""
        claims = {
            "iss": self.client_id, "sub": self.client_id, "aud": self.issuer, "jti": uuid.uuid4().hex,
            "iat": int(now.timestamp()), "exp": int((now + ASSERTION_LIFE).timestamp()),
        }  # fmt: skip
        key = ECAlgorithm.from_jwk(self.private_jwk)
        assertion = jwt.encode(claims, key, algorithm="ES256", headers={"kid": self.kid})  # type: ignore[arg-type]  # it is a private key
        form = {
            "grant_type": "client_credentials", "scope": " ".join(scopes),
            "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion,
        }  # fmt: skip
        answer = self._send("POST", "/oauth/token", urllib.parse.urlencode(form).encode("ascii"),
                            {"Content-Type": "application/x-www-form-urlencoded"})  # fmt: skip
        return str(answer["access_token"])

    def post(self, path: str, body: dict[str, Any], *, token: str) -> dict[str, Any]:
        """Send JSON and return the JSON of the answer."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        return self._send("POST", path, json.dumps(body).encode("utf-8"), headers)

    def get(self, path: str, *, token: str) -> dict[str, Any]:
        """Return the JSON at a path."""
        return self._send("GET", path, None, {"Authorization": f"Bearer {token}"})

    def _send(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> dict[str, Any]:
        request = urllib.request.Request(self.base_url + path, data=body, headers=headers, method=method)  # noqa: S310 (our own loopback address)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 (as above)
                content: dict[str, Any] = json.load(answer)
                return content
        except urllib.error.HTTPError as error:
            raise RefusedError(f"{method} {path}: {error.code} {error.read().decode('utf-8', 'replace')}") from error
