"""`passport catalogue load`, against a database of its own."""

import json

from click.testing import CliRunner, Result

from passport.cli import main


def load(url: str, *options: str) -> Result:
    return CliRunner().invoke(main, ["catalogue", "load", *options], env={"PASSPORT_DATABASE_URL": url})


def test_the_catalogue_is_loaded_and_loaded_again(database_url: str) -> None:
    first, again = load(database_url), load(database_url)
    assert (first.exit_code, again.exit_code) == (0, 0)
    assert first.stdout == "116 added, 0 changed, 0 unchanged: the catalogue is of version 1.\n"
    assert again.stdout == "0 added, 0 changed, 116 unchanged: the catalogue is of version 1.\n"


def test_the_report_is_there_for_programs(database_url: str) -> None:
    report = json.loads(load(database_url, "--json").stdout)
    assert (len(report["added"]), report["changed"], report["unchanged"], report["version"]) == (116, [], 0, 1)
