"""Every scope that a client can have, and what it allows: for registration, tokens and the OpenAPI document.

`RESERVED` names the scopes that only programs of one kind of organisation have. That is asked at registration, and
again at each token and call: what a client was once given opens nothing that its organisation may not do.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from passport.web.rules import STANDARDS_BODY

SCOPES: Final[Mapping[str, str]] = {
    "registrar": "Register organisations and API clients",
    "standards:write": "Change the catalogue of standards; accredit organisations. Only for programs of the Academy",
    "alignments:write": "Declare your organisation's training to be aligned with a framework",
    "staff:read": "Read staff of your own organisation, and their passports",
    "staff:write": "Register staff of your own organisation",
    "awards:read": "Read awards of your own staff",
    "awards:write": "Record, correct and withdraw awards that your organisation made",
    "imports:write": "Import files from ESR for your organisation",
    "passports:issue": "Issue and revoke passports of your own staff",
    "webhooks:write": "Have your organisation's programs told of events",
    "batches": "Send many changes by one file; each also needs the scope of what it does",
    "statistics:read": "Read counts of the workforce at and below your organisation",
    "establishments:write": "Say what the organisations below your ICB or region should have, and read it",
    "verify": "Verify a passport that somebody shows",
    "induction:read": "Read your organisation's requirements and acceptance policies",
    "induction:write": "Write your organisation's requirements and acceptance policies",
    "induction:decide": "Decide what a starter's passport covers, and read those decisions",
}

RESERVED: Final[Mapping[str, str]] = {"standards:write": STANDARDS_BODY}


def open_to(scopes: Iterable[str], kind: str) -> list[str]:
    """Return those of the scopes that a program of an organisation of this kind may have, in the order given."""
    return [scope for scope in scopes if RESERVED.get(scope, kind) == kind]
