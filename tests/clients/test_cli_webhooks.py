"""``kap ops webhooks``: where subscribers stand, sending again, and the check of their file."""

import asyncio
from pathlib import Path

import pytest

from activities.cipher import Cipher
from activities.database import Pool
from activities.keyring import create_keyring
from activities.records.journal import Journal
from activities.webhooks.outbox import Outbox
from activities.webhooks.subscribers import load_subscribers
from tests.support.command_line import Finished, kap
from tests.support.journal import batch, chain, opened
from tests.support.webhooks import SECRET

FILE = """
subscribers:
  - {id: scheduling, url: "https://scheduling.clinic.example/kap", secret: {env: HOOK_SECRET}, types: all}
  - {id: billing, url: "https://billing.clinic.example/kap", secret: {env: HOOK_SECRET}, types: [session_held]}
"""


async def test_operators_see_where_subscribers_stand_and_have_notices_sent_again(
    pool: Pool, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    (tmp_path / "webhooks.yaml").write_text(FILE)
    outbox = Outbox(pool)
    keyring = create_keyring(tmp_path / "keyring.json")
    env = {"KAP_DATABASE_URL": database_url, "KAP_KEYRING": str(tmp_path / "keyring.json")}

    async def webhooks(*arguments: str) -> Finished:
        return await asyncio.to_thread(kap, "ops", "webhooks", *arguments, cwd=tmp_path, env=env)

    assert "Nobody is told" in (await webhooks()).out
    await outbox.subscribe(load_subscribers(tmp_path / "webhooks.yaml"))
    await Journal(pool, Cipher(keyring)).write_journal(batch(chain([opened(1), opened(2)])))
    await outbox.disable("scheduling", "subscriber_gone")
    billing, scheduling = (await webhooks("--json")).json
    assert (billing["subscriber"], billing["status"], billing["waiting"]) == ("billing", "enabled", 0)
    assert (scheduling["status"], scheduling["failed"], scheduling["code"]) == ("disabled", 2, "subscriber_gone")
    table = (await webhooks()).out
    assert "subscriber gone" in table
    assert SECRET not in table

    again = await webhooks("--resend", "scheduling", "--json")
    assert (again.code, again.json) == (0, {"subscriber": "scheduling", "queued": 2})
    assert await pool.fetchval("SELECT count(*) FROM webhook_outbox WHERE status = 'waiting'") == 2
    unknown = await webhooks("--resend", "nobody", "--json")
    assert (unknown.code, unknown.refusal["code"]) == (3, "unknown_subscriber")


def test_a_file_of_subscribers_is_checked(tmp_path: Path) -> None:
    (tmp_path / "webhooks.yaml").write_text(FILE)
    good = kap("ops", "webhooks", "--check", "webhooks.yaml", cwd=tmp_path, env={"HOOK_SECRET": SECRET})
    assert good.code == 0
    assert "scheduling of everything, billing of 1 types" in good.out
    bad = kap("ops", "webhooks", "--check", "webhooks.yaml", "--json", cwd=tmp_path)
    assert (bad.code, bad.refusal["code"], bad.refusal["field"]) == (3, "secret_missing", "subscribers.0.secret")
    assert "subscribers.1.secret" in bad.err, "everything that is wrong is told"
