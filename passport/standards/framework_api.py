"""`/v1/frameworks`: the versions of a framework, and what each says of awards made against the ones before.

Everybody reads, the standards body adds (`standards:write`). A version can't be taken back; another one can follow. Who
would change is for people to see first, on the pages (`/rules/frameworks`).
"""

from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from passport.db import reading, transaction
from passport.standards import frameworks
from passport.standards.schemas import FrameworkOut, FrameworkVersionIn, FrameworkVersionWithWorthsOut, members
from passport.standards.service import framework_by_code
from passport.web.api import Blueprint
from passport.web.clock import now
from passport.web.idempotency import idempotent
from passport.web.rules import caller, public, requires

blueprint = Blueprint("frameworks", __name__, url_prefix="/v1", description="Frameworks and their versions")


@blueprint.route("/frameworks/<code>", methods=["GET"])
@public
@blueprint.response(200, FrameworkOut)
def read_framework(code: str) -> dict[str, Any]:
    """Read a framework with its versions, the first one first, and what each says of earlier awards."""
    with reading() as session:
        return _shown(session, code)


@blueprint.route("/frameworks/<code>/versions", methods=["POST"])
@requires("standards:write")
@idempotent
@blueprint.arguments(FrameworkVersionIn)
@blueprint.response(201, FrameworkOut)
def add_version(body: dict[str, Any], code: str) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Add a version that is in force from a day on. The one until then ends the day before; nothing is issued again."""
    with transaction() as session:
        frameworks.add_version(session, framework_code=code, **body, actor=caller().actor, now=now())
        answer = _shown(session, code)
    return answer, 201, {"Location": url_for("frameworks.read_framework", code=code)}


def _shown(session: Session, code: str) -> dict[str, Any]:
    framework, said = framework_by_code(session, code), frameworks.worths(session, code)
    versions = [
        members(each, FrameworkVersionWithWorthsOut, worth=said.get(each.id, {}))
        for each in frameworks.versions_of(session, code)
    ]
    return members(framework, FrameworkOut, versions=versions)
