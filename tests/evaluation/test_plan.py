"""The analysis plan: every fault at once, locked once, and honest about what there was to see on the day it was locked."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.committee.reports import chosen_reports
from pipelines.errors import PlanError, PublishError
from pipelines.evaluation.commands import example_plan, lock_workspace_plan, shown_plan
from pipelines.evaluation.outcomes import OUTCOMES
from pipelines.evaluation.plan import EXAMPLE_FILE, PLAN_FILE, AnalysisPlan, plan_from, read_plan, write_example
from pipelines.evaluation.plan_lock import LOCK_FILE, Seen, lock_plan, read_locks
from pipelines.evaluation.plan_words import (
    CHOSEN_BEFORE,
    locked_sentence,
    plan_departures,
    plan_lines,
    timing_sentence,
    unknown_strata,
)
from pipelines.workspace import Workspace, create_workspace
from tests.support import trappen

NOW = datetime(2026, 11, 2, 9, 0)
REASON = "Vi fik et distrikt mere med"
LEAST: dict[str, Any] = {
    "question": "Får børn færre vanskeligheder med rådgiver?",
    "arms": {"treated": "district_adviser", "comparison": "authority_caseworker"},
    "window": {"first_from": date(2024, 8, 1), "first_to": date(2025, 7, 31)},
}


def a_plan(**changed: Any) -> AnalysisPlan:
    return plan_from({**LEAST, **changed})


def warehouse(*, later_forms: int = 0, shown: tuple[str, str, str] | None = None) -> duckdb.DuckDBPyConnection:
    """A warehouse in which that many children with a first form on 1 September 2024 have a second, on 1 March 2025."""
    connection = duckdb.connect()
    for schema in ("core", "meta"):
        connection.execute(f"CREATE SCHEMA {schema}")
    connection.execute("CREATE TABLE core.fct_sdq_pair (child_id INT, informant_code VARCHAR, first_date DATE)")
    connection.execute("CREATE TABLE core.fct_sdq_score (child_id INT, informant_code VARCHAR, answered_date DATE)")
    connection.execute("INSERT INTO core.fct_sdq_pair SELECT range, 'parent', DATE '2024-09-01' FROM range(20)")
    connection.execute("INSERT INTO core.fct_sdq_score SELECT range, 'parent', DATE '2024-09-01' FROM range(20)")
    connection.execute(
        "INSERT INTO core.fct_sdq_score SELECT range, 'parent', DATE '2025-03-01' FROM range(?)", [later_forms]
    )
    connection.execute(
        "CREATE TABLE meta.runs (run_id INT, command VARCHAR, started_at TIMESTAMP, outcome VARCHAR, details VARCHAR)"
    )
    if shown:
        connection.execute("INSERT INTO meta.runs VALUES (1, ?, ?, 'ok', ?)", list(shown))
    return connection


def test_every_fault_is_named_at_once_with_what_is_allowed(tmp_path: Path) -> None:
    (tmp_path / PLAN_FILE).write_text(
        'question = "Kort?"\nsecondaries = ["sdq_total", "trivsel"]\ncovariates = ["age"]\nsvar = 1\n'
        '[arms]\ntreated = "district_adviser"\ncomparison = "district_adviser"\n'
        "[window]\nfirst_from = 2025-08-01\nfirst_to = 2024-08-01\n"
        "follow_up_months_minimum = 9\nfollow_up_months_maximum = 3\n"
        "[limits]\nbaseline_g = 0\n"
    )
    with pytest.raises(PlanError) as caught:
        read_plan(tmp_path)
    said = str(caught.value)
    for expected in (
        f"{PLAN_FILE} har 7 fejl",
        "question er 'Kort?', men skal have mindst 10 tegn",
        "resultatet 'trivsel' kendes ikke",
        "'first_score' skal være med",
        "svar kendes ikke. Tilladt her: arms, ",
        "den samme model",
        "'first_to' ligger før 'first_from'",
        "'follow_up_months_maximum' skal være større",
        "limits.baseline_g er 0, men skal være større end 0",
    ):
        assert expected in said


def test_only_the_total_can_answer_and_it_is_no_secondary() -> None:
    with pytest.raises(PlanError, match="kan ikke være det afgørende resultat"):
        a_plan(primary={"outcome": "sdq_impact"})
    with pytest.raises(PlanError, match="kan ikke også være et af de andre"):
        a_plan(secondaries=["sdq_total"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"question = Ja", "Noget er galt i linje 1, tegn 12. Ret den"),
        (b"[primary]\n[primary]\n", "Noget er galt i linje 2, tegn 9. Nøglen eller afsnittet står der to gange."),
        (b"\xff\xfe", "ikke gemt som UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_says_where_in_danish(tmp_path: Path, text: bytes, said: str) -> None:
    (tmp_path / PLAN_FILE).write_bytes(text)
    with pytest.raises(PlanError) as caught:
        read_plan(tmp_path)
    assert said in str(caught.value)
    assert "line " not in str(caught.value)


def test_no_word_of_the_program_stands_in_a_fault() -> None:
    with pytest.raises(PlanError) as caught:
        a_plan(strata=["by"], window={"first_from": date(2024, 8, 1), "first_to": datetime(2025, 7, 31, 12, 0)})
    assert "strata er ['by'], men skal være et afsnit med nøgler." in str(caught.value)
    assert "window.first_to er 2025-07-31 12:00:00, men skal være en dato som 2026-09-30." in str(caught.value)


def test_a_changed_question_keeps_its_mark() -> None:
    asked = a_plan(question="Går det bedre med en rådgiver?")
    assert plan_departures(a_plan(), asked) == (
        "Spørgsmål: Går det bedre med en rådgiver? I den låste plan: Får børn færre vanskeligheder med rådgiver?",
    )


def test_a_missing_plan_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="trappen plan --example"):
        read_plan(tmp_path)


def test_the_example_is_a_plan_and_its_commented_lines_are_the_defaults(tmp_path: Path) -> None:
    write_example(tmp_path)
    example = read_plan(tmp_path)
    lines = EXAMPLE_FILE.read_text(encoding="utf-8").splitlines()
    # what stands behind # and holds = is a default: taken in, it must change nothing but the source's own words, and the first year,
    # which has no default
    opened = [
        line[2:] if line.startswith("# ") and (" = " in line or line.startswith("# [")) else line for line in lines
    ]
    (tmp_path / PLAN_FILE).write_text("\n".join(opened), encoding="utf-8")
    assert plan_departures(example, read_plan(tmp_path)) == (
        "Distrikterne følges over årene fra: 01-08-2020. I den låste plan: følges ikke.",
        f"Kilde til antagelserne: hvor tallene er fra; står i rapporten. I den låste plan: {example.spread.source}.",
    )
    keys = {line.removeprefix("# ").split(" = ")[0] for line in lines if " = " in line}
    assert {key.split(".")[-1] for key in example.values()} <= keys
    assert [code for code in OUTCOMES if code not in "".join(lines)] == []
    with pytest.raises(PlanError, match="bliver ikke overskrevet"):
        write_example(tmp_path)


def test_the_checksum_follows_what_the_plan_says_and_nothing_else() -> None:
    turned = plan_from(dict(reversed(LEAST.items())))
    assert a_plan().checksum == turned.checksum == a_plan(limits={"smallest_relevant_points": 1}).checksum
    assert a_plan(limits={"smallest_relevant_points": 2}).checksum != turned.checksum


def test_every_decision_has_words_and_a_departure_names_both() -> None:
    plan = a_plan(secondaries=["sdq_impact", "waiting_days"], primary={"informants": ["teacher", "parent"]})
    assert len(plan_lines(plan)) == len(plan.values())
    assert ("Udfyldt af", "lærer eller pædagog og forælder") in plan_lines(plan)
    assert plan_departures(plan, plan) == ()
    changed = a_plan(limits={"smallest_relevant_points": 2}, window={**LEAST["window"], "first_to": date(2025, 12, 31)})
    assert plan_departures(a_plan(), changed) == (
        "Første skema til: 31-12-2025. I den låste plan: 31-07-2025.",
        "Mindste forskel, der betyder noget: 2,0 point. I den låste plan: 1,0 point.",
    )


def test_strata_and_the_order_of_the_rollout_are_decisions_with_words() -> None:
    plan = a_plan(strata={"D4": "land", "D1": "by", "D2": "by"}, rollout={"order": "by_need"})
    assert [plan.stratum(code) for code in ("D1", "D4", "D9")] == ["by", "land", ""]
    assert plan_departures(a_plan(), plan) == (
        "Der blev valgt for sig inden for: by (D1 og D2) og land (D4). I den låste plan: alle distrikter under ét.",
        "Hvem der begyndte først, blev afgjort: efter, hvor behovet var størst. I den låste plan: på en måde, planen ikke kender.",
    )


def test_a_wrong_rollout_is_told_with_what_is_right() -> None:
    with pytest.raises(
        PlanError, match=r"2021-09-01 er ikke begyndelsen på et skoleår\. Skriv 1\. august, fx 2021-08-01"
    ):
        a_plan(rollout={"first_year_from": date(2021, 9, 1)})
    with pytest.raises(PlanError, match=r"skal ligge før 'window\.first_from'"):
        a_plan(rollout={"first_year_from": date(2024, 8, 1)})
    with pytest.raises(PlanError, match="'by_lot', 'by_need', 'practical' eller 'unknown'"):
        a_plan(rollout={"order": "lod"})
    with pytest.raises(PlanError, match=r"strata\.D1 er 3, men skal være tekst"):
        a_plan(strata={"D1": 3})


def test_a_plan_locked_without_follow_up_was_made_before_the_numbers(tmp_path: Path) -> None:
    connection = warehouse()
    # first forms from 1 August 2024, the earliest follow-up three months later
    lock = lock_plan(connection, a_plan(), tmp_path, now=datetime(2024, 10, 30, 9))
    assert (lock.version, lock.seen, lock.is_before_outcomes) == (1, Seen.NOTHING, True)
    assert read_locks(connection) == (lock,)
    (kept,) = json.loads((tmp_path / LOCK_FILE).read_text(encoding="utf-8"))
    assert (kept["aftryk_sha256"], kept["før_resultaterne"]) == (a_plan().checksum, True)
    assert timing_sentence(lock, ()).startswith(f"{CHOSEN_BEFORE}. Planen blev låst 30.")
    assert CHOSEN_BEFORE not in timing_sentence(lock, ("Første skema til: …",))
    assert CHOSEN_BEFORE not in timing_sentence(None, ())


def test_a_plan_locked_late_over_an_empty_warehouse_may_have_been_made_after_the_numbers_were_seen_elsewhere(
    tmp_path: Path,
) -> None:
    lock = lock_plan(warehouse(), a_plan(), tmp_path, now=datetime(2024, 10, 31, 9))
    assert (lock.seen, lock.is_before_outcomes) == (Seen.NOTHING, False)
    told = timing_sentence(lock, ())
    assert CHOSEN_BEFORE not in told
    assert told.endswith("Da var ingen opfølgende målinger leveret hertil, men de kan have ligget andre steder.")


def test_before_anything_was_delivered_there_is_nothing_to_see(tmp_path: Path) -> None:
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA meta")
    assert read_locks(connection) == ()
    assert lock_plan(connection, a_plan(), tmp_path, now=NOW).seen is Seen.NOTHING


@pytest.mark.parametrize(("count", "told"), [(3, "nogle få"), (12, "12")])
def test_follow_up_forms_in_the_warehouse_are_told_and_a_few_are_not_counted(
    tmp_path: Path, count: int, told: str
) -> None:
    lock = lock_plan(warehouse(later_forms=count), a_plan(), tmp_path, now=NOW)
    assert (lock.seen, lock.follow_up_form_count) == (Seen.IN_WAREHOUSE, count)
    assert f"Da lå {told} opfølgende skemaer" in locked_sentence(lock)
    assert CHOSEN_BEFORE not in timing_sentence(lock, ())
    assert (
        str(count) not in (tmp_path / LOCK_FILE).read_text(encoding="utf-8").split('"plan"')[0].split("begrundelse")[1]
    )


def test_follow_up_of_children_outside_the_window_tells_nothing_of_the_plan(tmp_path: Path) -> None:
    later = a_plan(window={"first_from": date(2025, 8, 1), "first_to": date(2026, 7, 31)})
    assert lock_plan(warehouse(later_forms=12), later, tmp_path, now=NOW).seen is Seen.NOTHING


@pytest.mark.parametrize(
    ("shown", "seen"),
    [
        (("publish", "2025-04-01", '{"reports": ["udvalgsrapport"]}'), Seen.PUBLISHED),
        (("export", "2025-04-01", '{"export": "som"}'), Seen.PUBLISHED),
        (("publish", "2025-04-01", '{"reports": ["moedestruktur"]}'), Seen.IN_WAREHOUSE),
        (("publish", "2025-02-01", '{"reports": ["udvalgsrapport"]}'), Seen.IN_WAREHOUSE),  # before the first follow-up
    ],
)
def test_a_report_with_follow_up_in_it_has_been_seen(tmp_path: Path, shown: tuple[str, str, str], seen: Seen) -> None:
    lock = lock_plan(warehouse(later_forms=12, shown=shown), a_plan(), tmp_path, now=NOW)
    assert lock.seen is seen
    assert ("skrevet en rapport" in locked_sentence(lock)) == (seen is Seen.PUBLISHED)


def test_a_second_lock_needs_a_change_and_a_reason_and_is_judged_by_its_own_day(tmp_path: Path) -> None:
    connection, first, second = warehouse(), a_plan(), a_plan(limits={"smallest_relevant_points": 2})
    lock_plan(connection, first, tmp_path, now=NOW)
    with pytest.raises(PlanError, match="ikke ændret siden"):
        lock_plan(connection, first, tmp_path, now=NOW, new_version=REASON)
    for reason in (None, "", "  ja  "):
        with pytest.raises(PlanError, match="Der er en låst plan i forvejen"):
            lock_plan(connection, second, tmp_path, now=NOW, new_version=reason)
    connection.execute("INSERT INTO core.fct_sdq_score VALUES (1, 'parent', DATE '2025-03-01')")
    lock = lock_plan(connection, second, tmp_path, now=NOW, new_version=REASON)
    assert (lock.version, lock.reason, lock.seen) == (2, REASON, Seen.IN_WAREHOUSE)
    assert [each.plan for each in read_locks(connection)] == [first, second]
    assert len(json.loads((tmp_path / LOCK_FILE).read_text(encoding="utf-8"))) == 2
    assert f"version 2 (fordi: {REASON})" in locked_sentence(lock)


def test_a_plan_locked_before_a_key_was_known_has_not_changed(tmp_path: Path) -> None:
    connection = warehouse()
    lock_plan(connection, a_plan(), tmp_path, now=NOW)
    # as it was kept by a system that knew no strata and no rollout
    older = {key: part for key, part in json.loads(a_plan().as_json()).items() if key not in {"strata", "rollout"}}
    connection.execute("UPDATE meta.analysis_plans SET plan_json = ?, checksum = 'older'", [json.dumps(older)])
    with pytest.raises(PlanError, match="ikke ændret siden"):
        lock_plan(connection, a_plan(), tmp_path, now=NOW, new_version=REASON)


def test_a_first_version_has_no_reason_and_a_lost_warehouse_does_not_make_a_plan_new(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="ingen låst plan"):
        lock_plan(warehouse(), a_plan(), tmp_path, now=NOW, new_version=REASON)
    lock_plan(warehouse(), a_plan(), tmp_path, now=NOW)
    with pytest.raises(PlanError, match="som datavarehuset ikke kender"):
        lock_plan(warehouse(), a_plan(), tmp_path, now=NOW)


def a_workspace(tmp_path: Path) -> Workspace:
    return create_workspace(
        tmp_path / "kommune", profile="vordingborg_next_step", municipality_name="Prøveby", is_constructed=True
    )


def test_the_command_locks_shows_and_refuses(tmp_path: Path) -> None:
    folder = a_workspace(tmp_path).root
    here = ("plan", "--workspace", str(folder))
    write_example(folder)
    locked = trappen(*here, "--lock")
    assert "som version 1" in locked.stdout
    assert "Mindste forskel, der betyder noget: 1,0 point" in locked.stdout
    assert "Da var ingen opfølgende målinger leveret hertil" in locked.stdout
    plan = folder / PLAN_FILE
    plan.write_text(plan.read_text().replace("first_to = 2025-07-31", "first_to = 2025-12-31"))
    refused = trappen(*here, "--lock")
    assert (refused.returncode, "--new-version" in refused.stderr) == (PlanError.exit_code, True)


def test_in_a_workspace_the_plan_is_shown_with_what_has_moved_since_it_was_locked(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path)
    with pytest.raises(PlanError, match="trappen plan --example"):
        shown_plan(workspace)
    plan = example_plan(workspace)
    assert "Planen er ikke låst" in shown_plan(workspace).locked
    assert "som version 1" in lock_workspace_plan(workspace, now=NOW)
    assert shown_plan(workspace).departures == ()
    plan.write_text(plan.read_text().replace("first_to = 2025-07-31", "first_to = 2025-12-31"))
    assert shown_plan(workspace).departures == ("Første skema til: 31-12-2025. I den låste plan: 31-07-2025.",)
    assert "som version 2" in lock_workspace_plan(workspace, now=NOW, new_version=REASON)
    assert shown_plan(workspace).departures == ()


def test_the_report_needs_a_plan_and_a_wrong_one_is_told_before_it_is_written(tmp_path: Path) -> None:
    workspace = a_workspace(tmp_path)
    connection = duckdb.connect()
    connection.execute("ATTACH ':memory:' AS wh; USE wh; CREATE SCHEMA core")
    connection.execute("CREATE TABLE core.fct_sdq_pair AS SELECT 1 AS child_id")
    with pytest.raises(PublishError, match="evaluering"):
        chosen_reports(connection, workspace.settings, ["evaluering"])
    plan = example_plan(workspace)
    assert [kind.report_id for kind in chosen_reports(connection, workspace.settings, None)] == ["evaluering"]
    plan.write_text("question = 1")
    with pytest.raises(PlanError, match="question er 1, men skal være tekst"):
        chosen_reports(connection, workspace.settings, None)


def test_a_group_with_a_unit_that_there_is_none_of_is_told() -> None:
    plan = a_plan(strata={"D1": "by", "D9": "land"})
    assert unknown_strata(plan, {"D1", "D2"}) == (
        "Gruppen 'land' i planen nævner 'D9', som hverken er et distrikt eller en institution.",
    )
    assert unknown_strata(plan, {"D1", "D9"}) == ()
