"""The flow of records (PRISMA 2020): what was met, what left and why, what is included."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from onearm.evidence import Evidence
from onearm.evidence.flow import Exit, FlowColumn, flow_columns
from onearm.evidence.tables.columns import EXITS
from onearm.figures.drawing import INK, MUTED, Drawing, finish, style
from onearm.figures.text import wrap
from onearm.words import count

WIDTH = 9.6  # inches, as all that follows but the letters
MAIN, GAP, PAD = 1.95, 0.18, 0.09
SIDE = 2  # columns side by side; further ones are drawn below
SPACE, LEAST = 0.26, 1.3  # between columns; least width of the boxes of those who leave
LETTER, LINE = 8.2, 0.155  # size of the letters in points; height of a line
TITLE, BETWEEN, EDGE = 0.35, 0.3, 0.05
REASONS = 6  # kinds of reason that a box names; the rest are counted together
WHOLE = 99  # lines: a reason is never cut, its box grows
ROOM = 72 * (MAIN - 2 * PAD)


Line = tuple[str, bool]  # a line of text, and whether it heads what follows
Step = tuple["_Box", "_Box | None"]  # a box, and the box of those who leave there


@dataclass(frozen=True)
class _Box:
    """Lines of text in a box."""

    lines: tuple[Line, ...]

    @property
    def height(self) -> float:
        """In inches."""
        return LINE * len(self.lines) + 2 * PAD


def flow(evidence: Evidence, *, name: str, title: str) -> Drawing | None:
    """Draw the flow of records, from how they were met to what is included.

    Parameters
    ----------
    evidence : Evidence
        Its records, with the stage that each reached and its decision; the plan's `flow`
        names the columns. A column without records is left out.
    name, title : str
        Slug and caption of the drawing.

    Returns
    -------
    Drawing or None
        Every box is the sum of its exits; its text alternative lists all boxes and reasons.
        None where there are no records.

    Raises
    ------
    InputError
        When a box is not the sum of its exits, with the numbers.
    """
    if not evidence.records:
        return None
    *columns, total = flow_columns(evidence)
    columns = [column for column in columns if column.screened]
    searched = _searched(evidence)
    told = [": ".join(searched), *map(_told, columns), f"In all: {_included_words(total)}."]
    alt = " ".join([f"{title}.", *filter(None, told)])
    numbers = [row for column in (*columns, total) for row in _numbers(column)]
    with style(name):
        figure = _draw(searched, columns, total)
        return finish(figure, name=name, title=title, alt=alt, numbers=numbers, printed=True)


def _searched(evidence: Evidence) -> tuple[str, ...]:
    """Say what was searched, where the plan tells."""
    status = evidence.protocol.status
    return ("Search", status.last_search) if status else ()


@dataclass(frozen=True)
class _Band:
    """Columns side by side: where each begins, how wide its exits are, its boxes, its height."""

    columns: tuple[tuple[FlowColumn, float, float, list[Step]], ...]
    heights: tuple[float, ...]

    @property
    def height(self) -> float:
        """In inches, with the titles and the arrows that leave it."""
        return TITLE + sum(self.heights) + BETWEEN * len(self.heights)

    @property
    def end(self) -> float:
        """The right edge of the last main box."""
        return self.columns[-1][1] + MAIN


def _band(columns: Sequence[FlowColumn]) -> _Band:
    """Share the width among columns by how much there is to say of those who leave."""
    free = WIDTH - 2 * EDGE - SIDE * (MAIN + GAP) - (SIDE - 1) * SPACE - SIDE * LEAST
    if len(columns) < SIDE:
        free = min(free, 2.0)
    letters = [_letters(column) for column in columns]
    asides = [LEAST + free * part / sum(letters) for part in letters]
    lefts = [EDGE + i * (MAIN + GAP + SPACE) + sum(asides[:i]) for i in range(len(columns))]
    steps = [_steps(*item) for item in zip(columns, asides, strict=True)]
    heights = tuple(
        max(box.height for step in of_row for box in step if box)
        for of_row in zip(*steps, strict=True)
    )
    return _Band(tuple(zip(columns, lefts, asides, steps, strict=True)), heights)


def _letters(column: FlowColumn) -> int:
    """How much the boxes of those who leave a column say; at least a little."""
    shown = (reason for exit_ in column.exits.values() for reason, _ in exit_.reasons[:REASONS])
    return 100 + sum(map(len, shown))


def _draw(searched: Sequence[str], columns: Sequence[FlowColumn], total: FlowColumn) -> Figure:
    top = _Box(tuple(_wrapped(searched, 72 * (WIDTH - 2 * EDGE - 2 * PAD), WHOLE)))
    start = EDGE + (top.height if searched else 0.0)
    bands = [_band(columns[i : i + SIDE]) for i in range(0, len(columns), SIDE)]
    end_width = bands[-1].end - EDGE
    end = _Box(tuple(_wrapped(_included(total), 72 * (end_width - 2 * PAD))))
    height = start + sum(band.height for band in bands) + end.height + EDGE
    figure = Figure(figsize=(WIDTH, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(height, 0)
    axes.axis("off")
    if searched:
        _text_box(axes, EDGE, EDGE, WIDTH - 2 * EDGE, top, INK)
    y = start
    for band in bands:
        for column, x, aside, boxes in band.columns:
            words = wrap(column.title, 72 * (MAIN + GAP + aside), LETTER + 1.5, bold=True, most=1)
            axes.text(x, y + TITLE / 2, words, weight="bold", size=LETTER + 1.5, va="center")
            _column(axes, (x, y + TITLE), aside, boxes, band.heights, on=band is bands[-1])
        y += band.height
    _text_box(axes, EDGE, height - end.height - EDGE, end_width, end, INK)
    return figure


def _column(
    axes: Axes,
    place: tuple[float, float],
    wide: float,
    boxes: Sequence[Step],
    heights: Sequence[float],
    *,
    on: bool,
) -> None:
    """Draw the boxes of a column; an arrow goes on from the last of the lowest band."""
    x, y = place
    for step, ((main, aside), height) in enumerate(zip(boxes, heights, strict=True), 1):
        _text_box(axes, x, y, MAIN, main, INK)
        if aside:
            _text_box(axes, x + MAIN + GAP, y, wide, aside, MUTED)
            _arrow(axes, (x + MAIN, y + main.height / 2), (x + MAIN + GAP, y + main.height / 2))
        below = y + height + BETWEEN
        if on or step < len(boxes):
            _arrow(axes, (x + MAIN / 2, y + main.height), (x + MAIN / 2, below))
        y = below


def _text_box(axes: Axes, x: float, y: float, wide: float, box: _Box, edge: str) -> None:
    axes.add_patch(Rectangle((x, y), wide, box.height, fc="white", ec=edge, lw=1.0))
    for place, (line, heads) in enumerate(box.lines):
        middle, weight = y + PAD + LINE * (place + 0.5), "bold" if heads else "normal"
        axes.text(x + PAD, middle, line, size=LETTER, va="center", color=INK, weight=weight)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    look = {"arrowstyle": "-|>", "color": INK, "lw": 1.0, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", xy=end, xytext=start, arrowprops=look)


def _steps(column: FlowColumn, wide: float) -> list[Step]:
    """The boxes of a column from top to bottom, each with the box of those who leave there."""
    met = [f"{number} {words}" for words, number in column.met_by]
    room = 72 * (wide - 2 * PAD)
    return [
        (
            _main(f"Records identified: {_identified(column)}", met),
            _Box(tuple(_wrapped([f"Removed before screening: {_removed(column)}"], room))),
        ),
        (_main(f"Records screened: {column.screened}"), _aside(column, "screened", room)),
        (_main(f"Reports sought: {column.sought}"), _aside(column, "sought", room)),
        (_main(f"Reports assessed: {column.assessed}"), _aside(column, "assessed", room)),
        (_Box(tuple(_wrapped(_included(column), ROOM))), None),
    ]


def _identified(column: FlowColumn) -> int:
    return sum(number for _, number in column.met_by)


def _removed(column: FlowColumn) -> int:
    return _identified(column) - column.screened


def _main(heading: str, lines: Sequence[str] = ()) -> _Box:
    return _Box(tuple(_wrapped([heading, *lines], ROOM)))


def _aside(column: FlowColumn, stage: str, room: float) -> _Box:
    lines: list[Line] = []
    for (at, decision), words in EXITS.items():
        found = column.exits[at, decision]
        # An empty exit is told where PRISMA has a box for it, and else left out.
        expected = decision in ("excluded", "not_retrieved")
        if at == stage and not decision.startswith("included") and (found.number or expected):
            lines += _wrapped([f"{words}: {found.number}", *_reasons(found)], room, WHOLE)
    return _Box(tuple(lines))


def _reasons(found: Exit) -> Iterator[str]:
    """The most frequent reasons with their counts, and the rest counted together."""
    shown = found.reasons[:REASONS]
    for reason, number in shown:
        yield f"{number} × {reason}"
    rest = found.number - sum(number for _, number in shown)
    if rest:
        yield f"{rest} × for other reasons"


def _included(column: FlowColumn) -> list[str]:
    pooled, described = column.exits["assessed", "included"].number, column.described.number
    only = column.studies - column.pooled_studies
    return [
        f"Included: {_of(column.studies, column.included)}",
        f"may be pooled: {_of(column.pooled_studies, pooled)}",
        f"only described: {_of(only, described)}",
    ]


def _of(studies: int, reports: int) -> str:
    return f"{count(studies, 'study', 'studies')} in {count(reports, 'report')}"


def _wrapped(texts: Sequence[str], room: float, most: int = 2) -> list[Line]:
    """Break texts into lines; the first of them is the heading."""
    return [
        (line, not place)
        for place, text in enumerate(texts)
        for line in wrap(text, room, LETTER, bold=not place, most=most).split("\n")
    ]


def _told(column: FlowColumn) -> str:
    """Every box of a column in words, with every reason."""
    met = ", ".join(f"{number} {words}" for words, number in column.met_by)
    left = []
    for way, words in EXITS.items():
        found = column.exits[way]
        if not way[1].startswith("included"):
            why = "; ".join(f"{number} × {reason}" for reason, number in found.reasons)
            left.append(f"{words}: {found.number}{f' ({why})' if why else ''}.")
    return (
        f"{column.title}: {count(_identified(column), 'record')} identified ({met}), "
        f"{_removed(column)} removed before screening, {column.screened} screened, "
        f"{count(column.sought, 'report')} sought, {count(column.assessed, 'report')} assessed. "
        f"{' '.join(left)} {_included_words(column)}."
    )


def _included_words(column: FlowColumn) -> str:
    return "; ".join(_included(column))


def _numbers(column: FlowColumn) -> Iterator[dict[str, object]]:
    """One row a box; the boxes of reports that are included have their studies beside them."""
    boxes = {
        "Records identified": (_identified(column), None),
        "Removed before screening": (_removed(column), None),
        "Records screened": (column.screened, None),
        "Reports sought": (column.sought, None),
        "Reports assessed": (column.assessed, None),
        **{words: (column.exits[way].number, None) for way, words in EXITS.items()},
        "Included": (column.included, column.studies),
    }
    for box, (records, studies) in boxes.items():
        yield {"column": column.title, "box": box, "records": records, "studies": studies}
