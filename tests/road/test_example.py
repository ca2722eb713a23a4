"""Back test: the demo gives the numbers of the kept example report, to nine decimals; a changed number is changed on purpose.

Pseudonyms follow each workspace's own key, so children come in another order and a sum of decimals may differ in its last bits.

After a change that is meant: `make example`, and say in CHANGELOG.md which figures changed and why.
"""

import json
from pathlib import Path
from typing import Any

from tests.support import RanDemo

EXAMPLE = Path(__file__).resolve().parents[2] / "reports" / "example" / "udvalgsrapport.edition.json"

DECIMALS = 9


def figures_of(path: Path) -> dict[str, Any]:
    """Answers and tables of an edition, without what follows the day it was made."""
    plain = json.loads(path.read_text(encoding="utf-8"), parse_float=lambda digits: round(float(digits), DECIMALS))
    tables = {table["table_id"]: table for table in plain["tables"] if table["table_id"] != "deliveries"}
    return {"answers": plain["answers"], "tables": tables, "as_of_date": plain["as_of_date"]}


def test_the_demo_gives_the_numbers_of_the_kept_example(demo: RanDemo) -> None:
    fresh = figures_of(demo.made_up / "reports" / "udvalgsrapport" / "udvalgsrapport.edition.json")
    kept = figures_of(EXAMPLE)
    assert fresh["answers"] == kept["answers"]
    assert fresh == kept


def test_the_example_is_marked_as_made_up_on_every_page() -> None:
    from pypdf import PdfReader

    pages = PdfReader(EXAMPLE.with_name("udvalgsrapport.pdf")).pages
    assert len(pages) > 4
    assert all("Konstruerede data" in page.extract_text() for page in pages)
