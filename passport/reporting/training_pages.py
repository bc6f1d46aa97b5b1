"""Count the own staff's training again, without waiting for the night. What it says is on a page of `pages`."""

from flask import redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from passport.db import transaction
from passport.reporting import compliance
from passport.web.clock import now
from passport.web.pages import PageBlueprint, say
from passport.web.rules import for_role, visitor

blueprint = PageBlueprint("training_counts", __name__, url_prefix="/workforce/training")


@blueprint.route("/count", methods=["POST"])
@for_role("hr")
def again() -> AnyResponse:
    """Count the training of the own staff again."""
    with transaction() as session:
        done = compliance.count_again(session, visitor().organisation_id, today=now().date())
        say(session, "The training of your staff was counted." if done else "Training is being counted just now.")
    return redirect(url_for("workforce.training"), code=303)
