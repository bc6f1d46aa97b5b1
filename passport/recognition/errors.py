"""What can be wrong with an application for recognition."""

from passport.errors import Conflict, NotFound


class ApplicationNotFound(NotFound):
    """There is no such application, or it is another organisation's."""

    code = "application_not_found"
    title = "There is no such application"


class ApplicationOpen(Conflict):
    """The person has an open application, here or at another organisation."""

    code = "application_open"
    title = "The person has an open application already"
    constraint = "uq_recognition_application_open"


class ApplicationEnded(Conflict):
    """The application was recognised, withdrawn or refused, or it lapsed."""

    code = "application_ended"
    title = "The application has ended"


class RecognisedAlready(Conflict):
    """The person is recognised at this level, or a higher one."""

    code = "recognised_already"
    title = "The person is recognised at this level already"


class StepOutOfOrder(Conflict):
    """The step does not follow from the one before, or was recorded already."""

    code = "step_out_of_order"
    title = "This step can't be recorded now"


class EvidenceMissing(Conflict):
    """The evidence does not reach for this step."""

    code = "evidence_missing"
    title = "Evidence is missing"


class EvidenceClosed(Conflict):
    """Everything was submitted: no evidence is added after that."""

    code = "evidence_closed"
    title = "No evidence can be added after the submission"


class RegisterNotLookedUp(Conflict):
    """Nobody recorded a look at the live register since everything was submitted."""

    code = "register_not_looked_up"
    title = "The live register was not looked up since the submission"
