"""Charts as inline SVG: bars with their figures, for a page whose table says the same.

No script, no style attribute and nothing from elsewhere, so the page's content security policy stays as strict as it
is. A chart has a title and a description for who can't see it. A figure that is hidden has no bar and shows its `*`.
The picture is 320 wide, the width of a phone, and grows with the page. SVG does not wrap text, so a long label is
wrapped here, and its row is as much higher: a label is never cut.
"""

import textwrap
from collections.abc import Iterable
from typing import Final

from markupsafe import Markup

from passport.reporting.control import Figure

WIDTH: Final = 320
LINE_HEIGHT: Final = 16  # of a label
BELOW_LABEL: Final = 20  # the bar and the space around it
BAR: Final = 12
MOST_BARS: Final = 16
LONGEST_LINE: Final = 38  # characters of a label beside its figure
SVG: Final = Markup(
    '<svg class="app-chart" viewBox="0 0 {width} {height}" role="img" aria-labelledby="{id}-title {id}-desc">'
    '<title id="{id}-title">{title}</title><desc id="{id}-desc">{description}</desc>{bars}</svg>'
)
LABEL: Final = Markup('<text class="app-chart__label" x="0" y="{y}">{line}</text>')
ROW: Final = Markup(
    '{label}<text class="app-chart__figure" x="{width}" y="{label_y}" text-anchor="end">{text}</text>'
    '<rect class="app-chart__ground" x="0" y="{bar_y}" width="{width}" height="{bar}"/>'
    '<rect class="app-chart__bar" x="0" y="{bar_y}" width="{length}" height="{bar}"/>'
)


def bars(chart_id: str, title: str, lines: Iterable[tuple[str, Figure]]) -> Markup:
    """Return a chart of horizontal bars.

    Args:
        chart_id: unique on its page.
        title: what it shows.
        lines: a label and its figure for each bar; what is beyond `MOST_BARS` is in the table alone.
    """
    shown = list(lines)[:MOST_BARS]
    longest = max((figure.count or 0 for _, figure in shown), default=0) or 1
    drawn, top = Markup(""), 0
    for label, figure in shown:
        wrapped = textwrap.wrap(label, LONGEST_LINE) or [""]
        drawn += _row(wrapped, figure, top, length=round(WIDTH * (figure.count or 0) / longest, 1))
        top += LINE_HEIGHT * len(wrapped) + BELOW_LABEL
    description = f"{len(shown)} bars with the figures of the table that follows."
    return SVG.format(width=WIDTH, height=top or 1, id=chart_id, title=title, description=description, bars=drawn)


def _row(wrapped: list[str], figure: Figure, top: int, *, length: float) -> Markup:
    """Draw a row: the lines of its label with its figure beside the last one, and the bar below."""
    last = top + LINE_HEIGHT * len(wrapped) - 2
    label = Markup("").join(
        LABEL.format(y=top + LINE_HEIGHT * number - 2, line=line) for number, line in enumerate(wrapped, start=1)
    )
    return ROW.format(label=label, text=figure.text, label_y=last, bar_y=last + 4, width=WIDTH, bar=BAR, length=length)
