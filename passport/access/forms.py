"""The forms of sign-in."""

from passport.web.forms import Form, Radios


class RoleForm(Form):
    """Which role to work in."""

    role = Radios("Choose the role you work in now", heading=True, required="Choose a role")
