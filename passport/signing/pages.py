"""Pages of the registrar for signing keys: which there are and where each stands in its life.

They only show. A key is made and moved on the machine that holds it, with `passport keys`, by whoever may touch it
there: a browser never comes near a private key, nor is it said where one lies.
"""

from typing import Final

from flask import Response

from passport.db import reading
from passport.signing import service
from passport.signing.states import PURPOSES
from passport.web.pages import PageBlueprint, page
from passport.web.rules import for_role

PURPOSE_WORDS: Final = {
    "passport": "Passports",
    "trust_list": "The list of trusted issuers",
    "qr": "QR codes",
    "access_token": "Access of programs",
    "badge": "Open Badges",
}
STATE_WORDS: Final = {
    "planned": ("Planned", "white"),
    "published": ("Published, not in use yet", "blue"),
    "active": ("In use", "green"),
    "retiring": ("Signs nothing new", "yellow"),
    "retired": ("Out of use", "grey"),
    "compromised": ("Compromised and blocked", "red"),
}
blueprint = PageBlueprint("signing_keys", __name__, url_prefix="/signing-keys")
blueprint.menu("registrar", "Signing keys", "signing_keys.everything", order=40)


@blueprint.route("")
@for_role("registrar")
def everything() -> Response:
    """List the keys by what they sign, with what is lacking first."""
    with reading() as session:
        keys = service.all_keys(session)
        active = {key.purpose for key in keys if key.state == "active"}
        return page(
            "signing/keys.html",
            keys=sorted(keys, key=lambda key: (PURPOSES.index(key.purpose), key.planned_at)),
            purposes=PURPOSE_WORDS,
            states=STATE_WORDS,
            lacking=[PURPOSE_WORDS[purpose] for purpose in PURPOSES if purpose not in active],
        )


@blueprint.route("/<kid>")
@for_role("registrar")
def show(kid: str) -> Response:
    """Show one key: its public part and its dates."""
    with reading() as session:
        key = service.by_kid(session, kid)
        chain = service.chain(key.certificate_pem) if key.certificate_pem else None
        return page(
            "signing/key.html",
            key=key,
            purpose=PURPOSE_WORDS[key.purpose],
            state=STATE_WORDS[key.state],
            certified_until=chain.leaf.not_valid_after_utc if chain else None,
        )
