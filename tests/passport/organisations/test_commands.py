"""Organisations on the command line, against a database of its own."""

import json

import pytest
from click.testing import CliRunner, Result

from passport.cli import main

TRUST = ("--name", "Invented Vale NHS Trust", "--kind", "nhs_trust", "--source", "invented")


@pytest.fixture
def run(database_url: str) -> "Run":
    """The command, set to the test's database."""
    return Run(database_url)


class Run:
    """Runs the command."""

    def __init__(self, url: str) -> None:
        self.environment = {"PASSPORT_DATABASE_URL": url.replace("+psycopg", "")}

    def __call__(self, *arguments: str) -> Result:
        """Run it with arguments."""
        return CliRunner().invoke(main, ["organisations", *arguments], env=self.environment)


def test_the_first_organisations_are_registered_by_hand(run: Run) -> None:
    assert run("register", "Q9Z", "--name", "Invented ICB", "--kind", "icb", "--source", "invented").exit_code == 0
    done = run("register", "x1v2a", *TRUST, "--parent", "Q9Z", "--opened-on", "2020-04-01", "--vpd", "457")
    assert (done.exit_code, done.stdout) == (0, "X1V2A is registered.\n")
    rows = json.loads(run("list", "--json").stdout)
    assert [(row["ods"], row["parent"], row["opened_on"], row["vpds"]) for row in rows] == [
        ("Q9Z", None, None, []),
        ("X1V2A", "Q9Z", "2020-04-01", ["457"]),
    ]
    assert "Invented Vale NHS Trust" in run("list").stdout


def test_a_taken_code_is_refused_in_words(run: Run) -> None:
    run("register", "X1V2A", *TRUST)
    again = run("register", "X1V2A", *TRUST)
    assert again.exit_code == 1
    assert again.stderr.startswith("This ODS code is taken.")


def test_a_wrong_vpd_leaves_no_half_registered_organisation(run: Run) -> None:
    refused = run("register", "X1V2A", *TRUST, "--vpd", "45")
    assert refused.exit_code == 1
    assert "/vpd" in refused.stderr
    assert json.loads(run("list", "--json").stdout) == []
