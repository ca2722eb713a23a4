"""What `trappen power` prints, and when it says how many children there are."""

import json
from pathlib import Path

import pytest

from pipelines.committee.evaluation.told_power import told_power
from pipelines.errors import PlanError
from pipelines.evaluation.plan import write_example
from pipelines.evaluation.power import Power
from pipelines.workspace import create_workspace
from tests.committee.test_evaluation_report import study
from tests.evaluation.drawn_study import child
from tests.evaluation.test_power import districts, power_of


def test_without_numbers_the_command_says_what_to_do(tmp_path: Path) -> None:
    workspace = create_workspace(
        tmp_path / "k", profile="vordingborg_next_step", municipality_name="Prøveby", is_constructed=True
    )
    write_example(workspace.root)
    with pytest.raises(PlanError, match="trappen run"):
        told_power(workspace, as_json=False)


def test_as_json_every_number_is_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    workspace = create_workspace(
        tmp_path / "k", profile="vordingborg_next_step", municipality_name="Prøveby", is_constructed=True
    )
    power, plan = power_of(districts("R1", "R2", "S1"))
    assert power.detectable is not None
    for may_tell, counts in ((True, [40, 80]), (False, None)):
        answer = (power, plan, may_tell)
        monkeypatch.setattr(
            "pipelines.committee.evaluation.told_power.workspace_power", lambda _, answer=answer: answer
        )
        told = json.loads(told_power(workspace, as_json=True))
        assert told["child_counts"] == counts
        assert told["detectable"] == round(power.detectable, 1) != power.detectable
        assert set(told) == {*Power.__dataclass_fields__, "assumed"}


@pytest.mark.parametrize(("lost", "may_tell"), [(0, True), (1, False), (4, False), (5, True)])
def test_children_are_counted_only_where_no_count_of_a_district_is_hidden(lost: int, may_tell: bool) -> None:
    """40 in each of three districts; with the sum and the report's table, one district's few lost could be had."""
    found = [
        *districts("R1", "R2", "S1"),
        *(child("R2", 14, None, institution="R2-0") for _ in range(lost)),
    ]
    one = study(found, dict.fromkeys(("R1", "R2", "S1"), 300))
    assert one.tells_children is may_tell
