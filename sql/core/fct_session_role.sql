-- One row is one participant of one meeting, with the meeting's forum, unit and day.
-- Key: session_id, participant_id.
-- From: typed.session_roles, core.fct_session.
-- Units: is_present is empty where nobody wrote down who came.
-- Reference: a participant whose meeting is not in the log keeps its row, without forum and day (is_session_known).
with
participants as (
    select
        session_id,
        participant_id,
        profession_code,
        staff_id,
        is_invited,
        is_present
    from typed.session_roles
    where valid_to is null
)

select
    participants.session_id,
    participants.participant_id,
    participants.profession_code,
    participants.staff_id,
    participants.is_invited,
    participants.is_present,
    sessions.forum_code,
    sessions.institution_code,
    sessions.cluster_code,
    sessions.district_code,
    sessions.held_date,
    sessions.school_year,
    coalesce(sessions.is_held, false) as is_held,
    sessions.session_id is not null as is_session_known
from participants
left join core.fct_session as sessions on participants.session_id = sessions.session_id
