"""What is asked on the pages of applications for recognition."""

from typing import Final

from passport.awards.forms import PersonForm
from passport.recognition.service import MOST_CHARACTERS
from passport.web.forms import DateInput, Form, Radios, Select, TextInput

LEVELS: Final = (
    ("enhanced", "Enhanced practice"), ("advanced", "Advanced practice"), ("consultant", "Consultant practice"),
)  # fmt: skip
ROUTES: Final = (
    ("eportfolio", "ePortfolio", "The employer confirms that the person is eligible"),
    ("programme", "Accredited programme", "The person is enrolled on an accredited MSc"),
)
EDITIONS: Final = (("2025", "2025"), ("2017", "2017"))
PILLARS: Final = (
    ("clinical_practice", "Clinical practice"),
    ("leadership_and_management", "Leadership and management"),
    ("education", "Education"),
    ("research", "Research"),
)
METHODS: Final = (
    ("register_lookup", "I looked the number up in the live register"),
    ("document", "I saw a document"),
    ("employer_record", "The employer's record says so"),
)


class ApplicationForm(PersonForm):
    """Who applies, by which route, for which level."""

    route = Radios("By which route?", choices=ROUTES, required="Choose the route")
    employer = TextInput("Employer's ODS code", hint="Only for the ePortfolio", width=10)
    programme = TextInput("Programme", hint="Only for an accredited programme: its title")
    level = Radios("Which level?", choices=LEVELS, required="Choose the level")
    edition = Radios("Which edition of the framework?", choices=EDITIONS, required="Choose the edition")
    base_profession = TextInput(
        "Base profession", hint="As the register calls it, not the job title", required="Enter the base profession"
    )
    begun_on = DateInput("When did it begin?", required="Enter the day on which it began")


class OwnApplicationForm(Form):
    """An application that an employer begins for one of its own staff, by ePortfolio."""

    number = TextInput("Passport number", hint="For example, 0123-4567-T", width=10, required="Enter the number")
    organisation = Select("Who will decide?", required="Choose who will decide")
    level = Radios("Which level?", choices=LEVELS, required="Choose the level")
    edition = Radios("Which edition of the framework?", choices=EDITIONS, required="Choose the edition")
    base_profession = TextInput(
        "Base profession", hint="As the register calls it, not the job title", required="Enter the base profession"
    )
    begun_on = DateInput("When did they express interest?", example="past", required="Enter the day")


class StepForm(Form):
    """The day on which a step was reached."""

    on = DateInput("On which day?", example="past", required="Enter the day")


class EvidenceForm(Form):
    """One piece of evidence: never the thing itself."""

    pillar = Radios("For which pillar?", choices=PILLARS, required="Choose the pillar")
    title = TextInput("What is it?", hint="A title, without names of patients", required="Enter a title")
    dated_on = DateInput("Of which day is it?", required="Enter the day of the evidence")
    reference = TextInput("Where is it kept?", hint="For example, a number in the portfolio", required="Enter where")
    assessed_by = TextInput("Who assessed it?", required="Enter who assessed it")


class RegisterForm(Form):
    """A look at a registration of the applicant."""

    registration = Radios("Which registration?", required="Choose the registration")
    checked_on = DateInput("When did you look?", example="past", required="Enter the day on which you looked")
    method = Radios("How?", choices=METHODS, required="Choose how you looked")


class WithdrawForm(Form):
    """Why an application ends without a recognition."""

    words = TextInput("Why does it end?", longest=MOST_CHARACTERS, required="Write why it ends")


class EligibilityForm(Form):
    """What the employer says."""

    answer = Radios(
        "Is this person eligible?",
        choices=(("yes", "Yes, I confirm it"), ("no", "No", "The application ends")),
        required="Choose yes or no",
    )
    on = DateInput("On which day did you decide?", required="Enter the day")
