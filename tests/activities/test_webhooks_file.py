"""The file of subscribers is read strictly; what is wrong is told by code and field, and no secret is shown."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

from activities.keyring import create_keyring
from activities.webhooks.subscribers import WebhooksInvalid, load_subscribers
from schemas.records import TaskQueue
from schemas.webhooks import FACT_TYPES, Notice
from tests.support.webhooks import SECRET
from workers.main import working
from workers.settings import Settings

OLD_SECRET = "whsec_YW4tb2xkZXItc2VjcmV0LW9mLXRoZS10ZXN0cy0xMjM="


def entry(**changed: Any) -> dict[str, Any]:
    whole = {"id": "billing", "url": "https://billing.clinic.example/kap", "secret": {"env": "HOOK"}, "types": "all"}
    return {name: value for name, value in {**whole, **changed}.items() if value is not ...}


def written(folder: Path, *entries: Any) -> Path:
    file = folder / "webhooks.json"
    file.write_text(json.dumps({"subscribers": entries}))
    return file


def test_secrets_come_from_a_file_or_the_environment_and_are_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK", SECRET)
    (tmp_path / "two").write_text(f"{SECRET}\n{OLD_SECRET}\n")
    file = written(tmp_path, entry(), entry(id="labs", secret={"file": "two"}, types=["dosing_approved"]))
    billing, labs = load_subscribers(file)
    assert (billing.types, labs.types) == (None, ("dosing_approved",))
    assert (len(billing.signers), len(labs.signers)) == (1, 2), "while a secret is changed, both sign"
    assert SECRET.removeprefix("whsec_") not in repr(billing)
    assert load_subscribers(written(tmp_path)) == ()


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"url": "http://billing.clinic.example/kap"}, "invalid_value", "url"),
        ({"url": "ftp://127.0.0.1/"}, "invalid_value", "url"),
        ({"url": "https://name:word@clinic.example/"}, "invalid_value", "url"),
        ({"url": "nowhere"}, "invalid_value", "url"),
        ({"types": ["dosing_aproved"]}, "invalid_value", "types.0"),
        ({"types": []}, "invalid_value", "types"),
        ({"types": "some"}, "invalid_value", "types"),
        ({"types": None}, "invalid_value", "types"),
        ({"types": ...}, "field_missing", "types"),
        ({"id": "two words"}, "invalid_value", "id"),
        ({"sekret": "x"}, "unknown_field", "sekret"),
        ({"secret": {}}, "invalid_value", "secret"),
        ({"secret": {"file": "x", "env": "HOOK"}}, "invalid_value", "secret"),
        ({"secret": SECRET}, "wrong_type", "secret"),
        ({"secret": {"env": "NOT_SET"}}, "secret_missing", "secret"),
        ({"secret": {"file": "not-there"}}, "secret_missing", "secret"),
        ({"secret": {"env": "SHORT"}}, "secret_malformed", "secret"),
        ({"secret": {"env": "HOME"}}, "secret_malformed", "secret"),
    ],
)
def test_a_mistake_is_told_by_its_code_and_field(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], code: str, field: str
) -> None:
    monkeypatch.setenv("HOOK", SECRET)
    monkeypatch.setenv("SHORT", "whsec_c2hvcnQ=")
    with pytest.raises(WebhooksInvalid) as caught:
        load_subscribers(written(tmp_path, entry(**change)))
    refusal = caught.value.refusals[0]
    assert (refusal.code, refusal.field) == (code, f"subscribers.0.{field}")
    assert code in str(caught.value)
    assert f"subscribers.0.{field}" in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080/a", "http://localhost/", "http://[::1]:9/x", "https://a.example"]
)
def test_this_machine_may_be_told_without_https(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("HOOK", SECRET)
    (one,) = load_subscribers(written(tmp_path, entry(url=url)))
    assert one.url == url


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("subscribers: [", "malformed_yaml"),
        ("a: 1\na: 2", "duplicate_key"),
        ("", "wrong_type"),
        (None, "unreadable_file"),
    ],
)
def test_what_is_no_such_file_is_refused(tmp_path: Path, text: str | None, code: str) -> None:
    file = tmp_path / "webhooks.yaml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(WebhooksInvalid) as caught:
        load_subscribers(file)
    assert caught.value.refusals[0].code == code


def test_two_subscribers_of_one_id_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", SECRET)
    with pytest.raises(WebhooksInvalid) as caught:
        load_subscribers(written(tmp_path, entry(), entry()))
    assert caught.value.refusals[0].field == "subscribers"


def test_the_examples_of_the_operators_guide_are_right(tmp_path: Path) -> None:
    guide = (Path(__file__).parents[2] / "deploy" / "README.md").read_text()
    (example,) = re.findall(r"```yaml\n(subscribers:.+?)```", guide, re.DOTALL)
    (notice,) = re.findall(r'```json\n(\{"type": "pathway\..+?)```', guide, re.DOTALL)
    (tmp_path / "webhooks.yaml").write_text(example)
    (tmp_path / "scheduling.secret").write_text(SECRET)
    (one,) = load_subscribers(tmp_path / "webhooks.yaml")
    assert Notice.model_validate_json(notice).data.fact in (one.types or ())


def test_every_type_of_fact_can_be_named() -> None:
    assert {"dosing_approved", "referral_received"} < FACT_TYPES


async def test_a_worker_does_not_start_with_a_bad_file(tmp_path: Path) -> None:
    create_keyring(tmp_path / "keyring.json")
    settings = Settings(
        database_url="postgresql://nobody@127.0.0.1:1/kap",
        keyring=tmp_path / "keyring.json",
        webhooks=written(tmp_path, entry(secret={"env": "NOT_SET"})),
    )
    client: Client = None  # type: ignore[assignment]  # it does not come so far
    with pytest.raises(WebhooksInvalid, match=r"secret_missing, subscribers\.0\.secret"):
        async with working(client, settings, (TaskQueue.OUTREACH,)):
            pass
