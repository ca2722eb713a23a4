"""A second road to what becomes of SDQ forms, written from the rules and not from our SQL: one child at a time, form by form.

Rules: a change is measured on the same child by the same kind of informant, from the first form that was followed up in the
window; where none was, from the first that could have been. Nothing is a pair until the last day of the window. Whether a form
is a first or a follow-up form is taken from the form itself where it says so; where it does not, a lone form in the window after
another informant's is that one's follow-up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class DrawnForm:
    """One form. `is_follow_up` None is unknown; `total` None is a form that cannot be scored."""

    child: str
    answered: date
    informant: str
    is_follow_up: bool | None
    total: int | None


def outcomes_of(
    forms: Sequence[DrawnForm], *, as_of: date, least_days: int, most_days: int
) -> dict[tuple[str, date, str], tuple[str, str]]:
    """Role and outcome of every form, by child, day and informant."""
    window = range(least_days, most_days + 1)
    found = {}
    for child in {form.child for form in forms}:
        of_child = [form for form in forms if form.child == child]
        known = [form for form in of_child if form.answered <= as_of]
        for informant in {form.informant for form in of_child}:
            own = [form for form in of_child if form.informant == informant]
            for form, outcome in _of_informant(own, known, as_of, window).items():
                found[child, form.answered, informant] = outcome
    return found


def _of_informant(
    own: Sequence[DrawnForm], known: Sequence[DrawnForm], as_of: date, window: range
) -> dict[DrawnForm, tuple[str, str]]:
    """Role and outcome of one informant's forms on one child; `known` are everybody's up to the as-of date."""
    baselines = [form for form in own if form in known and _can_be_first(form, known, window)]
    baselines.sort(key=lambda form: form.answered)
    first = next((form for form in baselines if _followers(form, known, window)), next(iter(baselines), None))
    second = min(_followers(first, known, window), key=lambda form: form.answered, default=None)
    is_early = first is not None and (as_of - first.answered).days < window[-1]
    outcomes = {}
    for form in own:
        role = _role(form, first, baselines, as_of)
        outcome = role
        if form is first:
            outcome = "not_due" if is_early else "paired" if second else _loss(form, known, window)
        elif form is second:
            outcome = "early_second_form" if is_early else "second_form"
        outcomes[form] = (role, outcome)
    return outcomes


def _days(earlier: DrawnForm, later: DrawnForm) -> int:
    return (later.answered - earlier.answered).days


def _followers(form: DrawnForm | None, known: Sequence[DrawnForm], window: range) -> list[DrawnForm]:
    """Forms with a total by the same informant in the window after it."""
    if form is None:
        return []
    return [
        later
        for later in known
        if later.informant == form.informant and later.total is not None and _days(form, later) in window
    ]


def _can_be_first(form: DrawnForm, known: Sequence[DrawnForm], window: range) -> bool:
    if form.total is None or form.is_follow_up is True:
        return False
    if form.is_follow_up is False or _followers(form, known, window):
        return True
    return not any(
        other.informant != form.informant
        and other.total is not None
        and other.is_follow_up is not True
        and _days(other, form) in window
        for other in known
    )


def _role(form: DrawnForm, first: DrawnForm | None, baselines: Sequence[DrawnForm], as_of: date) -> str:
    if form.answered > as_of:
        return "after_as_of_date"
    if form is first:
        return "first"
    if form.total is None:
        return "total_missing"
    if first is not None and form.answered > first.answered:
        return "later_form"
    if form in baselines:
        return "earlier_form"
    return "follow_up_form" if form.is_follow_up else "follow_up_of_other_informant"


def _loss(first: DrawnForm, known: Sequence[DrawnForm], window: range) -> str:
    """Why a first form whose window has closed has no second."""
    later = [form for form in known if form.answered > first.answered]
    same = [form for form in later if form.informant == first.informant]
    if any(_days(first, form) in window for form in same):
        return "total_missing"
    if any(_days(first, form) in window for form in later):
        return "other_informant"
    return "outside_window" if same else "no_second_form"
