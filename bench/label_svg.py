"""A figure of scores against the number of labelled cases, as plain SVG text that reads on light and dark pages."""

import math
from xml.sax.saxutils import escape

INK, GRID = "#7d8590", "#7d859055"
COLOURS = ("#2f81c9", "#17a2a2", "#d9822b", "#a371d1", "#c4577b")
PANEL, HEIGHT, LEFT, TOP, BETWEEN, ROW = 380, 260, 62, 46, 66, 20


def _text(x, y, words, anchor="middle", more=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}>{escape(words)}</text>'


def _mark(shape, x, y, colour):
    """One of five shapes, so that colour is not all that tells the lines apart."""
    if shape == 0:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="{colour}"/>'
    turns = {1: (4, 45), 2: (3, -90), 3: (4, 0), 4: (3, 90)}[shape]
    corners = [math.radians(turns[1] + 360 / turns[0] * k) for k in range(turns[0])]
    points = " ".join(f"{x + 5.6 * math.cos(a):.1f},{y + 5.6 * math.sin(a):.1f}" for a in corners)
    return f'<polygon points="{points}" fill="{colour}"/>'


def _panel(title, lines, counts, span, left):
    """The axes of one data set and its lines: {name: [(value, low, high) a count]}."""
    low, high = span
    ends = math.log(counts[0]), math.log(counts[-1])

    def across(n, step=0.0):
        return left + 22 + (PANEL - 44) * (math.log(n) - ends[0]) / ((ends[1] - ends[0]) or 1) + step

    def up(value):
        return TOP + HEIGHT * (high - min(max(value, low), high)) / (high - low)

    parts = [_text(left + PANEL / 2, TOP - 14, title, more='font-weight="bold"')]
    for k in range(round((high - low) / 0.1) + 1):
        y, value = up(low + 0.1 * k), low + 0.1 * k
        parts.append(f'<line x1="{left}" y1="{y:.1f}" x2="{left + PANEL}" y2="{y:.1f}" stroke="{GRID}"/>')
        parts.append(_text(left - 8, y + 4, f"{value:.1f}", "end"))
    parts += [_text(across(n), TOP + HEIGHT + 20, str(n)) for n in counts]
    parts.append(_text(left + PANEL / 2, TOP + HEIGHT + 42, "labelled cases (training and validation)"))
    for number, values in enumerate(lines.values()):
        colour, step = COLOURS[number % len(COLOURS)], 5.0 * (number - (len(lines) - 1) / 2)
        places = [(across(n, step), value) for n, value in zip(counts, values, strict=True)]
        path = " ".join(f"{x:.1f},{up(value[0]):.1f}" for x, value in places)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for x, (value, bottom, top) in places:
            ends_of = f'x1="{x:.1f}" y1="{up(bottom):.1f}" x2="{x:.1f}" y2="{up(top):.1f}"'
            parts.append(f'<line {ends_of} stroke="{colour}" stroke-opacity="0.6"/>')
            parts.append(_mark(number % len(COLOURS), x, up(value), colour))
    return parts


def label_svg(panels, counts):
    """SVG text of ``panels`` {data set: {way: [(value, low, high) for each of ``counts``]}}, AUROC in [0, 1]."""
    names = list(next(iter(panels.values())))
    lowest = min(item[1] for lines in panels.values() for values in lines.values() for item in values)
    span = max(0.0, math.floor(10 * min(lowest, 0.5) + 1e-9) / 10), 1.0
    width = LEFT + len(panels) * (PANEL + BETWEEN) - BETWEEN + 20
    legend = TOP + HEIGHT + 68
    height = legend + ROW * ((len(names) + 1) // 2)
    body = []
    for place, (title, lines) in enumerate(panels.items()):
        body += _panel(title, lines, counts, span, LEFT + place * (PANEL + BETWEEN))
    body.append(_text(16, TOP + HEIGHT / 2, "test AUROC", more=f'transform="rotate(-90 16 {TOP + HEIGHT / 2})"'))
    for number, name in enumerate(names):
        x, y = LEFT + (number % 2) * (width - LEFT) / 2, legend + ROW * (number // 2)
        body += [
            _mark(number % len(COLOURS), x, y - 4, COLOURS[number % len(COLOURS)]),
            _text(x + 14, y, name, "start"),
        ]
    about = "AUROC on the test cases against the number of labelled cases: " + "; ".join(names)
    return "\n".join(
        [
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" role="img" '
                f'font-family="sans-serif" font-size="13" fill="{INK}">'
            ),
            f"<title>{escape(about)}</title>",
            *body,
            "</svg>\n",
        ]
    )
