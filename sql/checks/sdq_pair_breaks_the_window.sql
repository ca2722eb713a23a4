-- Tests: whether a pair of SDQ forms lies outside the window or came before it closed, or an unpaired form has no reason, or the
-- wrong one of waiting.
-- Matters when: the window in the settings is changed, and the pairs were not made again.
-- Resolve: run again; if it stays, look at sql/core/fct_sdq_pair.sql.
-- Dansk: Par af SDQ-skemaer ligger uden for det tidsrum, der er valgt i indstillingerne. Kør igen, og meld fejlen, hvis den bliver.
with
pairs as (
    select
        pairs.*,
        coalesce(pairs.unpaired_reason_code, '') = 'not_due' as waits,
        date_diff('day', pairs.first_date, settings.as_of_date) < settings.sdq_window_days_maximum as is_open,
        settings.sdq_window_days_minimum,
        settings.sdq_window_days_maximum
    from core.fct_sdq_pair as pairs
    cross join codes.settings as settings
)

select
    child_id,
    informant_code
from pairs
where
    (is_paired and days_between not between sdq_window_days_minimum and sdq_window_days_maximum)
    or (is_paired and (unpaired_reason_code is not null or change_points is null))
    or (not is_paired and (unpaired_reason_code is null or second_date is not null))
    or waits <> is_open
