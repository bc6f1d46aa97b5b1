"""The specifications that this package follows, each in one version; the documentation shows this list.

A module names the sections it implements in its own head. When a specification moves on, it is changed here, in the
module and in its tests together.
"""

from typing import Final, NamedTuple


class Specification(NamedTuple):
    """One document: what it is called, in which version it is followed, and for what."""

    name: str
    version: str
    used_for: str


SPECIFICATIONS: Final = (
    Specification("JSON Web Signature", "RFC 7515", "every signed token, in the compact form"),
    Specification("JSON Web Key Thumbprint", "RFC 7638", "the name of a key"),
    Specification("Selective Disclosure for JWTs (SD-JWT)", "RFC 9901", "disclosures, presentations, key binding"),
    Specification("SD-JWT-based Verifiable Credentials (SD-JWT VC)", "draft 19", "the passport and its type metadata"),
    Specification("Token Status List", "draft 20", "withdrawal of a copy"),
    Specification(
        "JSON Web Token Best Current Practices", "RFC 8725", "explicit types, one algorithm, one key a purpose"
    ),
    Specification("CBOR Web Token", "RFC 8392", "the claims of the offline QR"),
    Specification("COSE_Sign1", "RFC 9052", "the signature of the offline QR"),
    Specification("Concise Data Definition Language", "RFC 8610", "the written form of the offline QR"),
    Specification("QR Code", "ISO/IEC 18004", "the offline QR, level M"),
    Specification("DEFLATE", "RFC 1951", "the offline QR and status lists (in ZLIB, RFC 1950)"),
    Specification("Assertions for OAuth 2.0 clients", "RFC 7523", "private_key_jwt at the token endpoint"),
    Specification("JWT Profile for OAuth 2.0 Access Tokens", "RFC 9068", "access tokens"),
    Specification("Open Badges", "3.0", "an award or a recognition as a badge (VC-JWT, baked PNG and SVG)"),
    Specification("FHIR", "R4", "a passport as a Practitioner with qualifications"),
    Specification("Problem Details for HTTP APIs", "RFC 9457", "failures of the JSON API"),
    Specification("OpenAPI", "3.1.0", "the description of the JSON API"),
    Specification("Check character systems", "ISO 7064, MOD 37,36", "the passport number"),
)
