"""Charts: a long name is wrapped and never cut, and no name can become markup."""

import re

from passport.reporting import charts
from passport.reporting.control import Figure

LONG = "Community exercise-based approaches for people living with long-term conditions"


def test_a_long_label_is_wrapped_and_nothing_of_it_is_lost() -> None:
    drawn = charts.bars("c", "Credentials", [(LONG, Figure(10)), ("Acute Medicine", Figure(None))])
    lines = re.findall(r'app-chart__label" x="0" y="(\d+)">([^<]+)<', drawn)
    assert " ".join(text for _, text in lines) == f"{LONG} Acute Medicine"
    assert all(len(text) <= charts.LONGEST_LINE for _, text in lines)
    assert [int(y) for y, _ in lines] == [14, 30, 46, 82]
    assert 'viewBox="0 0 320 104"' in drawn
    assert re.findall(r'app-chart__bar" x="0" y="(\d+)" width="([\d.]+)"', drawn) == [("50", "320.0"), ("86", "0.0")]


def test_a_label_is_text_and_a_chart_of_nothing_is_a_chart() -> None:
    drawn = charts.bars("c", "<b>", [("<script>" + "x" * 60, Figure(10))])
    assert "<script>" not in drawn
    assert "<b>" not in drawn
    assert "0 bars" in charts.bars("c", "Nothing", [])
