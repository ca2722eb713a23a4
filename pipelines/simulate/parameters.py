"""How does the made-up municipality behave: every parameter with its name, unit, default and source, in one place.

The model is that of the project's statistical notes ("model"): latent difficulty in level and in change, hazards on the
ladder, follow-up loss. Where the notes give no figure the default is an assumption and says so. None of it is a Danish norm.
"""

import math
from collections.abc import Iterator
from dataclasses import Field, dataclass, field, fields
from datetime import date
from typing import Any

MODEL = "simulation model, statistical notes section 6"
ASSUMED = "assumption"


def _parameter(default: Any, *, unit: str, source: str, least: float | None = None, most: float | None = None) -> Any:
    """A dataclass field that carries its unit and source, and its limits where name and unit do not give them."""
    return field(default=default, metadata={"unit": unit, "source": source, "least": least, "most": most})


@dataclass(frozen=True)
class PopulationParameters:
    """Who lives in the municipality, and who moves."""

    oldest_age_years: int = _parameter(
        18, unit="years at data end", source="the law's age limit, with those who just passed it", least=18, most=25
    )
    keeps_grown_up: bool = _parameter(
        True,
        unit="whether the list of children keeps those who have turned 18 since the registers began",
        source="an extract of all children since a day holds them; without them it is a list of today's children",
    )
    boys_share: float = _parameter(0.513, unit="share", source="usual sex ratio at birth")
    disadvantaged_share: float = _parameter(0.2, unit="share", source=MODEL + ", step 1")
    disadvantaged_extra_share: float = _parameter(
        0.1, unit="share added where the district's level is above average", source=MODEL + ", step 1"
    )
    move_within_hazard_per_year: float = _parameter(0.04, unit="per year", source=ASSUMED)
    move_out_hazard_per_year: float = _parameter(0.04, unit="per year", source=MODEL + ", step 7")
    moved_in_share: float = _parameter(0.10, unit="share of children born before the period", source=ASSUMED)
    adviser_level_slope: float = _parameter(
        0.0,
        unit="logit per SD of the district's level",
        source=MODEL + ", step 3: above 0 the adviser model comes where children are worse off (0, 1 or 2)",
    )
    births_log_change_per_year: float = _parameter(
        -0.01, unit="log of a birth cohort's size, per later year", source=ASSUMED + ": cohorts shrink"
    )
    district_births_drift_sd: float = _parameter(
        0.02,
        unit="SD between districts of the log of a cohort's size, per later year",
        source=ASSUMED + ": some districts grow while others shrink, so that the composition changes",
    )
    stays_in_school_after_moving_share: float = _parameter(
        0.15, unit="share of moved children without support", source=ASSUMED
    )


@dataclass(frozen=True)
class SchoolParameters:
    """Daycare and school: who attends what."""

    school_year_count: int = _parameter(4, unit="school years up to data end", source=ASSUMED, least=1, most=20)
    daycare_share: float = _parameter(0.93, unit="share of children", source=ASSUMED)
    private_school_share: float = _parameter(0.17, unit="share of pupils without support", source=ASSUMED)
    grade_ten_share: float = _parameter(0.5, unit="share of pupils after grade 9", source=ASSUMED)
    keeps_institution_share: float = _parameter(0.6, unit="share of children who move district", source=ASSUMED)
    special_class_at_school_share: float = _parameter(
        0.1, unit="share of rung 4 that is a special class at an ordinary school", source=ASSUMED
    )
    club_share: float = _parameter(0.55, unit="share of pupils up to grade 7", source=ASSUMED)
    club_support_share: float = _parameter(
        0.6, unit="share of children in club with support in school who are helped in the club too", source=ASSUMED
    )
    daycares_per_district_least: int = _parameter(
        3, unit="institutions", source=MODEL + ", 3-8 institutions per district"
    )
    daycares_per_district_most: int = _parameter(
        6, unit="institutions", source=MODEL + ", 3-8 institutions per district"
    )


@dataclass(frozen=True)
class LadderParameters:
    """Moves on the two tracks: hazards between neighbouring steps of six."""

    social_away_hazards_per_year: tuple[float, ...] = _parameter(
        (0.25, 0.18, 0.10, 0.07, 0.05), unit="per year, away from ordinary, from step 0-4", source=MODEL + ", step 7"
    )
    social_towards_hazards_per_year: tuple[float, ...] = _parameter(
        (0.30, 0.22, 0.15, 0.06, 0.05), unit="per year, towards ordinary, from step 1-5", source=MODEL + ", step 7"
    )
    education_away_hazards_per_year: tuple[float, ...] = _parameter(
        (0.25, 0.30, 0.30, 0.12, 0.07),
        unit="per year, away from ordinary, from step 0-4",
        source="model's, raised from step 1 on: 5-6 % of pupils outside ordinary classes",
    )
    education_towards_hazards_per_year: tuple[float, ...] = _parameter(
        (0.30, 0.22, 0.10, 0.06, 0.05),
        unit="per year, towards ordinary, from step 1-5",
        source=MODEL + ", step 7, from step 3 fewer",
    )
    frailty_variance: float = _parameter(0.3, unit="variance of a gamma with mean 1", source=MODEL + ", step 7")
    adviser_away_multiplier: float = _parameter(0.85, unit="ratio of hazards", source=MODEL + ", step 7")
    adviser_towards_multiplier: float = _parameter(1.2, unit="ratio of hazards", source=MODEL + ", step 7")
    education_at_risk_share: float = _parameter(
        0.26, unit="share of children who can leave step 0", source="tuned: 5-6 % of pupils outside ordinary classes"
    )
    social_at_risk_share: float = _parameter(0.16, unit="share of children who can leave step 0", source=ASSUMED)
    at_risk_difficulty_slope: float = _parameter(0.8, unit="logit per SD of latent difficulty", source=ASSUMED)
    at_risk_disadvantage_logit: float = _parameter(0.4, unit="logit", source=ASSUMED)
    at_risk_boy_logit: float = _parameter(
        1.6, unit="logit", source="tuned: boys 7.5 % against girls 2.9 % outside ordinary classes, 2018/19 (STIL)"
    )
    district_logit_sd: float = _parameter(0.3, unit="logit SD between districts", source=MODEL + ", step 8")
    district_away_log_sd: float = _parameter(
        0.25,
        unit="SD of the logarithm of districts' hazards away from ordinary",
        source="assumption: without it moves would be as alike in two districts as in one",
    )
    education_cohort_logit_per_year: float = _parameter(
        0.03, unit="logit per later year of birth", source=MODEL + ", step 8: the known trend"
    )
    education_cohort_shock_logit_sd: float = _parameter(
        1.15,
        unit="logit SD between years of birth within a district",
        source="tuned: the yearly share per district is overdispersed by about .004 (model, step 8)",
    )
    education_cohort_shock_correlation: float = _parameter(
        0.4, unit="correlation of neighbouring years of birth, AR(1)", source=MODEL + ", step 8"
    )
    shortest_spell_days: int = _parameter(
        45, unit="days without a further move", source="longer than the grace gap", least=31
    )
    registration_lag_days: int = _parameter(
        35,
        unit="days without new moves before data end, moving away and 18 years",
        source="moves are registered late; longer than the grace gap, so that no end has two causes",
        least=31,
    )
    social_history_years: int = _parameter(4, unit="calendar years before the year of data end", source=ASSUMED)
    move_pause_from_date: date | None = _parameter(  # noqa: RUF009  # a dataclass field, not a value
        None, unit="date", source="planted: no child moves from this day, so that a break would be the register's"
    )
    move_pause_to_date: date | None = _parameter(  # noqa: RUF009  # a dataclass field, not a value
        None, unit="date, the first day with moves again", source="planted"
    )
    law_change_date: date = _parameter(  # noqa: RUF009  # a dataclass field, not a value
        date(2024, 1, 1), unit="date", source="barnets lov in force"
    )
    gap_share: float = _parameter(0.10, unit="share of long spells with a gap in the register", source=ASSUMED)
    gap_most_days: int = _parameter(25, unit="days, shorter than the grace gap", source=ASSUMED, least=5, most=29)
    second_measure_share: float = _parameter(0.25, unit="share of spells with a second measure", source=ASSUMED)
    consent_share: float = _parameter(0.8, unit="share of placements", source=ASSUMED)


@dataclass(frozen=True)
class SdqParameters:
    """The latent difficulty behind the forms, who is referred, and who is followed up."""

    population_mean_points: float = _parameter(
        7.4,
        unit="points",
        source=MODEL + ", step 2; used for the expected change, not for drawing: the items' means give 7.4",
    )
    population_sd_points: float = _parameter(5.4, unit="points", source=MODEL + ", step 2")
    retest_correlation: float = _parameter(
        0.65, unit="correlation", source=MODEL + ", step 2; used for the expected change, not for drawing"
    )
    child_variance_share: float = _parameter(
        0.39, unit="share of latent variance", source="tuned: informants agree about .3"
    )
    informant_variance_share: float = _parameter(
        0.42, unit="share of latent variance", source="tuned: retest about .65-.7"
    )
    general_variance_share: float = _parameter(
        0.6, unit="share of a scale's variance", source="tuned: SD of the total 5.4", least=0.01
    )
    item_loadings: tuple[float, ...] = _parameter(
        (0.645, 0.66, 0.71, 0.595, 0.645),
        unit="correlation of item and scale, parents and children; scales in the order of the forms' scales",
        source="tuned: Cronbach's alpha per scale of British parents (Goodman 2001)",
    )
    teacher_item_loadings: tuple[float, ...] = _parameter(
        (0.735, 0.775, 0.85, 0.71, 0.70),
        unit="correlation of item and scale, teachers",
        source="tuned: Cronbach's alpha per scale of British teachers (Goodman 2001)",
    )
    two_points_ratio: float = _parameter(
        0.3, unit="P(2) = ratio x P(at least 1)^1.5", source="tuned: SD of the total 5.4"
    )
    prosocial_correlation: float = _parameter(-0.4, unit="correlation with latent difficulty", source=ASSUMED)
    district_level_variance_share: float = _parameter(0.03, unit="share of stable variance", source=MODEL + ", step 1")
    institution_level_variance_share: float = _parameter(
        0.04, unit="share of stable variance", source=MODEL + ", step 1"
    )
    disadvantage_points: float = _parameter(1.2, unit="points", source=MODEL + ", step 2")
    boy_points: float = _parameter(
        1.3, unit="points more for boys", source="British parents 1999: boys 9.1, girls 7.8 (sdqinfo.org)"
    )
    district_change_variance_share: float = _parameter(
        0.03, unit="share of the total's variance", source=MODEL + ", step 4"
    )
    institution_change_variance_share: float = _parameter(
        0.04, unit="share of the total's variance", source=MODEL + ", step 4"
    )
    district_change_level_correlation: float = _parameter(
        0.0,
        unit="correlation of a district's change with its level",
        source=MODEL + ", step 4: .7 in the scenario confounded",
    )
    district_trend_sd_points_per_year: float = _parameter(0.2, unit="points per year", source=MODEL + ", step 3")
    level_trend_points_per_year: float = _parameter(
        0.0,
        unit="points more of change for each calendar year and SD of the district's level",
        source="tuned: .25 in the scenario confounded_rollout, where the worst-off districts also get worse year by year",
    )
    adviser_effect_points: float = _parameter(
        0.0, unit="points fewer at follow-up under the adviser model", source=MODEL + ", step 4 (0, 1 or 2)"
    )
    adviser_effect_disadvantage_factor: float = _parameter(
        0.3, unit="extra share of the effect", source=MODEL + ", step 4"
    )
    referral_threshold_points: float = _parameter(13.0, unit="points", source=MODEL + ", step 2")
    refers_on_lasting_difficulty: bool = _parameter(
        False,
        unit="whether workers refer on what they know (the part that lasts), not on the form alone",
        source=MODEL + ", step 4: true in the scenario earlier_detection",
    )
    adviser_earlier_referral_points: float = _parameter(
        0.0,
        unit="points by which the adviser model refers earlier",
        source=MODEL + ", step 4: 3 in the scenario earlier_detection",
    )
    referral_noise_sd_points: float = _parameter(2.0, unit="points", source=MODEL + ", step 2")
    follow_up_logit: float = _parameter(1.3, unit="logit at 16 points", source=MODEL + ", step 5")
    follow_up_logit_per_point: float = _parameter(-0.05, unit="logit per baseline point", source=MODEL + ", step 5")
    follow_up_disadvantage_logit: float = _parameter(-0.4, unit="logit", source=MODEL + ", step 5")
    follow_up_adviser_logit: float = _parameter(0.3, unit="logit", source=MODEL + ", step 5")
    follow_up_logit_per_change_point: float = _parameter(
        0.0, unit="logit per point of change", source=MODEL + ", step 5: -.08 where loss depends on what is not seen"
    )
    follow_up_mean_days: float = _parameter(182.0, unit="days", source="added value score: 4-8 months")
    follow_up_sd_days: float = _parameter(25.0, unit="days", source=ASSUMED)
    follow_up_least_days: int = _parameter(115, unit="days", source="inside the window 90-270 days")
    follow_up_most_days: int = _parameter(250, unit="days", source="inside the window 90-270 days")
    late_follow_up_share: float = _parameter(0.04, unit="share of follow-ups", source=ASSUMED)
    late_follow_up_days: int = _parameter(320, unit="days, outside the window", source=ASSUMED)
    window_least_days: int = _parameter(90, unit="days", source="default setting of the workspace")
    window_most_days: int = _parameter(270, unit="days", source="default setting of the workspace")
    informant_change_share: float = _parameter(0.08, unit="share of pairs", source=MODEL + ", step 6")
    informant_change_points: float = _parameter(1.0, unit="points", source=MODEL + ", step 6")
    teacher_share: float = _parameter(0.5, unit="share of referred with a teacher's form", source=ASSUMED)
    self_share: float = _parameter(0.3, unit="share of referred from 11 years with an own form", source=ASSUMED)
    missing_item_share: float = _parameter(0.01, unit="share of answers", source=ASSUMED)
    missing_scale_share: float = _parameter(0.02, unit="share of forms with one scale left open", source=ASSUMED)


@dataclass(frozen=True)
class CooperationParameters:
    """Meetings, cases and requests for support. What the profile promises is held but for the departures that it plants, and what
    goes wrong every day, which is nothing unless it is set."""

    everyday_cancelled_share: float = _parameter(0.0, unit="share of planned meetings", source="set by the scenario")
    everyday_no_minutes_share: float = _parameter(0.0, unit="share of planned meetings", source="set by the scenario")
    everyday_late_share: float = _parameter(0.0, unit="share of planned meetings", source="set by the scenario")
    called_meetings_per_child_year: float = _parameter(
        0.02,
        unit="meetings a year per child of the unit, of a forum that is called when needed",
        source=ASSUMED,
        least=0,
        most=1,
    )
    child_level_share: float = _parameter(0.5, unit="share of institutions' meetings", source=ASSUMED)
    group_level_share: float = _parameter(0.2, unit="share of meetings and of requests", source=ASSUMED)
    named_children_share: float = _parameter(
        0.08, unit="share of a unit's children first named at a forum's meetings in a school year", source=ASSUMED
    )
    continued_share: float = _parameter(
        0.4, unit="share of a meeting's children who are discussed at the next one too", source=ASSUMED
    )
    anonymous_share: float = _parameter(
        0.15, unit="share of meetings on children with an anonymous case as well", source=ASSUMED
    )
    called_role_share: float = _parameter(
        0.4, unit="share of meetings at which a role that comes when needed is there", source=ASSUMED
    )
    free_role_share: float = _parameter(
        0.25, unit="share of meetings at which a role that may come is there", source=ASSUMED
    )
    support_workers_in_team: int = _parameter(
        2, unit="support workers in a cluster's or district's team", source=ASSUMED, least=1, most=10
    )
    child_request_share: float = _parameter(0.5, unit="share of requests for support", source=ASSUMED)
    formal_road_share: float = _parameter(
        0.3, unit="share of requests for support that take the formal road", source=ASSUMED
    )
    request_most_extra_days: int = _parameter(
        120, unit="days more than the fewest from one request for the same to the next", source=ASSUMED
    )


@dataclass(frozen=True)
class ReviewParameters:
    """When help is looked at again, and what is judged."""

    first_on_time_share: float = _parameter(
        0.78, unit="share of courses of a measure first followed up within three months", source=ASSUMED
    )
    never_followed_share: float = _parameter(0.05, unit="share of courses never followed up", source=ASSUMED)
    first_least_days: int = _parameter(40, unit="days from start to first follow-up, on time", source=ASSUMED)
    first_on_time_most_days: int = _parameter(
        85, unit="days from start to first follow-up, on time", source="with a weekend, under the shortest three months"
    )
    first_late_least_days: int = _parameter(
        95, unit="days from start to first follow-up, too late", source="over the longest three months"
    )
    first_late_most_days: int = _parameter(200, unit="days from start to first follow-up, too late", source=ASSUMED)
    follow_up_interval_days: int = _parameter(
        182, unit="days between follow-ups", source="serviceloven's former six months; barnets lov fixes none", least=60
    )
    revisitation_interval_days: int = _parameter(
        365, unit="days between revisitations of a special placement", source=ASSUMED, least=60
    )
    revisitation_held_share: float = _parameter(0.85, unit="share of revisitations held", source=ASSUMED)
    council_interval_days: int = _parameter(
        180, unit="days between meetings of the Kreative Råd on a child", source=ASSUMED, least=60
    )
    council_share: float = _parameter(
        0.4,
        unit="share of stays in special settings that the Kreative Råd follows",
        source="Ballerup 2017 has such councils; the share is assumed, and every made-up municipality has one",
    )
    council_before_share: float = _parameter(
        0.3, unit="share of stays in special settings that the Kreative Råd discussed before", source=ASSUMED
    )
    interval_jitter_days: int = _parameter(
        25, unit="days earlier or later than the interval says", source=ASSUMED, most=29
    )
    return_possible_share: float = _parameter(0.2, unit="share of judgements", source=ASSUMED)
    return_not_possible_share: float = _parameter(0.6, unit="share of judgements; the rest not judged", source=ASSUMED)
    exhausted_share: float = _parameter(
        0.3, unit="share of the council's meetings on children in special settings", source=ASSUMED
    )
    recommended_share: float = _parameter(0.5, unit="share of those with exhausted options", source=ASSUMED)
    planned_share: float = _parameter(0.85, unit="share of reviews planned ahead", source=ASSUMED)
    put_off_share: float = _parameter(0.25, unit="share of planned reviews held later", source=ASSUMED)
    put_off_most_days: int = _parameter(28, unit="days later than planned", source=ASSUMED, least=1)


@dataclass(frozen=True)
class NotificationParameters:
    """How often the municipality is told of a worry about a child, and how soon it assesses it."""

    hazard_per_year: float = _parameter(
        0.085,
        unit="per year, mean of children of mean difficulty and no disadvantage, with no help to begin",
        source="tuned: about 13 notifications per 100 child-years (148,000 on 0-17-year-olds in 2022, KL from UND1)",
    )
    difficulty_log_slope: float = _parameter(0.5, unit="log of the hazard per SD of latent difficulty", source=ASSUMED)
    disadvantage_multiplier: float = _parameter(2.0, unit="ratio of hazards", source=ASSUMED)
    child_frailty_variance: float = _parameter(
        4.0,
        unit="variance of a gamma with mean 1 that multiplies a child's hazard",
        source="tuned towards 1.8 notifications a year on each child notified (UND1 and UND2, 2022)",
    )
    before_measure_multiplier: float = _parameter(
        4.0, unit="ratio of hazards shortly before help begins", source=ASSUMED + ": help often begins with one"
    )
    before_measure_days: int = _parameter(180, unit="days before help begins", source=ASSUMED)
    adviser_notification_multiplier: float = _parameter(
        1.0, unit="ratio of hazards under the adviser model", source="planted: 1, the model changes nothing"
    )
    late_share: float = _parameter(
        0.08, unit="share of notifications not assessed within 24 hours", source=ASSUMED + ": the law wants none"
    )


@dataclass(frozen=True)
class CaseloadParameters:
    """How many open cases a caseworker has."""

    cases_per_position: float = _parameter(
        20.0,
        unit="open cases per full-time position, caseworker model",
        source="assumption: Dansk Socialrådgiverforening recommends 15-20 (second-hand); Herning had about 48, then 24",
        least=1,
        most=200,
    )
    adviser_case_share: float = _parameter(
        0.8,
        unit="share of the other model's cases per position",
        source="assumption: Vordingborg, Next Step, says fewer cases and gives no figure",
        least=0.01,
        most=2,
    )
    days_open_after_notification: int = _parameter(
        120,
        unit="days a case is open after a notification on a child without help",
        source="the four months of a børnefaglig undersøgelse (barnets lov § 20)",
        least=0,
        most=300,
    )
    positions_log_sd: float = _parameter(0.08, unit="SD of the log of a year's positions", source=ASSUMED)
    worker_hours_share: float = _parameter(
        0.85, unit="mean share of full time that a worker has", source=ASSUMED, least=0.1, most=1
    )


@dataclass(frozen=True)
class CostParameters:
    """What help costs."""

    rung_price_dkk_per_month: tuple[float, ...] = _parameter(
        (4_000.0, 9_500.0, 14_000.0, 38_000.0, 105_000.0),
        unit="DKK per month a measure runs, social rung 2-6",
        source="assumption: rising up the ladder as unit costs do, in no municipality's figures",
        least=0,
        most=1_000_000,
    )
    measure_log_sd: float = _parameter(0.35, unit="SD of the log of a measure's price", source=ASSUMED)
    quarter_log_sd: float = _parameter(0.08, unit="SD of the log of a quarter's spend", source=ASSUMED)
    taken_back_share: float = _parameter(
        0.05, unit="share of ended measures of which some is taken back", source=ASSUMED
    )
    shared_share: float = _parameter(
        0.04, unit="spend on no single measure, share of an account's other spend", source=ASSUMED
    )


@dataclass(frozen=True)
class BorderParameters:
    """Children and places across the municipal border."""

    special_school_outside_share: float = _parameter(
        0.15, unit="share of children who would go to another municipality's special school", source=ASSUMED
    )
    day_treatment_outside_share: float = _parameter(
        0.4, unit="share of children who would go to another municipality's day treatment", source=ASSUMED
    )
    visitors_in_special_school_share: float = _parameter(
        0.12, unit="children of other municipalities per own pupil in the special school", source=ASSUMED
    )
    visitors_in_special_school_boys_share: float = _parameter(
        0.72, unit="share", source="boys 7.5 % against girls 2.9 % outside ordinary teaching, 2018/19 (STIL)"
    )
    visitors_in_ordinary_school_share: float = _parameter(
        0.01, unit="children of other municipalities per own pupil in ordinary schools", source=ASSUMED
    )
    paid_by_others_in_ordinary_share: float = _parameter(
        0.008,
        unit="share of our children never outside ordinary teaching whose place another municipality pays",
        source=ASSUMED + ": another municipality placed them in care here",
    )
    paid_by_others_in_special_share: float = _parameter(
        0.06, unit="the same share of the children who are or were outside ordinary teaching", source=ASSUMED
    )
    visitors_paid_by_us_share: float = _parameter(
        0.3, unit="share of other municipalities' children in our offers whose place we pay", source=ASSUMED
    )


@dataclass(frozen=True)
class ShareParameters:
    """Districts' shares of pupils outside ordinary teaching without single children: a model of its own (`shares`), not part of a
    made-up municipality's parameters."""

    segregated_share: float = _parameter(
        0.051, unit="share in year 0", source=MODEL + ", step 8", least=0.0001, most=0.9
    )
    district_logit_sd: float = _parameter(0.3, unit="logit SD between districts", source=MODEL + ", step 8")
    trend_logit_per_year: float = _parameter(0.03, unit="logit per year", source=MODEL + ", step 8")
    adviser_effect_logit: float = _parameter(
        0.0, unit="logit under the adviser model (below 0: fewer outside)", source=MODEL + ", step 8; the value assumed"
    )
    overdispersion: float = _parameter(
        0.004, unit="correlation of two pupils of one district and year", source=MODEL + ", step 8", most=0.5
    )
    shock_year_correlation: float = _parameter(
        0.4, unit="correlation of a district's shock in neighbouring years, AR(1)", source=MODEL + ", step 8"
    )
    pupils_least: int = _parameter(250, unit="pupils in a district in year 0", source=MODEL + ", step 8")
    pupils_most: int = _parameter(900, unit="pupils in a district in year 0", source=MODEL + ", step 8")
    pupils_drift_sd_per_year: float = _parameter(
        0.02, unit="SD between districts of the log of their size, per year", source=ASSUMED
    )
    age_band_shares: tuple[float, float, float] = _parameter(
        (0.4, 0.3, 0.3), unit="share of pupils in grades 0-3, 4-6 and 7-9 in year 0", source="grades per band"
    )
    age_band_logits: tuple[float, float, float] = _parameter(
        (-0.39, 0.02, 0.37),
        unit="logit above the district's, per band",
        source="grades 1, 5 and 9: 3.5, 5.2 and 7.2 % outside ordinary teaching, 2018/19 (STIL)",
    )
    age_band_drift_per_year: float = _parameter(
        0.03, unit="log of the oldest band's weight over the youngest's, per year", source=ASSUMED + ": fewer are born"
    )
    age_band_drift_sd_per_year: float = _parameter(0.03, unit="SD of it between districts", source=ASSUMED)


@dataclass(frozen=True)
class PublicationParameters:
    """How figures of segregation are published."""

    fewest_published_pupils: int = _parameter(
        4, unit="pupils behind a published figure", source="STIL: 3 or fewer are withheld; for the others assumed"
    )


@dataclass(frozen=True)
class ScoreDeliveryParameters:
    """SDQ forms that somebody else scored before delivery."""

    points_only_share: float = _parameter(
        0.08, unit="share of children whose forms come as points, not answers", source=ASSUMED
    )
    total_only_share: float = _parameter(0.3, unit="share of those: the total alone", source=ASSUMED)
    both_ways_share: float = _parameter(0.05, unit="share of children whose forms come both ways", source=ASSUMED)
    rounds_to_even_share: float = _parameter(
        0.5, unit="share of children delivered both ways whose sender rounds 2.5 to 2", source="planted"
    )
    forgets_turning_share: float = _parameter(
        0.1, unit="share of children delivered both ways whose sender does not turn reversed items", source="planted"
    )


@dataclass(frozen=True)
class DefectParameters:
    """Wrong rows in dirty deliveries."""

    wrong_row_share: float = _parameter(0.01, unit="wrong rows per right row, at least one a source", source=ASSUMED)


@dataclass(frozen=True)
class Parameters:
    """All parameters of a made-up municipality."""

    population: PopulationParameters = PopulationParameters()
    school: SchoolParameters = SchoolParameters()
    ladder: LadderParameters = LadderParameters()
    sdq: SdqParameters = SdqParameters()
    sdq_scores: ScoreDeliveryParameters = ScoreDeliveryParameters()
    cooperation: CooperationParameters = CooperationParameters()
    reviews: ReviewParameters = ReviewParameters()
    notifications: NotificationParameters = NotificationParameters()
    caseload: CaseloadParameters = CaseloadParameters()
    costs: CostParameters = CostParameters()
    borders: BorderParameters = BorderParameters()
    publication: PublicationParameters = PublicationParameters()
    defects: DefectParameters = DefectParameters()


def describe_parameters(parameters: Parameters) -> list[dict[str, Any]]:
    """One entry per parameter: part, name, value, unit, source."""
    return list(_described(parameters))


def _described(parameters: Parameters) -> Iterator[dict[str, Any]]:
    for part in fields(parameters):
        values = getattr(parameters, part.name)
        for item in fields(values):
            value = getattr(values, item.name)
            yield {
                "part": part.name,
                "name": item.name,
                "value": value.isoformat() if isinstance(value, date) else value,
                "unit": item.metadata["unit"],
                "source": item.metadata["source"],
            }


_LIMITS_BY_WORD = (
    (("correlation", "loadings"), (-1.0, 1.0)),
    (("_share", "_shares", "overdispersion"), (0.0, 1.0)),
    (("drift_sd", "log_sd"), (0.0, 1.0)),
    (("logit_sd",), (0.0, 5.0)),
    (("_sd",), (0.0, 50.0)),
    (("drift", "_log_"), (-1.0, 1.0)),
    (("hazard", "multiplier", "_ratio"), (0.0, 20.0)),
    (("variance",), (0.0, 20.0)),
    (("_logit_per_",), (-1.0, 1.0)),
    (("_logit", "_slope"), (-20.0, 20.0)),
    (("_index",), (0, 1000)),
    (("_days",), (0, 3650)),
    (("_years", "daycares_per"), (1, 40)),
    (("pupils",), (1, 10_000)),
    (("_points", "_factor"), (-100.0, 100.0)),
)
"""Word in a parameter's name, and from what to what it may be; the first word that fits holds. Beyond it nothing can be drawn, or
nothing that resembles a municipality."""


def limits_of(parameter: "Field[Any]") -> tuple[float, float]:
    """From what to what a parameter that is a number may be, both included.

    Raises:
        LookupError: neither its name nor its own limits say so.
    """
    least, most = next(
        (limits for words, limits in _LIMITS_BY_WORD if any(word in parameter.name for word in words)), (None, None)
    )
    own_least, own_most = parameter.metadata["least"], parameter.metadata["most"]
    least, most = (least if own_least is None else own_least), (most if own_most is None else own_most)
    if least is None or most is None:
        raise LookupError(f"no limits are set for the parameter {parameter.name}")
    return least, most


def disagreements(parameters: Parameters) -> list[str]:
    """What does not go together in the values, in Danish; each value alone is taken to be within its limits."""
    return [wrong for is_wrong, wrong in _rules_across(parameters) if is_wrong]


def _rules_across(parameters: Parameters) -> Iterator[tuple[bool, str]]:
    """Whether each rule across parameters is broken, and the rule."""
    for part, least, most in _IN_ORDER:
        values = getattr(parameters, part)
        yield getattr(values, least) > getattr(values, most), f"parameters.{part}.{least} må højst være {most}"
    for part, *names in _AT_MOST_ONE:
        values = getattr(parameters, part)
        total = sum(getattr(values, name) for name in names)
        # shares that sum to 1 in decimals may miss it by a hair in binary numbers
        yield total > 1 + 1e-9, f"parameters.{part}: {', '.join(names)} må højst være 1 tilsammen"
    pause = parameters.ladder.move_pause_from_date, parameters.ladder.move_pause_to_date
    days = "parameters.ladder.move_pause_from_date og move_pause_to_date"
    yield (pause[0] is None) != (pause[1] is None), f"{days} skal sættes begge to eller slet ikke"
    is_turned = pause[0] is not None and pause[1] is not None and pause[0] >= pause[1]
    yield is_turned, f"{days}: fra skal ligge før til"


_IN_ORDER = (
    ("school", "daycares_per_district_least", "daycares_per_district_most"),
    ("sdq", "follow_up_least_days", "follow_up_most_days"),
    ("sdq", "window_least_days", "window_most_days"),
    ("reviews", "first_least_days", "first_on_time_most_days"),
    ("reviews", "first_late_least_days", "first_late_most_days"),
)
_AT_MOST_ONE = (
    ("sdq", "child_variance_share", "informant_variance_share"),
    ("sdq", "district_level_variance_share", "institution_level_variance_share"),
    ("sdq", "district_change_variance_share", "institution_change_variance_share"),
    ("cooperation", "everyday_cancelled_share", "everyday_no_minutes_share", "everyday_late_share"),
    ("cooperation", "child_level_share", "group_level_share"),
    ("cooperation", "child_request_share", "group_level_share"),
    ("reviews", "first_on_time_share", "never_followed_share"),
    ("reviews", "return_possible_share", "return_not_possible_share"),
)


def points_sd(parameters: SdqParameters, variance_share: float) -> float:
    """SD in points of a part that holds `variance_share` of the total score's variance."""
    return parameters.population_sd_points * math.sqrt(variance_share)
