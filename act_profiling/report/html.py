"""A report as one page that needs nothing else: no script, no request, its own style and pictures.

It is read by people who ask: what does a ponder step cost here, and what does it buy?
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path

from act_profiling.report import charts, levels, words
from act_profiling.report.amounts import amount
from act_profiling.report.build import Report, cost_of
from act_profiling.report.details import details
from act_profiling.report.markup import figure, legend, table
from act_profiling.report.origin import provenance
from act_profiling.report.svg import element
from act_profiling.report.words import Variant

STYLE = Path(__file__).parent / "page.css"

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""By which a browser refuses whatever the page would load from elsewhere."""


def render(report: Report) -> str:
    """The whole document."""
    first, *more = dict.fromkeys(each["artefact"] for each in report["variants"])
    others = f" and {len(more)} more" if more else ""
    title = f"{first}{others} on {report['device']['identity']}"
    body = "".join((element("h1", escape(title)), *_parts(report)))
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
        yield from _verdicts(report)
        yield element("p", escape(_lead(report, lead)), class_="lead")
        yield element("dl", "".join(_tiles(report, lead)), class_="tiles")
    for variant in report["variants"]:
        if variant["missing"]:
            yield _remark(variant["label"], variant["missing"])
    for what, remark in words.remarks(report):
        yield _remark(what, remark)
    if lead:
        yield element("h2", "What pondering costs, and what it buys")
        yield from _overview(report)
        if pictures := [*levels.figures(report)]:
            cards = "".join(element("div", each, class_="card") for each in pictures)
            yield element("div", cards, class_="pair")
        yield element("h2", "All variants")
        yield element("div", _table(report), class_="card scroll")
        yield element("h2", "Each variant")
        for number, variant in enumerate(words.measured(report)):
            yield details(report, variant, number, variant is lead)
        if report["cost"] == "latency":
            yield element("h2", "Before it is warm, and memory")
            yield element("div", _start(report), class_="card scroll")
    yield element("h2", "Where these numbers come from")
    yield element("dl", "".join(_provenance(report)), class_="card facts")


def _lead(report: Report, variant: Variant) -> str:
    budget = "".join(f", {name} {value:g}" for name, value in variant["budget"].items())
    what = (
        f"{variant['label']} ({variant['target']}, ponder {variant['ponder']}, "
        f"{variant['precision']}{budget})"
    )
    if report["cost"] == "latency":
        first = f"Latency of {what}."
    else:
        first = f"Instructions of {what}, counted on an emulated device: its times mean nothing."
    better = words.beaten(report, variant)
    return f"{first} It is {better}." if better else first


def _verdicts(report: Report) -> Iterator[str]:
    """State first whether pondering pays, and on which runtime by how much."""
    summary = words.summary(report)
    if summary:
        yield element("p", f"{escape(summary[0].upper() + summary[1:])}.", class_="verdict")
        each = (words.verdict(report, judged) for judged in report["verdicts"])
        items = "".join(element("li", escape(sentence)) for sentence in each)
        yield element("ul", items, class_="verdicts")


def _tiles(report: Report, variant: Variant) -> Iterator[str]:
    cost, found = report["cost"], cost_of(variant)
    line, steps, calls = found["line"], variant["ponder_steps"], found["per_call"]
    if "missing" not in line:
        for name, key in (("fixed cost of a call", "fixed"), ("each ponder step", "per_step")):
            yield _tile(name, words.exact(cost, line[key]), words.confidence(report, line, key))
    tail = f"p90 {amount(cost, calls['p90'])}, p99 {amount(cost, calls['p99'])}"
    yield _tile("a call, p50", amount(cost, calls["p50"]), tail)
    spread = f"per time step; p50 {steps['p50']:g}, at most {steps['max']}"
    yield _tile("mean N", f"{steps['mean']:.2f}", spread)
    if variant["metric"]:
        score = variant["metric"]
        yield _tile(score["name"], f"{score['value']:.4g}", f"{steps['time_steps']} time steps")


def _tile(name: str, value: str, note: str) -> str:
    shown = element("div", escape(value), class_="value") + element(
        "div", escape(note), class_="note"
    )
    return element("div", element("dt", escape(name)) + element("dd", shown), class_="card")


def _remark(label: str, remark: str) -> str:
    return element("p", f"{element('strong', escape(label))}: {escape(remark)}", class_="bad")


def _overview(report: Report) -> Iterator[str]:
    figures = []
    if report["front"] and sum(each["metric"] is not None for each in words.measured(report)) > 1:
        key = legend(
            ("var(--front)", "on the Pareto front"),
            ("var(--axis)", "something cheaper is as good"),
            ("", "circle: pondering; square: a fixed number of steps"),
            ("", "joined: one artefact at several budgets, the numbers"),
        )
        question = "What does pondering buy?"
        fronts = report.get("fronts", {})
        for target in fronts:
            caption = f"The metric against cost, {target}"
            figures.append(figure(question, caption, charts.front(report, target), key))
        caption = "The metric against cost, all runtimes" if fronts else "The metric against cost"
        figures.append(figure(question, caption, charts.front(report), key))
    key = legend(
        ("var(--fixed)", "fixed"),
        ("var(--accent)", "ponder steps, at the mean N of a call"),
        ("", "outlined: N never differs, so the parts cannot be told apart"),
    )
    question = "Where does a call's cost go?"
    figures.append(figure(question, "By the fitted line", charts.split(report), key))
    yield element(
        "div", "".join(element("div", each, class_="card") for each in figures), class_="pair"
    )


def _table(report: Report) -> str:
    front = report["front"]
    head = ("", *words.COLUMNS, front["metric"] if front else "metric")
    rows = []
    for variant in words.measured(report):
        best = front is not None and variant["label"] in front["labels"]
        score = f"{variant['metric']['value']:.4g}" if variant["metric"] else words.NOTHING
        form = f"{variant['target']} {variant['ponder']} {variant['precision']}"
        if variant["epsilon"] is None:
            form += f", fixed:{variant['max_ponder']}"
        star = element("span", "★", class_="best", title="on the Pareto front") if best else ""
        label = escape(variant["label"]) + element("small", escape(form))
        cells = map(escape, words.cells(report, variant))
        rows.append([label, *cells, f"{escape(score)} {star}"])
    return table(head, rows)


def _start(report: Report) -> str:
    head = ("", "init", "first call", "warm-up", "peak memory")
    rows = ([escape(name), *cells] for name, cells in words.starts(report))
    return table(head, rows)


def _provenance(report: Report) -> Iterator[str]:
    for name, value in provenance(report):
        yield element("dt", escape(name)) + element("dd", escape(value))
    shown = dict.fromkeys((each["artefact"], each["sha256"]) for each in report["variants"])
    for artefact, sha256 in shown:
        yield element("dt", escape(artefact)) + element("dd", f"sha256 {escape(sha256)}")
