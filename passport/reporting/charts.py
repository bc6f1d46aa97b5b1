"""Charts as inline SVG: bars with their figures, for a page whose table says the same.

No script, no style attribute and nothing from elsewhere, so the page's content security policy stays as strict as it
is. A chart has a title and a description for who can't see it. A figure that is hidden has no bar and shows its `*`.
The picture is 320 wide, the width of a phone, and grows with the page.
"""

from collections.abc import Iterable
from typing import Final

from markupsafe import Markup

from passport.reporting.control import Figure

WIDTH: Final = 320
ROW: Final = 34
BAR: Final = 12
MOST_BARS: Final = 16
LONGEST_LABEL: Final = 38
SVG: Final = Markup(
    '<svg class="app-chart" viewBox="0 0 {width} {height}" role="img" aria-labelledby="{id}-title {id}-desc">'
    '<title id="{id}-title">{title}</title><desc id="{id}-desc">{description}</desc>{bars}</svg>'
)
LINE: Final = Markup(
    '<text class="app-chart__label" x="0" y="{label_y}">{label}</text>'
    '<text class="app-chart__figure" x="{width}" y="{label_y}" text-anchor="end">{text}</text>'
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
    drawn = Markup("").join(
        LINE.format(
            label=_short(label), text=figure.text, width=WIDTH, bar=BAR,
            label_y=ROW * place + 14, bar_y=ROW * place + 18,
            length=round(WIDTH * (figure.count or 0) / longest, 1),
        )
        for place, (label, figure) in enumerate(shown)
    )  # fmt: skip
    description = f"{len(shown)} bars with the figures of the table that follows."
    height = ROW * max(len(shown), 1)
    return SVG.format(width=WIDTH, height=height, id=chart_id, title=title, description=description, bars=drawn)


def _short(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else label[: LONGEST_LABEL - 1].rstrip() + "…"
