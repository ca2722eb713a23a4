"""Which number answers each measure that a profile may choose? One function per measure, for one school year, by subject."""

from collections.abc import Mapping
from typing import Final

from pipelines.committee.cooperation.answers import Answer
from pipelines.committee.cooperation.measures_of_cases import CASE_MEASURES_BY_ID
from pipelines.committee.cooperation.measures_of_meetings import MEETING_MEASURES
from pipelines.committee.cooperation.measures_of_staff import STAFF_MEASURES
from pipelines.committee.cooperation.measures_of_support import SUPPORT_MEASURES
from pipelines.committee.cooperation.measures_of_time import TIME_MEASURES
from pipelines.committee.cooperation.numbers import Measure, Numbers
from pipelines.municipalities.parts import Indicator

MEASURES: Final[Mapping[str, Measure]] = {
    **MEETING_MEASURES,
    **STAFF_MEASURES,
    **CASE_MEASURES_BY_ID,
    **TIME_MEASURES,
    **SUPPORT_MEASURES,
}
"""Every measure of the closed set, and the function that answers it."""


def answer(numbers: Numbers, indicator: Indicator) -> Answer:
    """The number of one indicator of a profile."""
    return MEASURES[indicator.measure_id](numbers, indicator)
