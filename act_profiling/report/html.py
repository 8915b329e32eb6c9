"""A report as one page that needs nothing else: no script, no request, its own style and pictures.

It is read by people who ask: what does a ponder step cost here, and what does it buy?
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path

from act_profiling.report import charts, details, fronts, headline, levels, names, rows, words
from act_profiling.report.build import Report, cost_of
from act_profiling.report.markup import figure, legend, table
from act_profiling.report.origin import provenance
from act_profiling.report.svg import element

STYLE = Path(__file__).parent / "page.css"

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""By which a browser refuses whatever the page would load from elsewhere."""


def render(report: Report) -> str:
    """The whole document."""
    short = names.shortened(report)
    title = names.title(short)
    top = element("h1", escape(title)) + element("p", escape(names.subtitle(short)), class_="soft")
    body = "".join((top, *_parts(short), *_origin(report)))
    head = (
        '<meta charset="utf-8"/>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"/>'
        f"<title>{escape(title)}</title><style>{STYLE.read_text(encoding='utf-8')}</style>"
    )
    return (
        f'<!doctype html>\n<html lang="en"><head>{head}</head>'
        f"<body><main>{body}</main></body></html>\n"
    )


def _parts(report: Report) -> Iterator[str]:
    lead = words.leading(report)
    if lead:
        yield from headline.verdicts(report, lead)
        yield element("p", escape(headline.lead(report, lead)), class_="lead")
        yield element("dl", "".join(headline.tiles(report, lead)), class_="tiles")
    for variant in report["variants"]:
        if variant["missing"]:
            yield _remark(variant["label"], variant["missing"])
    for what, remark in words.remarks(report):
        yield _remark(what, remark)
    if lead:
        yield element("h2", "What pondering costs, and what it buys")
        where, wide = details.where(report, lead)
        first = [element("div", where, class_="card all")] if where and wide else []
        others = [*fronts.figures(report), *levels.figures(report), _split(report)]
        narrow = [where] if where and not wide else []
        cards = (element("div", each, class_="card") for each in (*narrow, *others))
        yield element("div", "".join((*first, *cards)), class_="columns")
        yield element("h2", "All variants")
        yield element("div", rows.variants_table(report), class_="card scroll")
        yield element("h2", "Each variant")
        for number, variant in enumerate(words.measured(report)):
            yield details.details(report, variant, number, variant is lead)
        if report["cost"] == "latency":
            yield element("h2", "Before it is warm, and memory")
            yield element("div", _start(report), class_="card scroll")


def _remark(label: str, remark: str) -> str:
    return element("p", f"{element('strong', escape(label))}: {escape(remark)}", class_="bad")


def _split(report: Report) -> str:
    entries = [
        ("var(--fixed)", "fixed"),
        ("var(--accent)", "ponder steps, at the mean N of a call"),
    ]
    if any("missing" in cost_of(each)["line"] for each in words.measured(report)):
        entries.append(("", "outlined: N never differs, so the parts cannot be told apart"))
    question = "Where does a call's cost go?"
    return figure(question, "By the fitted line", charts.split(report), legend(*entries))


def _start(report: Report) -> str:
    head = ("", "init", "first call", "warm-up", "peak memory")
    return table(head, ([escape(name), *cells] for name, cells in words.starts(report)))


def _origin(report: Report) -> Iterator[str]:
    """Origin of the numbers, artefacts with their full names."""
    yield element("h2", "Where these numbers come from")
    facts = [element("dt", escape(n)) + element("dd", escape(v)) for n, v in provenance(report)]
    shown = dict.fromkeys((each["artefact"], each["sha256"]) for each in report["variants"])
    for artefact, sha256 in shown:
        facts.append(element("dt", escape(artefact)) + element("dd", f"sha256 {escape(sha256)}"))
    yield element("dl", "".join(facts), class_="card facts")
