"""The whole report as one page, to be printed or searched: every page after the other.

Ids are made those of their page, and links between pages become links within; what needs a
script stays on its own page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from onearm.report.build.runs import Run

__all__ = ["FILE", "everything"]

FILE = "everything.html"

_MAIN = re.compile(r'<main id="main">(.*)</main>', re.DOTALL)
_SCRIPT = re.compile(r"<script.*?</script>", re.DOTALL)
_CONTROLS = re.compile(r'<div class="explorer-choose" hidden(?:="")?>.*?</div>', re.DOTALL)
_STYLE = re.compile(r"<style>.*?</style>", re.DOTALL)
_ID = re.compile(r'(<[^<>]*?\s)id="([^"]*)"')
_NAMED = re.compile(r'\s(for|aria-describedby|aria-labelledby)="([^"]*)"')
_WITHIN = re.compile(r'\s(href|xlink:href)="#([^"]*)"')
_PAINT = re.compile(r"url\(#([^)]*)\)")
_BETWEEN = re.compile(r'\shref="([^"#/:]+)\.html(?:#([^"]*))?"')


def everything(pages: Mapping[str, str], runs: Sequence[Run], report: str) -> str:
    """Join the pages of a report.

    Parameters
    ----------
    pages : mapping of str to str
        File names and contents.
    runs : sequence of Run
        Which they are, in their order.
    report : str
        The report's title.

    Returns
    -------
    str
        A whole page, without a script.
    """
    names = {run.name for run in runs}
    parts = [_part(run, pages[run.page], names) for run in runs]
    listed = Markup("").join(
        Markup('<li><a href="#{}">{}</a></li>').format(f"{run.name}--main", run.title)
        for run in runs
    )
    style = _STYLE.search(pages[runs[0].page])
    whole = {"{title}": str(Markup.escape(report)), "{style}": style[0] if style else ""}
    whole |= {"{listed}": str(listed), "{parts}": "".join(parts)}
    return re.sub(r"\{(title|style|listed|parts)\}", lambda m: whole[m[0]], _WHOLE)


def _part(run: Run, page: str, names: set[str]) -> str:
    found = _MAIN.search(page)
    inner = found[1] if found else ""
    for gone in (_SCRIPT, _CONTROLS):
        inner = gone.sub("", inner)
    own = f"{run.name}--"
    inner = _ID.sub(rf'\1id="{own}\2"', inner)
    inner = _NAMED.sub(lambda m: f' {m[1]}="{" ".join(own + n for n in m[2].split())}"', inner)
    inner = _WITHIN.sub(lambda m: f' {m[1]}="#{own}{m[2]}"', inner)
    inner = _PAINT.sub(lambda m: f"url(#{own}{m[1]})", inner)
    inner = _BETWEEN.sub(lambda m: _moved(m, names), inner)
    inner = inner.replace("<h2", "<h3").replace("</h2>", "</h3>")
    inner = inner.replace("<h1>", "<h2>").replace("</h1>", "</h2>")
    return f'<section id="{own}main">{inner}</section>\n'


def _moved(link: re.Match[str], names: set[str]) -> str:
    if link[1] not in names:
        return link[0]
    return f' href="#{link[1]}--{link[2] or "main"}"'


_WHOLE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; \
style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>{title}: everything</title>
{style}
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header><p class="report"><a href="index.html">{title}</a></p></header>
<main id="main">
<h1>Everything on one page</h1>
<ul>{listed}</ul>
{parts}</main>
</body>
</html>
"""
