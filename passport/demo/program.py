"""The program of an organisation, as any of them could write it: an OAuth client that uses the HTTP API.

It knows nothing of the service but its addresses and its own key (wire formats, section 7): a signed assertion gets a
token, the token opens the API. A request that creates something carries an Idempotency-Key, so that a run that was
killed can be started again.
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
BOUNDARY: Final = "the-next-part-of-the-demonstration"


class RefusedError(Exception):
    """The service refused a request of the demonstration; `problem` is its answer."""

    def __init__(self, request: str, status: int, body: bytes) -> None:
        super().__init__(f"{request}: {status} {body.decode('utf-8', 'replace')}")
        self.status, self.problem = status, json.loads(body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program of one organisation.

    Args:
        base_url: where the service listens.
        issuer: the service's identity, the audience of the assertion.
        client_id: the name under which the program was registered.
        private_jwk: its private key as a JWK in JSON.
        kid: the name of that key.
        scopes: what it was registered for.
    """

    base_url: str
    issuer: str
    client_id: str
    private_jwk: str
    kid: str
    scopes: tuple[str, ...]

    def token(self, *, now: datetime) -> str:
        """Get an access token by `private_key_jwt`."""
        claims = {
            "iss": self.client_id, "sub": self.client_id, "aud": self.issuer, "jti": uuid.uuid4().hex,
            "iat": int(now.timestamp()), "exp": int((now + ASSERTION_LIFE).timestamp()),
        }  # fmt: skip
        key = ECAlgorithm.from_jwk(self.private_jwk)
        assertion = jwt.encode(claims, key, algorithm="ES256", headers={"kid": self.kid})  # type: ignore[arg-type]  # it is a private key
        form = {
            "grant_type": "client_credentials", "scope": " ".join(self.scopes),
            "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion,
        }  # fmt: skip
        answer = self._send("POST", "/oauth/token", urllib.parse.urlencode(form).encode("ascii"),
                            {"Content-Type": "application/x-www-form-urlencoded"})  # fmt: skip
        return str(answer["access_token"])

    def post(self, path: str, body: dict[str, Any], *, token: str, key: str | None = None) -> dict[str, Any]:
        """Send JSON and return the JSON of the answer; the same `key` again gets the same answer."""
        headers = {"Content-Type": "application/json", **_headers(token, key)}
        return self._send("POST", path, json.dumps(body).encode("utf-8"), headers)

    def send_file(self, path: str, file: bytes, *, token: str, key: str, **form: str) -> dict[str, Any]:
        """Send a CSV file with the fields of a form and return the JSON of the answer; `key` as for `post`."""
        parts = [_part(f'name="{name}"', value.encode("utf-8")) for name, value in form.items()]
        parts.append(_part('name="file"; filename="course.csv"', file))
        body = b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", **_headers(token, key)}
        return self._send("POST", path, body, headers)

    def get(self, path: str, *, token: str) -> dict[str, Any]:
        """Return the JSON at a path."""
        return self._send("GET", path, None, _headers(token, None))

    def _send(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> dict[str, Any]:
        request = urllib.request.Request(self.base_url + path, data=body, headers=headers, method=method)  # noqa: S310 (our own loopback address)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 (as above)
                content: dict[str, Any] = json.load(answer)
                return content
        except urllib.error.HTTPError as error:
            raise RefusedError(f"{method} {path}", error.code, error.read()) from error


def _headers(token: str, key: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": key} if key else {})


def _part(disposition: str, content: bytes) -> bytes:
    head = f"--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n"
    return head.encode("utf-8") + content + b"\r\n"
