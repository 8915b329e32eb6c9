"""One artefact at several budgets is one row that unfolds, without a script."""

from __future__ import annotations

from xml.etree import ElementTree

from act_profiling.report import html, names
from act_profiling.report.rows import variants_table
from tests.profiling.synthetic import measurement, report, sweep


def bodies() -> list[ElementTree.Element]:
    table = ElementTree.fromstring(variants_table(names.shortened(report(sweep()))))
    return table.findall("tbody")


def texts(row: ElementTree.Element) -> list[str]:
    return [" ".join("".join(cell.itertext()).split()) for cell in row]


def test_a_sweep_is_one_row_with_its_budgets_within() -> None:
    first, *others = bodies()
    head, *within = first.findall("tr")
    assert [len(body.findall("tr")) for body in others] == [1] * 4
    assert [texts(row)[0] for row in within] == [
        f"at most {n} step{'s' * (n > 1)}" for n in (1, 2, 3, 4, 6, 8)
    ]
    cells = texts(head)
    assert cells[0].endswith("6 budgets")
    assert cells[1].startswith("1.921 to 2.61")
    assert {row.get("class") for row in within} == {"budget"}


def test_a_check_box_unfolds_it() -> None:
    box, label = (next(bodies()[0].iter(name)) for name in ("input", "label"))
    assert box.get("type") == "checkbox"
    assert box.get("id") == label.get("for")
    style = html.STYLE.read_text()
    rule = ".sweep-rows:not(:has(:checked)) .budget { display: none; }"
    assert f"@supports selector(:has(a)) {{ {rule} }}" in style, "else all rows are shown"


def test_every_row_has_as_many_cells_as_the_head() -> None:
    table = ElementTree.fromstring(variants_table(report([*sweep(), measurement("one more")])))
    counts = {len(row) for row in table.iter("tr")}
    assert counts == {9}
