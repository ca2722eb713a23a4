"""SDQ forms drawn with a total, for tests of what happens to forms after they are scored."""

from pipelines.codes import load_code_table

ITEMS = load_code_table("sdq_items").rows
NAMES = [row["code"] for row in ITEMS]
CHILDREN = """
child_id birth_date  home_district_code resident_from_date
anna     2014-05-01  NORD               2014-05-01
bo       2014-05-01  NORD               2014-05-01
cleo     2014-05-01  SYD                2014-05-01
dan      2014-05-01  SYD                2014-05-01
"""


def items_of(scale: str) -> list[str]:
    """The five items of a scale, in printed order."""
    return [row["code"] for row in ITEMS if row["scale_code"] == scale]


def scored_form(child: str, answered: str, informant: str, total: int, *, is_follow_up: str = "-") -> list[str]:
    """The cells of a form with a given total (0 to 10, all on the emotional scale): somatic ... afraid take two points at a time."""
    points = dict.fromkeys(NAMES, 0) | {row["code"]: 2 for row in ITEMS if row["is_reversed"] == "true"}
    for name in items_of("emotional"):
        points[name] = min(2, total)
        total -= points[name]
    return [child, answered, informant, is_follow_up, *map(str, points.values())]


def forms_drawn(*rows: list[str]) -> str:
    """The drawn table of these forms."""
    header = ["child_id", "answered_date", "informant_code", "is_follow_up_form", *NAMES]
    return "\n".join(" ".join(row) for row in [header, *rows])
