"""Do the same support workers come from time to time? Drawn meetings, counted by hand."""

from tests.sql.drawn import assert_rows, built


def test_who_was_at_the_former_meeting_too() -> None:
    """A, B; then B again and C; then C stayed away and D came; next year D again: of 2 + 1 later attendances B's is the same."""
    connection = built(
        {
            "sessions": """
                session_id forum_code     institution_code district_code planned_date held_date  session_status_code
                S1         ressourceforum D1               NORD          2025-09-01   2025-09-01 held
                S2         ressourceforum D1               NORD          2025-10-01   2025-10-01 held
                S3         ressourceforum D1               NORD          2025-11-03   2025-11-03 held
                S4         ressourceforum D1               NORD          2025-12-01   -          cancelled
                S5         ressourceforum D1               NORD          2026-09-01   2026-09-01 held
                T1         ressourceforum D2               NORD          2025-09-01   2025-09-01 held
            """,
            "session_roles": """
                session_id participant_id profession_code staff_id is_present
                S1         1              support_worker  A        true
                S1         2              support_worker  B        true
                S2         1              support_worker  B        true
                S2         2              support_worker  C        true
                S3         1              support_worker  C        false
                S3         2              support_worker  D        true
                S5         1              support_worker  D        true
                S5         2              leader          -        true
                T1         1              support_worker  A        true
            """,
        }
    )
    assert_rows(
        connection,
        "SELECT * FROM marts.mart_team_continuity",
        """
        school_year unit_code profession_code meetings_count later_count same_count staff_count
        2025/26     D1        support_worker  3              3           1          4
        2025/26     D2        support_worker  1              0           0          1
        2026/27     D1        support_worker  1              1           1          1
        """,
    )
