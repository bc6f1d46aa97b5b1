"""What the workforce team looks for in its list of staff."""

from passport.issuing.people import FILTERS
from passport.web.forms import Form, Radios, TextInput


class SearchForm(Form):
    """A search by name or number; it is sent by POST, so that no name stands in an address."""

    search = TextInput("Name or number", hint="Passport, employee or assignment number", width=20, longest=100)
    only = Radios("Show", choices=FILTERS.items(), required=None)
