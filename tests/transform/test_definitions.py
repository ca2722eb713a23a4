"""Two definitions of inclusion are never mixed: such a query is refused before it runs."""

import pytest

from pipelines.contracts import load_contracts
from pipelines.errors import TransformError
from pipelines.transform import build, refuse_mixed_definitions
from pipelines.transform.definitions import GUARDED_TABLES
from tests.sql.drawn import empty_warehouse

SHARE = "marts.mart_mainstream_share"
PUBLISHED = "marts.mart_published_inclusion"


@pytest.mark.parametrize(
    "query",
    [
        f"SELECT * FROM {SHARE}",
        f"SELECT definition_id, sum(pupils_count) FROM {SHARE} GROUP BY definition_id",
        f"SELECT definition_id, school_year, sum(pupils_count) FROM {SHARE} GROUP BY ALL",
        f"SELECT school_year, sum(pupils_count) FROM {SHARE} WHERE definition_id = 'own_register_school' GROUP BY school_year",
        f"SELECT school_year FROM {SHARE} WHERE area_kind = 'district' AND 'own_register_school' = definition_id",
        f"SELECT p.definition_id, p.figure_value, d.title FROM {PUBLISHED} p JOIN codes.segregation_definitions d "
        "ON d.code = p.definition_id",
        f"SELECT a.definition_id, a.figure_value - b.figure_value AS change FROM {PUBLISHED} a JOIN {PUBLISHED} b "
        "ON a.definition_id = b.definition_id AND a.area_code = b.area_code",
        f"SELECT a.figure_value - b.figure_value AS change FROM {PUBLISHED} a JOIN {PUBLISHED} b "
        "ON a.definition_id = b.definition_id WHERE a.definition_id = 'kl'",
        f"SELECT definition_id, a.figure_value FROM {PUBLISHED} a JOIN {PUBLISHED} b USING (definition_id)",
        f"SELECT definition_id, lag(figure_value) OVER (PARTITION BY definition_id ORDER BY school_year) AS before FROM {PUBLISHED}",
        f"WITH one AS (SELECT figure_value FROM {PUBLISHED} WHERE definition_id = 'kl') SELECT avg(figure_value) FROM one",
        f"SELECT definition_id, figure_value FROM {PUBLISHED} UNION ALL SELECT definition_id, mainstream_count FROM {SHARE}",
        "SELECT avg(figure_value) FROM marts.mart_open_figure",
    ],
)
def test_one_definition_at_a_time_is_allowed(query):
    refuse_mixed_definitions(query)


@pytest.mark.parametrize(
    "query",
    [
        f"SELECT avg(figure_value) FROM {PUBLISHED}",
        f"SELECT school_year, sum(pupils_count) FROM {SHARE} GROUP BY school_year",
        f"SELECT school_year, figure_value FROM {PUBLISHED}",
        f"SELECT definition_id, count(*) FROM {PUBLISHED}",
        f"SELECT avg(figure_value) FROM {PUBLISHED} WHERE definition_id IN ('kl', 'flis')",
        f"SELECT avg(figure_value) FROM {PUBLISHED} WHERE definition_id = 'kl' OR definition_id = 'flis'",
        f"SELECT avg(figure_value) FROM {PUBLISHED} WHERE definition_id <> 'kl'",
        f"SELECT a.figure_value - b.figure_value AS gap FROM {PUBLISHED} a JOIN {PUBLISHED} b ON a.school_year = b.school_year "
        "WHERE a.definition_id = 'kl' AND b.definition_id = 'flis'",
        f"SELECT a.definition_id, a.figure_value - b.figure_value AS gap FROM {PUBLISHED} a JOIN {PUBLISHED} b "
        "ON a.school_year = b.school_year",
        f"SELECT a.definition_id, a.figure_value FROM {PUBLISHED} a JOIN {SHARE} s ON a.definition_id = 'kl' AND "
        "s.school_year = a.school_year",
        f"SELECT definition_id, lag(figure_value) OVER (ORDER BY school_year) AS before FROM {PUBLISHED}",
        f"WITH lost AS (SELECT school_year, figure_value FROM {PUBLISHED}) SELECT * FROM lost",
        f"WITH a AS (SELECT figure_value FROM {PUBLISHED} WHERE definition_id = 'kl'), "
        f"b AS (SELECT figure_value FROM {PUBLISHED} WHERE definition_id = 'flis') SELECT * FROM a UNION ALL SELECT * FROM b",
        f"WITH a AS (SELECT figure_value FROM {PUBLISHED} WHERE definition_id = 'kl'), "
        f"b AS (SELECT figure_value FROM {PUBLISHED} WHERE definition_id = 'flis') "
        "SELECT a.figure_value - b.figure_value AS gap FROM a CROSS JOIN b",
        f"SELECT max(figure_value) - (SELECT max(figure_value) FROM {PUBLISHED} WHERE definition_id = 'kl') AS gap "
        f"FROM {PUBLISHED} WHERE definition_id = 'flis'",
        f"SELECT * FROM (SELECT avg(figure_value) AS mean FROM {PUBLISHED}) AS inside",
        f"SELECT definition_id, avg(figure_value) FROM {PUBLISHED} GROUP BY school_year",
        f"SELECT coalesce(definition_id, 'kl') AS definition_id, figure_value FROM {PUBLISHED}",
        f"SELECT 'kl' AS definition_id, figure_value FROM {PUBLISHED}",
        "SELECT avg(figure_value) FROM typed.segregation_figures",
    ],
)
def test_a_query_that_would_mix_two_definitions_is_refused(query):
    with pytest.raises(TransformError, match="To definitioner af inklusion må ikke blandes"):
        refuse_mixed_definitions(query)


def test_a_file_that_mixes_them_stops_the_build_with_file_and_line(tmp_path):
    (tmp_path / "marts").mkdir()
    (tmp_path / "marts" / "mart_own.sql").write_text(
        "select definition_id, figure_value from typed.segregation_figures"
    )
    (tmp_path / "marts" / "mart_worse.sql").write_text("select\n    avg(figure_value) as mean\nfrom marts.mart_own")
    with pytest.raises(TransformError, match=r"sql/marts/mart_worse\.sql, linje 2.*lægger tal sammen på tværs"):
        build(empty_warehouse(), sql_root=tmp_path)


def test_every_mart_with_a_row_per_definition_is_guarded():
    with_definition = {
        f"marts.{name}"
        for name, contract in load_contracts("table").items()
        if any(column.name == "definition_id" for column in contract.columns)
    }

    assert with_definition == {table for table in GUARDED_TABLES if table.startswith("marts.")}
    for table in with_definition:
        with pytest.raises(TransformError):
            refuse_mixed_definitions(f"SELECT school_year, count(*) FROM {table} GROUP BY school_year")
