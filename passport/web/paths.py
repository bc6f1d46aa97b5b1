"""Numbers in paths, within what a column holds; any other is an address at which there is nothing."""

from typing import Any

from flask_smorest.spec.plugins import integerconverter2paramschema
from werkzeug.routing import IntegerConverter

from passport.web.fields import LARGEST_INTEGER


class PathNumber(IntegerConverter):
    """What `<int:...>` takes in our routes: at most ten digits, and no more than PostgreSQL's `integer`."""

    regex = r"[0-9]{1,10}"

    def __init__(self, map: Any, max: int = LARGEST_INTEGER, **options: Any) -> None:  # noqa: A002 (Werkzeug's names)
        super().__init__(map, max=max, **options)


describe_path_number = integerconverter2paramschema
