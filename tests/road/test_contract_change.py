"""When a contract changes, what lies in the archive is typed anew: nobody has to send the file again."""

from datetime import datetime
from pathlib import Path

import pytest

from pipelines.errors import SettingsError
from pipelines.run import run
from pipelines.warehouse import open_warehouse
from pipelines.workspace import open_workspace
from tests.support import trappen


def counts(folder: Path) -> dict[str, tuple[int, int]]:
    with open_warehouse(open_workspace(folder), read_only=True) as connection:
        rows = connection.execute("SELECT delivery_id, rows_typed, rows_rejected FROM landed.deliveries").fetchall()
    return {row[0]: row[1:] for row in rows}


def test_deliveries_typed_under_another_contract_are_typed_anew(small_workspace: Path) -> None:
    before = counts(small_workspace)
    with open_warehouse(open_workspace(small_workspace)) as connection:
        connection.execute("UPDATE landed.deliveries SET contract_checksum = 'older' WHERE source = 'measures'")
        connection.execute("DELETE FROM landed.measures WHERE row_number > 5")  # what an older contract had kept
    result = run(open_workspace(small_workspace), now=datetime(2026, 10, 6, 12, 0))
    assert result.retyped == ["measures"]
    assert counts(small_workspace) == before
    with open_warehouse(open_workspace(small_workspace), read_only=True) as connection:
        typed = connection.execute("SELECT count(*) FROM typed.measures").fetchone()
    assert typed == (sum(typed for key, (typed, _) in before.items() if key.startswith("measures")),)


def test_nothing_is_typed_anew_when_nothing_changed(small_workspace: Path) -> None:
    result = run(open_workspace(small_workspace), now=datetime(2026, 10, 6, 12, 0))
    assert result.retyped == []
    assert result.build is not None
    assert result.build.rebuilt == ()


@pytest.mark.parametrize("code", ["999", "101"])
def test_the_report_on_open_figures_is_about_the_municipality_in_its_head(code: str) -> None:
    from pipelines.committee.reports import _compared_municipality
    from pipelines.settings import settings_from

    settings = settings_from(
        {
            "municipality": {"name": "Vordingborg Kommune", "profile": "vordingborg_next_step"},
            "report": {"compared_municipality_code": code},
        },
        where="test",
    )
    with pytest.raises(SettingsError, match="Vordingborg Kommune"):
        _compared_municipality(settings)


def test_real_figures_are_never_published_from_made_up_data(small_workspace: Path) -> None:
    done = trappen("publish", "kommunen_i_landet", "--workspace", str(small_workspace))
    assert done.returncode == 60
    assert "kommunen_i_landet" in done.stderr
    assert "Traceback" not in done.stderr
