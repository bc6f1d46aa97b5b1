"""Every scope that a client can have, and what it allows: for registration, tokens and the OpenAPI document."""

from collections.abc import Mapping
from typing import Final

SCOPES: Final[Mapping[str, str]] = {
    "registrar": "Register organisations and API clients",
    "standards:write": "Change the catalogue of standards; accredit organisations",
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
