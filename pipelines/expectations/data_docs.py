"""What did we require and what held: Data Docs as Danish pages that open offline and hold no values.

Great Expectations' own pages load styles, scripts and a logo from six foreign hosts, so that opening one tells them about
it, and without them the index is empty; their texts are English and show whatever a result carries. So the pages are
ours: they show names, Danish texts and counts, nothing else, and a Content-Security-Policy forbids them to load anything.
"""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from pipelines.expectations.outcome import Outcome, Skipped, Stage, danish_count

INDEX = "index.html"
_STAGE_TITLES: dict[Stage, str] = {
    "typed": "Leverancerne efter indlæsning",
    "marts": "De tabeller, rapporterne bygger på",
}


def write_data_docs(folder: Path, *, stage: Stage, outcomes: Sequence[Outcome], skipped: Sequence[Skipped]) -> Path:
    """Empty the folder, write its index and a page per judged table, and return the index.

    outcomes: those of one table stand together, as the gate gives them.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    environment = Environment(
        loader=PackageLoader("pipelines.expectations", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    tables = [_table(own) for _, own in groupby(outcomes, key=lambda each: each.table)]
    page = environment.get_template("table.html")
    for table in tables:
        (folder / table["path"]).write_text(page.render(table, index=INDEX), encoding="utf-8")
    by_title = sorted(tables, key=lambda table: str(table["title"]))
    text = environment.get_template(INDEX).render(title=_STAGE_TITLES[stage], tables=by_title, skipped=skipped)
    (folder / INDEX).write_text(text, encoding="utf-8")
    return folder / INDEX


def _table(outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """What the pages say of one table: failed expectations first."""
    own = list(outcomes)
    rows = [_row(each) for each in own]
    return {
        "title": own[0].table_title,
        "table": own[0].table,
        "path": f"{own[0].table}.html",
        "holds": all(each.is_success for each in own),
        "stops": any(not each.is_success and each.severity == "error" for each in own),
        "rows": sorted(rows, key=lambda row: (row["holds"], row["severity"], row["name"])),
    }


def _row(outcome: Outcome) -> Mapping[str, Any]:
    judged, broken = outcome.row_count, outcome.unexpected_count
    return {
        "name": outcome.expectation,
        "severity": outcome.severity,
        "requirement": outcome.requirement,
        "explanation": outcome.explanation,
        "holds": outcome.is_success,
        "judged": "" if judged is None else danish_count(judged),
        "broken": "" if broken is None else danish_count(broken),
    }
