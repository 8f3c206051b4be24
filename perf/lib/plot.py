# SPDX-License-Identifier: Apache-2.0
"""Plots as SVG, with the standard library alone.

Colours are for light and for dark, by what the reader prefers; what they say is
also said in words, in a legend. Every axis has its unit.
"""
import math
from html import escape

WIDTH = 760
FONT = 12
COLOURS = 8

STYLE = """
.plot { --paper: #ffffff; --ink: #1c1e21; --soft: #5c6370; --grid: #dfe2e6;
  --c0: #0063a8; --c1: #c2500a; --c2: #007a55; --c3: #a34588; --c4: #8a6d00;
  --c5: #2f8fc4; --c6: #6b4fbb; --c7: #7b7f86;
  font: %dpx system-ui, sans-serif; background: var(--paper); }
@media (prefers-color-scheme: dark) {
  .plot { --paper: #16181c; --ink: #e6e8eb; --soft: #a2a9b4; --grid: #343941;
    --c0: #5cb2f2; --c1: #f2914d; --c2: #3fc596; --c3: #e08cc6; --c4: #d6b43c;
    --c5: #86d0f5; --c6: #b09cf0; --c7: #9aa0a8; } }
.plot text { fill: var(--ink); } .plot .soft { fill: var(--soft); }
.plot .grid { stroke: var(--grid); stroke-width: 1; }
.plot .mark { stroke: var(--ink); stroke-width: 2; }
.plot .whisker { stroke: var(--ink); stroke-width: 1; }
""" % FONT + "".join(
    ".plot .f%d { fill: var(--c%d); } .plot .l%d { stroke: var(--c%d); fill: none;"
    " stroke-width: 2; } .plot .b%d { fill: var(--c%d); opacity: .16; }\n"
    % (i, i, i, i, i, i) for i in range(COLOURS))


def number(value):
    """As people read it: 23 400, 1.2, 0.05."""
    if value == 0:
        return "0"
    if abs(value) >= 1000:
        return f"{value:,.0f}".replace(",", "\u202f")
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}"


def short(value):
    """For an axis: 10 k, 1 M."""
    for limit, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= limit:
            return f"{value / (limit if letter != 'k' else 1e3):.3g} {letter}"
    return number(value)


class Drawing:
    def __init__(self, title, height):
        self.title, self.height, self.parts = title, height, []

    def text(self, x, y, text, anchor="start", kind="", more=""):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
                          f' class="{kind}"{more}>{escape(text)}</text>')

    def line(self, x1, y1, x2, y2, kind):
        self.parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
                          f' class="{kind}"/>')

    def box(self, x, y, width, height, kind, tip):
        self.parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0.5):.1f}"'
                          f' height="{height:.1f}" class="{kind}">'
                          f'<title>{escape(tip)}</title></rect>')

    def path(self, points, kind, close=False):
        way = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + ("Z" if close else "")
        self.parts.append(f'<path d="{way}" class="{kind}"/>')

    def dot(self, x, y, kind, tip):
        self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" class="{kind}">'
                          f'<title>{escape(tip)}</title></circle>')

    def legend(self, names, y):
        x = 12
        for i, name in enumerate(names):
            self.box(x, y - 9, 10, 10, f"f{i % COLOURS}", name)
            self.text(x + 15, y, name)
            x += 15 + 6.8 * len(name) + 22
            if x > WIDTH - 120 and i + 1 < len(names):
                x, y = 12, y + 18
        return y

    def svg(self):
        return (f'<svg xmlns="http://www.w3.org/2000/svg" class="plot" role="img"'
                f' viewBox="0 0 {WIDTH} {self.height:.0f}" width="{WIDTH}"'
                f' height="{self.height:.0f}"><title>{escape(self.title)}</title>'
                f'<style>{STYLE}</style>'
                f'<rect width="100%" height="100%" style="fill:var(--paper)"/>'
                + "".join(self.parts) + "</svg>\n")


class Scale:
    """From values to places; logarithmic when it says so."""

    def __init__(self, low, high, begin, end, log=False):
        self.log = log
        if log:
            low, high = math.log10(low), math.log10(high)
        self.low, self.high = low, high if high > low else low + 1
        self.begin, self.end = begin, end

    def __call__(self, value):
        value = math.log10(value) if self.log else value
        return self.begin + (value - self.low) / (self.high - self.low) * (self.end - self.begin)

    def ticks(self):
        if self.log:
            digits = (1,) if self.high - self.low > 2.5 else (1, 2, 5)
            return [digit * 10.0 ** n for n in range(math.floor(self.low), math.ceil(self.high))
                    for digit in digits
                    if self.low - 1e-9 <= n + math.log10(digit) <= self.high + 1e-9]
        step = nice((self.high - self.low) / 5)
        first = math.ceil(self.low / step)
        return [n * step for n in range(first, math.floor(self.high / step + 1e-9) + 1)]


def nice(step):
    """The next of 1, 2, 5 times a power of ten."""
    power = 10 ** math.floor(math.log10(step))
    return next(n * power for n in (1, 2, 5, 10) if n * power >= step * 0.999)


def legend_rows(names):
    return 1 + sum(len(name) * 6.8 + 37 for name in names) // (WIDTH - 130)


def bars(title, unit, groups):
    """Groups of horizontal bars: (label, [(name, value, low, high)], mark or None).
    The mark is a value to reach, drawn across the first bar."""
    names = list(dict.fromkeys(bar[0] for group in groups for bar in group[1]))
    left, row, gap = 250, 15, 13
    top = 22 + 18 * legend_rows(names)
    height = top + sum(len(group[1]) * row + gap for group in groups) + 38
    top_value = max(max(bar[3] for bar in group[1]) for group in groups) * 1.02
    drawing = Drawing(title, height)
    scale = Scale(0, top_value, left, WIDTH - 90)
    drawing.legend(names, 20)
    bottom = height - 34
    for tick in scale.ticks():
        drawing.line(scale(tick), top - 6, scale(tick), bottom, "grid")
        drawing.text(scale(tick), bottom + 14, short(tick), "middle", "soft")
    drawing.text((left + WIDTH - 90) / 2, bottom + 30, unit, "middle", "soft")
    y = top
    for label, group, mark in groups:
        drawing.text(left - 8, y + len(group) * row / 2 + 4, label, "end")
        for name, value, low, high in group:
            drawing.box(left, y + 1, scale(value) - left, row - 3,
                        f"f{names.index(name) % COLOURS}", f"{name}: {number(value)} {unit}")
            drawing.line(scale(low), y + row / 2, scale(high), y + row / 2, "whisker")
            drawing.text(max(scale(value), scale(high)) + 6, y + row - 4, number(value), "start",
                         "soft")
            y += row
        if mark is not None and mark <= top_value:
            drawing.line(scale(mark), y - len(group) * row - 2, scale(mark),
                         y - (len(group) - 1) * row + 1, "mark")
        y += gap
    return drawing.svg()


def stacked(title, unit, rows, names):
    """Horizontal bars made of parts: (label, {name: value})."""
    left, row = 250, 24
    top = 22 + 18 * legend_rows(names)
    height = top + len(rows) * row + 40
    drawing = Drawing(title, height)
    most = max(sum(parts.values()) for _, parts in rows)
    scale = Scale(0, most * 1.02, left, WIDTH - 70)
    bottom = height - 36
    drawing.legend(names, 20)
    for tick in scale.ticks():
        drawing.line(scale(tick), top - 6, scale(tick), bottom, "grid")
        drawing.text(scale(tick), bottom + 14, short(tick), "middle", "soft")
    drawing.text((left + WIDTH - 70) / 2, bottom + 30, unit, "middle", "soft")
    for i, (label, parts) in enumerate(rows):
        y, at = top + i * row, 0
        drawing.text(left - 8, y + 13, label, "end")
        for name in names:
            value = parts.get(name) or 0
            if value > 0:
                drawing.box(scale(at), y, scale(at + value) - scale(at), row - 7,
                            f"f{names.index(name) % COLOURS}", f"{name}: {number(value)} {unit}")
            at += value
        drawing.text(scale(at) + 6, y + 13, number(at), "start", "soft")
    return drawing.svg()


def lines(title, x_unit, y_unit, series, log_x=False, log_y=False, x_ticks=None):
    """Lines through points: (name, [(x, y, low, high)]); the band is from low to high.
    x_ticks: (place, words), in place of what the scale would have."""
    names = [name for name, _ in series]
    points = [point for _, line in series for point in line]
    top, left, right = 22 + 18 * legend_rows(names), 84, WIDTH - 24
    height = top + 330
    bottom = height - 50
    xs, lows, highs = zip(*((p[0], p[2], p[3]) for p in points))
    x = Scale(min(xs), max(xs), left, right, log_x)
    y = Scale(min(lows) * 0.8 if log_y else 0, max(highs) * (1.25 if log_y else 1.06), bottom, top,
              log_y)
    drawing = Drawing(title, height)
    drawing.legend(names, 20)
    for tick in y.ticks():
        drawing.line(left, y(tick), right, y(tick), "grid")
        drawing.text(left - 8, y(tick) + 4, short(tick), "end", "soft")
    for place, words in x_ticks or [(v, short(v)) for v in sorted(set(xs))]:
        drawing.line(x(place), top, x(place), bottom, "grid")
        drawing.text(x(place), bottom + 16, words, "middle", "soft")
    drawing.text((left + right) / 2, bottom + 36, x_unit, "middle", "soft")
    drawing.text(16, (top + bottom) / 2, y_unit, "middle", "soft",
                 f' transform="rotate(-90 16 {(top + bottom) / 2:.0f})"')
    for i, (name, line) in enumerate(series):
        kind = i % COLOURS
        if any(p[2] != p[3] for p in line):
            drawing.path([(x(p[0]), y(p[3])) for p in line]
                         + [(x(p[0]), y(p[2])) for p in reversed(line)], f"b{kind}", True)
        drawing.path([(x(p[0]), y(p[1])) for p in line], f"l{kind}")
        for p in line:
            drawing.dot(x(p[0]), y(p[1]), f"f{kind}", f"{name}: {number(p[1])} {y_unit}")
    return drawing.svg()
