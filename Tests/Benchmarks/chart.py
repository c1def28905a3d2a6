"""Charts as SVG, written by hand: readable on light and on dark ground, without anything that must be installed."""

import math
from html import escape

STYLE = """
  text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #24292f; }
  .title { font-size: 15px; font-weight: 600; }
  .small { font-size: 11px; fill: #57606a; }
  .ours { fill: #2f7fd1; stroke: #2f7fd1; }
  .other { fill: #8c959f; stroke: #8c959f; }
  .goal { stroke: #cf222e; stroke-width: 2; }
  .grid { stroke: #d0d7de; stroke-width: 1; }
  .line { fill: none; stroke-width: 2; }
  .dashed { stroke-dasharray: 5 4; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .small { fill: #9ea7b3; }
    .grid { stroke: #3d444d; }
    .goal { stroke: #ff7b72; }
    .ours { fill: #58a6ff; stroke: #58a6ff; }
  }
"""


class Drawing:
    """An SVG being written."""

    def __init__(self, width, height, title):
        self.size = (width, height)
        self.parts = [f"<title>{escape(title)}</title>", f"<style>{STYLE}</style>"]
        self.text(0, 18, title, "title")

    def text(self, x, y, words, kind="", anchor="start"):
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(str(words))}</text>'
        )

    def box(self, x, y, width, height, kind):
        self.parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 1):.1f}" height="{height}" rx="2" class="{kind}"/>'
        )

    def line(self, x1, y1, x2, y2, kind):
        self.parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>')

    def path(self, points, kind):
        places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(f'<polyline points="{places}" class="line {kind}" style="fill:none"/>')
        self.parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" class="{kind}"/>' for x, y in points]

    def __str__(self):
        width, height = self.size
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        )
        return "\n".join([head, *self.parts, "</svg>"]) + "\n"


def bars(title, rows, foot):
    """Horizontal bars: rows of (name, CPU µs, goal in µs or None, whose)."""
    left, right, step, width = 380, 70, 24, 900
    drawing = Drawing(width, 64 + step * len(rows), title)
    scale = (width - left - right) / max(cost for _, cost, _, _ in rows)
    for number, (name, cost, goal, whose) in enumerate(rows):
        y = 34 + step * number
        drawing.text(left - 8, y + 13, name, anchor="end")
        drawing.box(left, y, cost * scale, step - 7, whose)
        drawing.text(left + max(cost, goal or 0) * scale + 7, y + 13, f"{cost:.1f} µs")
        if goal:
            drawing.line(left + goal * scale, y - 2, left + goal * scale, y + step - 5, "goal")
    drawing.text(0, drawing.size[1] - 8, foot, "small")
    return str(drawing)


def lines(title, groups, foot):
    """Latency by rate, one panel for each of the quantiles: groups of (name, [(label, kind, [(rate, ms)])])."""
    panel, height, left, top = 270, 300, 44, 62
    drawing = Drawing(panel * len(groups) + 20, height, title)
    for number, (name, curves) in enumerate(groups):
        x = left + panel * number
        draw_panel(drawing, (x, top, panel - 60, height - top - 56), name, curves)
    legend = [(label, kind) for label, kind, _ in groups[0][1]]
    for number, (label, kind) in enumerate(legend):
        drawing.line(left + 190 * number, 34, left + 190 * number + 24, 34, kind)
        drawing.text(left + 190 * number + 30, 38, label, "small")
    drawing.text(0, height - 6, foot, "small")
    return str(drawing)


def draw_panel(drawing, frame, name, curves):
    """One quantile; rates at equal distances, milliseconds from zero."""
    x, y, width, height = frame
    rates = sorted({rate for _, _, points in curves for rate, _ in points})
    step = round_step(max(ms for _, _, points in curves for _, ms in points) / 4)
    most = step * 4
    for part in range(5):
        level = y + height - height * part / 4
        drawing.line(x, level, x + width, level, "grid")
        drawing.text(x - 6, level + 4, f"{step * part:g}", "small", "end")
    place = {rate: x + width * (number + 0.5) / len(rates) for number, rate in enumerate(rates)}
    for rate, at in place.items():
        drawing.text(at, y + height + 16, f"{rate:,}", "small", "middle")
    for _, kind, points in curves:
        drawing.path([(place[rate], y + height - height * ms / most) for rate, ms in points], kind)
    drawing.text(x, y - 8, f"{name}, ms, by requests a second")


def round_step(least):
    """The next number that people count in."""
    power = 10 ** math.floor(math.log10(least))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= least)
