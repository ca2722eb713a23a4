"""What did we require and what held: Data Docs as Danish pages that open offline and hold no values.

Great Expectations' own templates load styles, scripts and a logo from six foreign hosts, so that opening a
page tells them about it, and without them the index is empty; their texts are English and show whatever a
result carries. So its site builder and stores are kept, and renderer and view are ours: they read names,
Danish texts and counts, nothing else, and a Content-Security-Policy forbids the page to load anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from great_expectations.core.expectation_validation_result import (
    ExpectationSuiteValidationResult,
    ExpectationValidationResult,
)
from great_expectations.data_context.data_context.ephemeral_data_context import EphemeralDataContext
from great_expectations.render.renderer.site_builder import SiteBuilder
from jinja2 import Environment, PackageLoader, StrictUndefined

from pipelines.expectations.outcome import Skipped, Stage, danish_count

_HERE = __name__
_STAGE_TITLES: dict[Stage, str] = {
    "typed": "Leverancerne efter indlæsning",
    "marts": "De tabeller, rapporterne bygger på",
}


def build_site(
    context: EphemeralDataContext, folder: Path, *, stage: Stage, skipped: Sequence[Skipped], stopping: Sequence[str]
) -> None:
    """Write `folder`/index.html and a page per table from the context's validation results.

    `stopping` are the tables whose failed expectations stop the run; the other failed ones only warn.

    Raises:
        RuntimeError: Great Expectations swallowed an error and left a page out.
    """
    results = context.validation_results_store.list_keys()
    site = _OfflineSiteBuilder(
        data_context=context,
        store_backend={"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)},
        site_name=_STAGE_TITLES[stage],
        show_how_to_buttons=False,
        site_index_builder={
            "class_name": "DefaultSiteIndexBuilder",
            "renderer": {
                "module_name": _HERE,
                "class_name": "IndexRenderer",
                "skipped": [asdict(each) for each in skipped],
                "stopping": list(stopping),
            },
            "view": {"module_name": _HERE, "class_name": "IndexView"},
        },
        site_section_builders={
            "expectations": "none",  # how Great Expectations spells no section
            "profiling": "none",
            "validations": {
                "renderer": {"module_name": _HERE, "class_name": "TableRenderer"},
                "view": {"module_name": _HERE, "class_name": "TableView"},
            },
        },
    )
    site.build()
    written = list(folder.glob("validations/**/*.html"))
    if len(written) != len(results) or not (folder / "index.html").read_text(encoding="utf-8").strip():
        raise RuntimeError(f"Data Docs of {stage}: {len(written)} of {len(results)} pages were written")


class _OfflineSiteBuilder(SiteBuilder):
    """Great Expectations' site without its fonts, pictures and scripts, which our pages do not use."""

    def build(self, resource_identifiers: Any = None, build_index: bool = True) -> Any:
        for section in self.site_section_builders.values():
            section.build(resource_identifiers=resource_identifiers)
        return self.site_index_builder.build(build_index=build_index)


class TableRenderer:
    """A validation result as what its page says: names, Danish texts and counts."""

    def __init__(self, data_context: EphemeralDataContext) -> None:  # noqa: D107  # Great Expectations calls it
        self._context = data_context

    def render(self, result: ExpectationSuiteValidationResult) -> dict[str, Any]:
        """Title, success, and one row per expectation; failed ones first."""
        rows = [_row(texts_of(each), bool(each.success), each.result) for each in result.results]
        return {
            "title": _title(self._context, result.suite_name),
            "table": result.suite_name,
            "rows": sorted(rows, key=lambda row: (row["holds"], row["severity"], row["name"])),
        }


class IndexRenderer:
    """The index of a stage: its tables with their outcome, and those that were skipped."""

    def __init__(  # noqa: D107  # Great Expectations calls it with what stands in the site's configuration
        self, data_context: EphemeralDataContext, skipped: Sequence[Mapping[str, str]], stopping: Sequence[str]
    ) -> None:
        self._context = data_context
        self._skipped = skipped
        self._stopping = stopping

    def render(self, links: Mapping[str, Any]) -> dict[str, Any]:
        """Stage title, one link per table in alphabetical order of titles, and the skipped tables."""
        tables = [
            {
                "title": _title(self._context, link["expectation_suite_name"]),
                "holds": link["validation_success"],
                "stops": link["expectation_suite_name"] in self._stopping,
                "path": link["filepath"],
            }
            for link in links.get("validations_links", ())
        ]
        tables.sort(key=lambda table: str(table["title"]))
        return {"title": links["site_name"], "tables": tables, "skipped": self._skipped}


class _View:
    """What Great Expectations calls a view: a document to a page."""

    template = ""

    def __init__(self, **_: Any) -> None:
        environment = Environment(
            loader=PackageLoader("pipelines.expectations", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._template = environment.get_template(self.template)

    def render(self, document: Mapping[str, Any], **_: Any) -> str:
        """The page as HTML."""
        return self._template.render(document)


class TableView(_View):
    """The page of one table."""

    template = "table.html"


class IndexView(_View):
    """The first page of a stage."""

    template = "index.html"


def texts_of(result: ExpectationValidationResult) -> Mapping[str, str]:
    """The contract's name, severity and Danish texts that travel in the `meta` of an expectation."""
    configuration = result.expectation_config
    return (configuration.meta if configuration is not None else None) or {}


def _title(context: EphemeralDataContext, suite_name: str) -> str:
    return str((context.suites.get(suite_name).meta or {}).get("title", suite_name))


def _row(meta: Mapping[str, Any], holds: bool, counts: Mapping[str, Any]) -> dict[str, Any]:
    judged = counts.get("element_count", counts.get("observed_value"))
    broken = counts.get("unexpected_count")
    return {
        "name": meta["name"],
        "severity": meta["severity"],
        "requirement": meta["requirement"],
        "explanation": meta["explanation"],
        "holds": holds,
        "judged": "" if judged is None else danish_count(judged),
        "broken": "" if broken is None else danish_count(broken),
    }
