"""Many recorded pathways under another protocol, read from one connection."""

import pytest

from activities.cipher import Cipher
from activities.database import Pool
from activities.keyring import Keyring
from activities.records.journal import Journal
from clients.cli import comparing
from clients.errors import Refused
from clients.read_model import ReadModel
from tests.support.journal import batch, chain, opened
from tests.support.protocols import packaged


async def test_all_pathways_are_told_also_where_they_fill_more_than_a_page(
    pool: Pool, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "PAGE", 2)
    keyring = Keyring.in_memory()
    journal = Journal(pool, Cipher(keyring))
    for pathway, episode in (("p-1", "e-1"), ("p-2", "e-1"), ("p-3", "e-1"), ("p-1", "e-2"), ("p-4", "e-1")):
        await journal.write_journal(batch(chain([opened(1)]), pathway_id=pathway, episode=episode))
    model = ReadModel(database_url, keyring)
    try:
        found = await comparing.comparisons(model, [], packaged(), every=True)
        assert sorted(one.pathway_id for one in found) == ["p-1", "p-2", "p-3", "p-4"]
        assert all("journal_without_commands" in (one.stopped or "") for one in found)
        with pytest.raises(Refused) as caught:
            await comparing.comparisons(model, ["p-1"], packaged(), every=False)
        assert caught.value.code == "journal_without_commands"
    finally:
        await model.close()
