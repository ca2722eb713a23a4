"""Which SDQ forms make pairs in the made-up municipality, and what is their true mean change by sex, age and model?

Counted from the simulator's own arrays; core.fct_sdq_pair must find the same children on the same side. Sex, age and model are
those of the day of the first form. An institution with a model of its own goes before the child's home district.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.simulate.days import Days, Flags, Indices, birthdays, day_number
from pipelines.simulate.profile import ADVISER, CASEWORKER
from pipelines.simulate.sdq_items import INFORMANTS
from pipelines.simulate.sdq_scores import NO_POINTS

if TYPE_CHECKING:
    from pipelines.simulate.municipality import SimulatedMunicipality

_OLDEST_YEARS = 26


def sdq_group_truth(simulated: SimulatedMunicipality) -> list[dict[str, Any]]:
    """One row per informant and group that has a pair: `group_kind` sex_code, age_years or model_code, `group_code` as text."""
    forms, totals = simulated.sdq.forms, simulated.score_deliveries.true_totals
    first = first_of_pairs(simulated, totals)
    child, day = forms.child[first], forms.day[first]
    change = totals[first + 1] - totals[first]
    groups = {
        "sex_code": np.where(simulated.children.is_boy[child], "M", "K"),
        "age_years": whole_years(simulated.children.birth_day[child], day).astype(str),
        "model_code": _models(simulated, first),
    }
    return [
        {
            "informant_code": name,
            "group_kind": kind,
            "group_code": str(code),
            "children_count": int(chosen.sum()),
            "change_mean_points": round(float(change[chosen].mean()), 6),
        }
        for informant, name in enumerate(INFORMANTS)
        for kind, codes in groups.items()
        for code in np.unique(codes[forms.informant[first] == informant])
        for chosen in [(forms.informant[first] == informant) & (codes == code)]
    ]


def whole_years(birth_days: Days, days: Days) -> Indices:
    """Age in whole years, shape (n,); a birthday counts from its own day on."""
    age: Indices = np.zeros(len(days), dtype=np.int64)
    for years in range(1, _OLDEST_YEARS + 1):
        age += birthdays(birth_days, years) <= days
    return age


def first_of_pairs(simulated: SimulatedMunicipality, totals: Indices) -> Indices:
    """Places in `forms` of first forms whose next form is the same child's by the same informant, in the window, both scored.

    `totals` is of every form, NO_POINTS where it cannot be scored. Only where the window has closed on the last day of data:
    of the later first forms, those with a pair by then are the quickly followed up.
    """
    forms, parameters = simulated.sdq.forms, simulated.parameters.sdq
    is_same = (forms.child[1:] == forms.child[:-1]) & (forms.informant[1:] == forms.informant[:-1])
    days = forms.day[1:] - forms.day[:-1]
    is_in_window = (days >= parameters.window_least_days) & (days <= parameters.window_most_days)
    is_scored = (totals[1:] != NO_POINTS) & (totals[:-1] != NO_POINTS)
    return np.flatnonzero(is_same & is_in_window & is_scored & window_has_closed(simulated)[:-1])


def window_has_closed(simulated: SimulatedMunicipality) -> Flags:
    """Of every form: whether the last day on which a form after it could make a pair is the last day of data, or before."""
    waited_days = day_number(simulated.data_end_date) - simulated.sdq.forms.day
    return waited_days >= simulated.parameters.sdq.window_most_days


def _models(simulated: SimulatedMunicipality, places: Indices) -> np.ndarray[Any, np.dtype[np.str_]]:
    """The model of the institution where it has its own, else of the home district, at these places in `forms`."""
    forms, children, profile = simulated.sdq.forms, simulated.children, simulated.profile
    day = forms.day[places]
    district = children.district_on(forms.child[places], day)
    is_advised = children.district_adviser_from[district] <= day
    codes = np.array([*simulated.geography.codes, ""])[forms.institution[places]]
    for institution in profile.institutions:
        is_there = codes == institution.code
        has_begun = day >= day_number(profile.model_start_date)
        is_advised = np.where(is_there, has_begun & (institution.model == ADVISER), is_advised)
    return np.where(is_advised, ADVISER, CASEWORKER)
