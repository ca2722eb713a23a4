"""The words of the norm tables: scales, how sure a row is, children without a band, kinds of reliability.

Apart from the rest and without heavy imports, since the settings read it at every start.
"""

from typing import Literal

ReliabilityKind = Literal["alpha", "retest"]
KIND_TITLES: dict[str, str] = {
    "alpha": "alfa (spørgsmålenes indbyrdes sammenhæng)",
    "retest": "gentagelse efter 4-6 måneder",
}

STATUS_TITLES = {
    "verified": "efterset i kilden",
    "second_hand": "gengivet efter en anden kilde",
    "from_memory": "ikke efterset i kilden",
    "unresolved": "uafklaret",
    "pasted_in": "indsat af kommunen",
}
"""How sure a row of the norm tables is, in Danish."""

USABLE_STATUSES = frozenset({"verified", "second_hand", "pasted_in"})
"""What a report may build on. The rest is carried so that nobody looks it up twice, and is never shown."""

DIFFICULTY_SCALES = ("total", "emotional", "conduct", "hyper", "peer", "impact")
"""Scales where more points are more difficulties."""

STRENGTH_SCALE = "prosocial"
"""The scale that runs the other way: few points are the worrying end."""

SCALES = (*DIFFICULTY_SCALES[:-1], STRENGTH_SCALE, DIFFICULTY_SCALES[-1])
"""Every scale that can have bands."""

OUTSIDE_NORM_SET = "outside_norm_set"
MISSING_POINTS = "missing_points"
UNBANDED_TITLES = {OUTSIDE_NORM_SET: "normsættet gælder ikke for barnet", MISSING_POINTS: "for få svar"}
"""Children without a band: form, age, sex or informant is not in the set at one of the forms; or the scale has no score there."""

TO_BE_PASTED_IN = "to_be_pasted_in"
