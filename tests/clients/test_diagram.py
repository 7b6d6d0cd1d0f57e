"""The picture of a protocol is drawn from its data, and nothing in it lies on something else."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from clients.diagram import drawn
from clients.diagram.canvas import broken, width_of
from schemas.protocol import Protocol
from schemas.treatment import TreatmentRoute
from tests.support.command_line import kap
from tests.support.protocols import packaged, varied

SVG = "{http://www.w3.org/2000/svg}"
LONG = "Ketamine-assisted psychotherapy with a name that is far too long for anybody's picture " * 2

VARIANTS = {
    "packaged": packaged(),
    "long names": varied({"treatments.kap.title": LONG.strip()[:200], "consent_kinds": ["c" * 80, "treatment"]}),
    "many sessions": varied({"series.sessions": 99, "routes.sublingual.vitals_at_min": list(range(1, 121))}),
    "one treatment": packaged().model_copy(
        update={"treatments": {TreatmentRoute.KAP: packaged().treatments[TreatmentRoute.KAP]}}
    ),
    "an old one": packaged().model_copy(
        update=dict.fromkeys(
            ("referral", "eligibility", "medications", "regulation", "monitoring", "checkins", "booster", "follow_up")
        )
    ),
}


def texts(protocol: Protocol) -> list[str]:
    return [one.text or "" for one in ElementTree.fromstring(drawn(protocol)).iter(f"{SVG}text")]


def test_every_number_of_the_course_comes_from_the_file() -> None:
    changes = {
        "series.sessions": 7,
        "integration.window_closes_h": 96,
        "routes.sublingual.max_session_mg": 350,
        "vitals.predose.clinic.go.systolic": 135,
        "booster.closes_min": 25,
        "ladder.steps_h": [0, 11, 77],
        "checkins.long_term.days.0": 31,
        "regulation.telemedicine.until": "2027-06-30",
    }
    said = " ".join(texts(varied(changes)))
    for word in ("7 sessions", "24 to 96 h", "350 mg", "135/90", "10 to 25 min", "0, 11, 77 h", "day 31", "30 Jun"):
        assert word in said, word


def test_each_treatment_has_its_own_cycle() -> None:
    said = texts(packaged())
    assert all(any(rules.title in text for text in said) for rules in packaged().treatments.values())
    assert said.count("Dosing approval") == len(packaged().treatments)
    assert said.count("Integration") == said.count("Preparation") == 2


@pytest.mark.parametrize("name", VARIANTS)
def test_no_text_leaves_the_page_or_lies_on_another(name: str) -> None:
    root = ElementTree.fromstring(drawn(VARIANTS[name]))
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    places = []
    for text in root.iter(f"{SVG}text"):
        size = {"title": 24, "head": 15, "frame-name": 15}.get(text.get("class", ""), 12.5)
        wide = width_of(text.text or "", size)
        left = float(text.attrib["x"]) - (wide / 2 if text.get("text-anchor") == "middle" else 0)
        base = float(text.attrib["y"])
        assert left >= 0
        assert left + wide <= width, text.text
        assert 0 < base < height
        places.append((left, base - size * 0.75, left + wide, base + size * 0.2, text.text))
    for number, one in enumerate(places):
        for other in places[number + 1 :]:
            apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
            assert apart, (one[4], other[4])


def test_what_somebody_wrote_cannot_become_markup() -> None:
    protocol = varied({"title": "<script>alert('x')</script> & more"})
    assert "<script>" not in drawn(protocol)
    assert "<script>alert('x')</script> & more" in texts(protocol)


def test_a_word_without_end_is_broken() -> None:
    assert all(width_of(line) <= 100 for line in broken(["x" * 200], 100))


def test_the_picture_is_the_same_each_time_and_knows_light_and_dark() -> None:
    assert drawn(packaged()) == drawn(packaged())
    assert "prefers-color-scheme: dark" in drawn(packaged())


def test_it_is_written_to_a_file_or_to_standard_output(tmp_path: Path) -> None:
    target = tmp_path / "course.svg"
    assert kap("protocol", "diagram", "--output", target, cwd=tmp_path).code == 0
    printed = kap("protocol", "diagram", cwd=tmp_path)
    assert printed.out == target.read_text()
    ended = kap("protocol", "diagram", "--output", tmp_path / "no" / "course.svg", cwd=tmp_path)
    assert (ended.code, "file_unwritable" in ended.err) == (2, True)
