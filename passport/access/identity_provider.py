"""Sign-in through an identity provider: OpenID Connect, as Care Identity Service 2 (CIS2) does it.

Authorization code with PKCE (S256), state and nonce, all by Authlib; who it is and which roles they have is read from
UserInfo, as CIS2 asks (facts, section 8). In the order of the code: the client; the way there and back; what the
claims say. A role of the provider counts when the setting `PASSPORT_OIDC_ROLES` names its code and the organisation is
in the register; the role that was selected at the provider is the only one then. The client library is loaded only
where a provider is set.
"""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import Flask, current_app
from werkzeug.wrappers import Response as AnyResponse

from passport.errors import Forbidden, Unavailable
from passport.settings import Settings, SettingsError
from passport.web.rules import ROLES

EXTENSION: Final = "identity_provider"
SCOPES: Final = "openid profile nationalrbacaccess selectedrole"
ANSWERS_WITHIN: Final = 10  # seconds
CALLBACK: Final = "/sign-in/provider/callback"
STRONG_ASSURANCE: Final = frozenset(("2", "3"))  # CIS2's authentication assurance levels with a second factor
STRONG_METHODS: Final = frozenset(("mfa", "hwk", "swk", "sc", "otp"))  # RFC 8176


class SignInFailed(Forbidden):
    """The provider did not say who it is, or its answer was not meant for this browser."""

    code = "sign_in_failed"
    title = "Sign-in did not work"


class ProviderUnavailable(Unavailable):
    """The identity provider does not answer."""

    code = "provider_unavailable"
    title = "The sign-in service does not answer"


@dataclass(frozen=True, slots=True)
class Identity:
    """What the provider says of a person.

    Args:
        subject: its name of the person: `nhsid_useruid`, else `sub`.
        name: what to call them.
        roles: pairs of an ODS code and a role of ours.
        strong: whether a second factor was used.
    """

    subject: str
    name: str
    roles: tuple[tuple[str, str], ...]
    strong: bool


def register(app: Flask, settings: Settings) -> None:
    """Prepare the client where a provider is set.

    Raises:
        SettingsError: a role of the setting does not exist.
    """
    if unknown := sorted(set(settings.oidc_roles.values()) - ROLES.keys()):
        raise SettingsError([f"PASSPORT_OIDC_ROLES names unknown roles: {', '.join(unknown)}."])
    if settings.oidc_issuer is None:
        return
    client = importlib.import_module("authlib.integrations.flask_client").OAuth(app)
    app.extensions[EXTENSION] = client.register(
        "provider",
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        server_metadata_url=f"{settings.oidc_issuer}/.well-known/openid-configuration",
        client_kwargs={
            "scope": SCOPES,
            "code_challenge_method": "S256",
            "default_timeout": ANSWERS_WITHIN,
            "token_endpoint_auth_method": "client_secret_post" if settings.oidc_client_secret else "none",
        },
    )


def is_set() -> bool:
    """Say whether there is a provider to sign in through."""
    return EXTENSION in current_app.extensions


def depart(settings: Settings) -> AnyResponse:
    """Send the browser to the provider.

    Raises:
        ProviderUnavailable: it does not answer.
    """
    try:
        answer: AnyResponse = current_app.extensions[EXTENSION].authorize_redirect(f"{settings.public_url}{CALLBACK}")
    except OSError as error:
        raise ProviderUnavailable("Try again in a few minutes.") from error
    return answer


def arrive(settings: Settings) -> Identity:
    """Read who has come back from the provider.

    Raises:
        SignInFailed: state, nonce, signature or claims don't fit, or the person cancelled.
        ProviderUnavailable: the provider does not answer.
    """
    client = current_app.extensions[EXTENSION]
    refused = (
        importlib.import_module("authlib.common.errors").AuthlibBaseError,
        importlib.import_module("joserfc.errors").JoseError,
        KeyError,
        ValueError,
    )
    try:
        token = client.authorize_access_token()
        claims = client.userinfo(token=token)
    except OSError as error:  # the client's own errors of the network are OSErrors too
        raise ProviderUnavailable("Try again in a few minutes.") from error
    except refused as error:
        raise SignInFailed("Start again from the sign-in page.") from error
    signed = token.get("userinfo") or {}
    if not signed.get("sub") or signed["sub"] != claims.get("sub"):
        raise SignInFailed("Start again from the sign-in page.")
    return identity(claims, signed, settings.oidc_roles)


def identity(claims: Mapping[str, Any], signed: Mapping[str, Any], roles: Mapping[str, str]) -> Identity:
    """Read the claims.

    Args:
        claims: from UserInfo.
        signed: from the ID token, which alone says how the person signed in.
        roles: the provider's role codes, and which role of ours each is.
    """
    name = claims.get("name") or " ".join(filter(None, (claims.get("given_name"), claims.get("family_name"))))
    return Identity(
        subject=str(claims.get("nhsid_useruid") or claims["sub"]),
        name=str(name or "Signed in").strip()[:200],
        roles=tuple(_roles(claims, roles)),
        strong=_is_strong(signed) or _is_strong(claims),
    )


def _roles(claims: Mapping[str, Any], known: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the roles that count; where one was selected at the provider, that one alone."""
    listed = claims.get("nhsid_nrbac_roles")
    listed = [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []
    selected = claims.get("selected_roleid")
    if selected:
        listed = [each for each in listed if each.get("person_roleid") == selected]
    found = []
    for each in listed:
        code, ods_code = str(each.get("role_code", "")), str(each.get("org_code", ""))
        role = known.get(code) or next((known[part] for part in code.split(":") if part in known), None)
        if role and ods_code and (ods_code, role) not in found:
            found.append((ods_code, role))
    return found


def _is_strong(claims: Mapping[str, Any]) -> bool:
    methods = claims.get("amr")
    assurance = str(claims.get("authentication_assurance_level", ""))
    return assurance in STRONG_ASSURANCE or (
        isinstance(methods, list) and bool(STRONG_METHODS & set(map(str, methods)))
    )
