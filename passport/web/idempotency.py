"""The same request twice, one effect: the header `Idempotency-Key`.

The key, the change and the answer are one transaction: `idempotent` opens it, the endpoint's own `transaction()` takes
part in it, and the answer is stored before it is committed. So whatever happens after the commit (the process is
killed, the answer is lost) the same request gets the same answer; and a request that failed leaves no key behind, so it
can be corrected and sent again. Requests at the same time wait for each other at the key's row.

A key belongs to one client and is kept for 24 hours; after that it is new. The same key with another method, address
or body is refused.
"""

import hashlib
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, Final, TypeVar

from flask import Response, make_response, request
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from passport.db import enclosing_transaction
from passport.errors import Invalid
from passport.web.api import IDEMPOTENT
from passport.web.clock import now
from passport.web.models import IdempotentAnswer
from passport.web.problems import BadRequest
from passport.web.rules import caller

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
KEPT_FOR: Final = timedelta(hours=24)
FORM: Final = re.compile(r"[!-~]{1,255}")  # printable ASCII without blanks
View = TypeVar("View", bound=Callable[..., Any])


class KeyInvalid(BadRequest):
    """The key is empty, too long or not printable ASCII."""

    code = "idempotency_key_invalid"
    title = "The Idempotency-Key is not valid"


class KeyMismatch(Invalid):
    """The key was used for another request."""

    code = "idempotency_mismatch"
    title = "The Idempotency-Key was used for another request"


def idempotent(view: View) -> View:
    """Let a caller repeat this endpoint safely. It stands right below the rule of the route."""

    @wraps(view)
    def once(*args: Any, **arguments: Any) -> Any:
        key = request.headers.get(HEADER)
        if key is None:
            return view(*args, **arguments)
        if not FORM.fullmatch(key):
            raise KeyInvalid("Use 1 to 255 printable ASCII characters, a UUID for example.")
        client, request_hash = caller().client_id, _request_hash()
        with enclosing_transaction() as session:
            if not _claim(session, client, key, request_hash):
                return _stored_answer(session, client, key, request_hash)
            answer = make_response(view(*args, **arguments))
            _store(session, client, key, answer)
        return answer

    setattr(once, IDEMPOTENT, True)
    return once  # type: ignore[return-value]  # same call signature, by `wraps`


def forget_old_answers(session: Session, *, at: datetime) -> None:
    """Delete the answers that are older than a day at this time."""
    session.execute(delete(IdempotentAnswer).where(IdempotentAnswer.recorded_at <= at - KEPT_FOR))


def _claim(session: Session, client: str, key: str, request_hash: bytes) -> bool:
    """Take the key for this request, waiting for another that has it; say whether it is ours."""
    taken = insert(IdempotentAnswer).values(client=client, key=key, request_hash=request_hash, recorded_at=now())
    anew = taken.on_conflict_do_update(
        index_elements=["client", "key"],
        set_={"request_hash": request_hash, "recorded_at": now(), "status": None, "location": None, "body": None},
        where=IdempotentAnswer.recorded_at <= now() - KEPT_FOR,
    )
    return session.scalar(anew.returning(IdempotentAnswer.key)) is not None


def _stored_answer(session: Session, client: str, key: str, request_hash: bytes) -> Response:
    stored = session.scalars(select(IdempotentAnswer).filter_by(client=client, key=key)).one()
    if stored.request_hash != request_hash:
        raise KeyMismatch("Use a new key for a new request.")
    answer = Response(stored.body or b"", status=stored.status, mimetype="application/json")
    answer.headers[REPLAYED] = "true"
    if stored.location:
        answer.headers["Location"] = stored.location
    return answer


def _store(session: Session, client: str, key: str, answer: Response) -> None:
    stored = {"status": answer.status_code, "location": answer.headers.get("Location"), "body": answer.get_data()}
    session.execute(update(IdempotentAnswer).filter_by(client=client, key=key).values(stored))


def _request_hash() -> bytes:
    """Hash what was asked. Of a form its content counts: the boundary between its parts differs each time."""
    digest = hashlib.sha256(f"{request.method} {request.full_path}\n{request.mimetype}\n".encode())
    if request.mimetype != "multipart/form-data":
        digest.update(request.get_data())
        return digest.digest()
    for name, value in request.form.items(multi=True):
        digest.update(hashlib.sha256(f"{name}\n{value}".encode()).digest())
    for name, file in request.files.items(multi=True):
        digest.update(hashlib.sha256(name.encode()).digest() + hashlib.file_digest(file.stream, "sha256").digest())  # type: ignore[arg-type]  # an open file
        file.stream.seek(0)
    return digest.digest()
