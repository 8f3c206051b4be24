# SPDX-License-Identifier: Apache-2.0
"""A report of headings, paragraphs, tables and plots, as Markdown and as HTML."""
import os
from html import escape

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; --ink: #1c1e21; --paper: #fff; --line: #dfe2e6; }}
@media (prefers-color-scheme: dark) {{ :root {{ --ink: #e6e8eb; --paper: #16181c; --line: #343941; }} }}
body {{ max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: var(--ink);
  background: var(--paper); font: 15px/1.5 system-ui, sans-serif; }}
table {{ border-collapse: collapse; margin: 1rem 0; display: block; overflow-x: auto; }}
th, td {{ border-bottom: 1px solid var(--line); padding: .25rem .6rem; text-align: left;
  font-variant-numeric: tabular-nums; white-space: nowrap; }}
svg {{ max-width: 100%; height: auto; }}
figure {{ margin: 1rem 0; }} figcaption {{ font-size: .9em; }}
</style>
</head>
<body>
{body}</body>
</html>
"""


class Document:
    def __init__(self, title):
        self.title, self.blocks = title, []

    def heading(self, text):
        self.blocks.append(("heading", text))

    def paragraph(self, text):
        self.blocks.append(("paragraph", text))

    def table(self, head, rows):
        if rows:
            self.blocks.append(("table", [head] + [[cell(c) for c in row] for row in rows]))

    def plot(self, name, caption, svg):
        self.blocks.append(("plot", (name, caption, svg)))

    def write(self, folder):
        os.makedirs(os.path.join(folder, "plots"), exist_ok=True)
        for kind, content in self.blocks:
            if kind == "plot":
                save(os.path.join(folder, "plots", content[0] + ".svg"), content[2])
        save(os.path.join(folder, "report.md"), self.markdown())
        save(os.path.join(folder, "report.html"), self.html())

    def markdown(self):
        out = [f"# {self.title}\n"]
        for kind, content in self.blocks:
            out.append(getattr(self, "md_" + kind)(content) + "\n")
        return "\n".join(out)

    @staticmethod
    def md_heading(text):
        return "## " + text

    @staticmethod
    def md_paragraph(text):
        return text

    @staticmethod
    def md_table(rows):
        lines = ["| " + " | ".join(c.replace("|", "\\|") for c in row) + " |" for row in rows]
        lines.insert(1, "|" + "---|" * len(rows[0]))
        return "\n".join(lines)

    @staticmethod
    def md_plot(content):
        name, caption, _ = content
        return f"![{caption}](plots/{name}.svg)\n\n{caption}"

    def html(self):
        body = [f"<h1>{escape(self.title)}</h1>\n"]
        for kind, content in self.blocks:
            body.append(getattr(self, "html_" + kind)(content) + "\n")
        return PAGE.format(title=escape(self.title), body="".join(body))

    @staticmethod
    def html_heading(text):
        return f"<h2>{escape(text)}</h2>"

    @staticmethod
    def html_paragraph(text):
        return f"<p>{escape(text)}</p>"

    @staticmethod
    def html_table(rows):
        head = "".join(f"<th>{escape(c)}</th>" for c in rows[0])
        body = "".join("<tr>" + "".join(f"<td>{escape(c)}</td>" for c in row) + "</tr>\n"
                       for row in rows[1:])
        return f"<table><tr>{head}</tr>\n{body}</table>"

    @staticmethod
    def html_plot(content):
        _, caption, svg = content
        return f"<figure>{svg}<figcaption>{escape(caption)}</figcaption></figure>"


def cell(value):
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    return str(value)


def save(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
