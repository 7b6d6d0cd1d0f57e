"""Files that contradict themselves are found out, each with the field; the packaged one does not."""

from typing import Any

import pytest

from schemas.protocol.checks import CHECKS, Problem, problems
from tests.support.protocols import packaged, varied

SIGNATURE = {"signed_by": "Dr. Fable", "signed_on": "2026-11-30"}
SERIES = {
    "sessions": {"value": 6, "unit": "sessions", "provenance": "design_default"},
    "min_hours_between_doses": {"value": 90, "unit": "h", "provenance": "design_default"},
    "max_sessions_per_week": {"value": 3, "unit": "sessions", "provenance": "design_default"},
}
HOURS = {"value": 24, "unit": "h", "provenance": "design_default"}

CONTRADICTIONS: list[tuple[dict[str, Any], str]] = [
    # Units and magnitudes
    ({"vitals.valid_min.unit": "h"}, "vitals.valid_min"),
    ({"vitals.spo2_min.unit": "mmHg"}, "vitals.spo2_min"),
    ({"routes.sublingual.max_session_mg.unit": "g"}, "routes.sublingual.max_session_mg"),
    ({"integration.min_hours_before_next_dose": -1}, "integration.min_hours_before_next_dose"),
    ({"work.hold_session.due_h": 17_545}, "work.hold_session.due_h"),
    ({"vitals.temperature_max_c": 46}, "vitals.temperature_max_c"),
    ({"series.sessions": 2.5}, "series.sessions"),
    # Treatments, routes, approvals, supply
    ({"series.sessions": 0}, "series.sessions"),
    ({"series.max_sessions_per_week": 0}, "series.max_sessions_per_week"),
    ({"treatments.kap.series": SERIES}, "treatments.kap.series.max_sessions_per_week"),
    ({"treatments.kap.settings": ["home"]}, "treatments.kap.drug_routes"),
    ({"treatments.esketamine.settings": ["clinic", "home"]}, "treatments.esketamine.settings"),
    ({"treatments.psycholytic.max_session_mg": 401}, "treatments.psycholytic.max_session_mg"),
    ({"treatments.psycholytic.max_session_mg": 99}, "treatments.psycholytic.max_session_mg"),
    ({"routes.intranasal.settings": []}, "routes.intranasal.settings"),
    ({"routes.sublingual.max_session_mg": 0}, "routes.sublingual.max_session_mg"),
    ({"routes.sublingual.observation_min": 0}, "routes.sublingual.observation_min"),
    ({"routes.sublingual.start_mg": 401}, "routes.sublingual.start_mg"),
    ({"routes.sublingual.step_mg": 401}, "routes.sublingual.step_mg"),
    ({"routes.intravenous.start_mg_per_kg": 1.1}, "routes.intravenous.start_mg_per_kg"),
    ({"routes.intravenous.soft_max_mg_per_kg": 1.1}, "routes.intravenous.soft_max_mg_per_kg"),
    ({"routes.intravenous.soft_max_mg_per_kg": 0.4}, "routes.intravenous.start_mg_per_kg"),
    ({"routes.intramuscular.least_mg_per_kg": 0.6}, "routes.intramuscular.least_mg_per_kg"),
    ({"routes.sublingual.least_session_mg": 101}, "routes.sublingual.least_session_mg"),
    ({"treatments.psycholytic.least_session_mg": 101}, "treatments.psycholytic.least_session_mg"),
    ({"routes.intravenous.step_mg_per_kg": 1.1}, "routes.intravenous.step_mg_per_kg"),
    ({"routes.sublingual.vitals_at_min": []}, "routes.sublingual.vitals_at_min"),
    ({"routes.sublingual.vitals_at_min": [30, 120, 60]}, "routes.sublingual.vitals_at_min.2"),
    ({"routes.sublingual.vitals_at_min": [30, 30]}, "routes.sublingual.vitals_at_min.1"),
    ({"routes.sublingual.vitals_at_min": [30, 121]}, "routes.sublingual.vitals_at_min"),
    ({"routes.sublingual.vitals_at_min_in.home": [60, 121]}, "routes.sublingual.vitals_at_min_in.home"),
    ({"routes.intranasal.vitals_at_min_in": {"home": [40]}}, "routes.intranasal.vitals_at_min_in.home"),
    ({"eligibility.weighed_routes": ["intravenous"]}, "eligibility.weighed_routes"),
    ({"booster.closes_min": 121}, "booster.closes_min"),
    ({"booster.opens_min": 30}, "booster.closes_min"),
    ({"approval.first.sessions": 0}, "approval.first.sessions"),
    ({"approval.later.valid_days": 0}, "approval.later.valid_days"),
    ({"approval.later.valid_days": 181}, "approval.later.valid_days"),
    ({"approval.absolute_max_days": 29}, "approval.first.valid_days"),
    ({"treatments": {}}, "referral.indications.substance_use.treatments"),
    ({"treatments": {}}, "treatments"),
    ({"monitoring": None}, "monitoring"),
    ({"supply.stages.1": 4}, "supply.stages.2"),
    ({"supply.stages.0": 0}, "supply.stages"),
    # Vital signs
    ({"vitals.predose.clinic.go.systolic": 161}, "vitals.predose.clinic.go.systolic"),
    ({"vitals.predose.home.go.diastolic": 91}, "vitals.predose.home.go.diastolic"),
    ({"vitals.predose.clinic.hold_above.systolic": 181}, "vitals.predose.clinic.hold_above.systolic"),
    ({"vitals.predose.clinic.go.diastolic": 140}, "vitals.predose.clinic.go.diastolic"),
    ({"vitals.immediate_hold.diastolic": 180}, "vitals.immediate_hold.diastolic"),
    ({"vitals.heart_rate_min": 120}, "vitals.heart_rate_min"),
    ({"vitals.heart_rate_min": 100}, "vitals.predose.home.heart_rate_max"),
    ({"vitals.predose.home.heart_rate_max": 121}, "vitals.predose.home.heart_rate_max"),
    ({"vitals.predose.clinic.go_older.go.systolic": 161}, "vitals.predose.clinic.go_older.go.systolic"),
    ({"vitals.predose.clinic.go_older.go.diastolic": 150}, "vitals.predose.clinic.go_older.go.diastolic"),
    ({"vitals.valid_min": 0}, "vitals.valid_min"),
    ({"vitals.repeat_gap_min": 23}, "vitals.repeat_gap_min"),
    ({"monitoring.alert.pressure.systolic": 139}, "vitals.predose.clinic.go.systolic"),
    ({"monitoring.emergency.pressure_with_symptoms.systolic": 179}, "monitoring.stop.pressure.systolic"),
    ({"monitoring.emergency.spo2_below": 93}, "monitoring.stop.spo2_below"),
    ({"monitoring.stop.spo2_below": 95}, "monitoring.alert.spo2_below"),
    ({"monitoring.alert.spo2_below": 96}, "vitals.spo2_min"),
    ({"monitoring.alert.heart_rate_above": 141}, "monitoring.alert.heart_rate_above"),
    ({"vitals.heart_rate_max": 121}, "vitals.heart_rate_max"),
    ({"monitoring.alert.heart_rate_below": 51}, "vitals.heart_rate_min"),
    ({"monitoring.emergency.respiratory_rate_below": 11}, "monitoring.alert.respiratory_rate_below"),
    ({"monitoring.late_min": 0}, "monitoring.late_min"),
    ({"monitoring.discharge.padss_min": 11}, "monitoring.discharge.padss_min"),
    ({"monitoring.adverse_events.review_from_grade": 0}, "monitoring.adverse_events.review_from_grade"),
    # The course
    ({"signature": {**SIGNATURE, "signed_on": "30 November"}}, "signature.signed_on"),
    ({"signature": {**SIGNATURE, "signed_on": "2027-01-01"}}, "regulation.telemedicine.until"),
    ({"consent_kinds": ["treatment", "treatment"]}, "consent_kinds"),
    ({"session.home_attestation": ["address", "horoscope"]}, "session.home_attestation"),
    ({"session.checkin_opens_min": 0}, "session.checkin_opens_min"),
    ({"eligibility.ecg_age_years": 17}, "eligibility.ecg_age_years"),
    ({"eligibility.labs.pregnancy.valid_days_later": 0}, "eligibility.labs.pregnancy.valid_days_later"),
    ({"eligibility.labs.liver_function.every_sessions": 0}, "eligibility.labs.liver_function.every_sessions"),
    (
        {"medications.classes.benzodiazepine.hold_hours_preferred": 23},
        "medications.classes.benzodiazepine.hold_hours_preferred",
    ),
    (
        {"medications.classes.lamotrigine.hold_hours_preferred": HOURS},
        "medications.classes.lamotrigine.hold_hours_preferred",
    ),
    ({"checkins.long_term.days.0": 90}, "checkins.long_term.days.1"),
    ({"checkins.long_term.days.0": 7}, "checkins.long_term.days.0"),
    (
        {"checkins.after_session.safety_call.safety": False, "checkins.after_session.day_3.safety": False},
        "checkins.after_session",
    ),
    ({"ladder.steps_h": [-1, 24]}, "ladder.steps_h.0"),
    ({"ladder.steps_h": [0, 72, 24]}, "ladder.steps_h.2"),
    ({"work.assess_risk.ladder.steps_h": [0, 1, 1]}, "work.assess_risk.ladder.steps_h.2"),
    ({"work.approve_dosing.announced_to": []}, "work.approve_dosing.announced_to"),
    ({"work.hold_session.announced_to": ["patient"]}, "work.hold_session.announced_to"),
    ({"work.hold_session.reminded": ["patient"]}, "work.hold_session.reminded"),
    # Questionnaires
    ({"instruments.scales.pcl5.cut": 81}, "instruments.scales.pcl5.cut"),
    ({"instruments.scales.gad7.response_share": 1}, "instruments.scales.gad7.response_share"),
    ({"instruments.scales.gad7.max_missing": 7}, "instruments.scales.gad7.max_missing"),
    ({"instruments.scales.phq9.safety_item_least": 0}, "instruments.scales.phq9.safety_item_least"),
    ({"instruments.scales.pcl5.cluster_item_least": 5}, "instruments.scales.pcl5.cluster_item_least"),
    ({"instruments.scales.phq9.unscored": [9]}, "instruments.scales.phq9.unscored"),
    ({"instruments.scales.phq9.relapse.total": 28}, "instruments.scales.phq9.relapse.total"),
    ({"instruments.scales.pcl5.clusters.1.needed": 3}, "instruments.scales.pcl5.clusters.1.needed"),
    ({"instruments.scales.pcl5.clusters.1.first": 4}, "instruments.scales.pcl5.clusters.2"),
    ({"instruments.risk.acknowledge_moderate_min": 241}, "instruments.risk.acknowledge_moderate_min"),
    ({"instruments.risk.contact_moderate_h": 0.9}, "instruments.risk.contact_high_min"),
]
"""What is changed in the packaged protocol, and the field that is then wrong."""


def found(changes: dict[str, Any]) -> list[Problem]:
    return list(problems(varied(changes)))


def test_the_packaged_protocol_has_no_problem() -> None:
    assert list(problems(packaged())) == []
    assert found({"signature": SIGNATURE}) == []


@pytest.mark.parametrize(("changes", "path"), CONTRADICTIONS, ids=[f"{path}" for _, path in CONTRADICTIONS])
def test_a_contradiction_is_found_with_its_field(changes: dict[str, Any], path: str) -> None:
    told = found(changes)
    assert path in [one.path for one in told], told
    assert all(one.sentence.endswith(".") and one.sentence[0].isupper() for one in told)


@pytest.mark.parametrize(
    "changes",
    [
        {"integration.min_hours_before_next_dose": 0},
        {"work.hold_session.due_h": 17_544},
        {
            "treatments.kap.series": {
                **SERIES,
                "min_hours_between_doses": {**SERIES["min_hours_between_doses"], "value": 83},
            }
        },
        {"treatments.psycholytic.max_session_mg": 400},
        {"routes.sublingual.start_mg": 100, "routes.sublingual.step_mg": 400},
        {"routes.sublingual.vitals_at_min": [30, 120]},
        {"booster.closes_min": 60},
        {"approval.later.valid_days": 180},
        {"supply.stages.1": 1},
        {"vitals.predose.clinic.go.systolic": 160},
        {"vitals.predose.clinic.hold_above.systolic": 180},
        {"vitals.heart_rate_min": 99},
        {"vitals.repeat_gap_min": 22.5},
        {"monitoring.emergency.spo2_below": 92},
        {"monitoring.stop.spo2_below": 94},
        {"monitoring.alert.spo2_below": 95},
        {"vitals.predose.home.heart_rate_max": 120},
        {"routes.sublingual.least_session_mg": 100},
        {"routes.intravenous.soft_max_mg_per_kg": 1.0},
        {"monitoring.discharge.padss_min": 10},
        {"signature": {**SIGNATURE, "signed_on": "2026-12-31"}},
        {"eligibility.ecg_age_years": 18},
        {"checkins.long_term.days.0": 8},
        {"instruments.scales.pcl5.cut": 80},
        {"instruments.scales.gad7.max_missing": 6},
        {"instruments.risk.contact_moderate_h": 1},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_lies_on_the_limit_is_no_contradiction(changes: dict[str, Any]) -> None:
    assert found(changes) == []


def test_everything_that_is_wrong_is_told_at_once() -> None:
    told = found({"vitals.valid_min": 0, "booster.opens_min": 31, "ladder.steps_h": [1, 0]})
    assert {"vitals.valid_min", "booster.closes_min", "ladder.steps_h.1"} <= {one.path for one in told}


def test_every_check_finds_something() -> None:
    for check in CHECKS:
        assert any(list(check(varied(changes))) for changes, _ in CONTRADICTIONS), check
