"""Back test: the demo gives the numbers of the kept example reports, to nine decimals; a changed number is changed on purpose.

Pseudonyms follow each workspace's own key, so children come in another order and a sum of decimals may differ in its last bits.

After a change that is meant: `make example`, and say in CHANGELOG.md which figures changed and why.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support import RanDemo

EXAMPLES = Path(__file__).resolve().parents[2] / "reports" / "example"

every_report = pytest.mark.parametrize("report_id", ["udvalgsrapport", "moedestruktur", "evaluering"])

DECIMALS = 9


def figures_of(path: Path) -> dict[str, Any]:
    """Answers and tables of an edition, without what follows the day it was made."""
    plain = json.loads(path.read_text(encoding="utf-8"), parse_float=lambda digits: round(float(digits), DECIMALS))
    tables = {table["table_id"]: table for table in plain["tables"] if table["table_id"] != "deliveries"}
    return {"answers": plain["answers"], "tables": tables, "as_of_date": plain["as_of_date"]}


@every_report
def test_the_demo_gives_the_numbers_of_the_kept_example(demo: RanDemo, report_id: str) -> None:
    fresh = figures_of(demo.made_up / "reports" / report_id / f"{report_id}.edition.json")
    kept = figures_of(EXAMPLES / f"{report_id}.edition.json")
    assert fresh["answers"] == kept["answers"]
    assert fresh == kept


@every_report
def test_the_example_is_marked_as_made_up_on_every_page(report_id: str) -> None:
    from pypdf import PdfReader

    pages = PdfReader(EXAMPLES / f"{report_id}.pdf").pages
    assert len(pages) > 4
    assert all("Konstruerede data" in page.extract_text() for page in pages)
