"""A real Temporal server for a test, and clients of several kinds for it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from shutil import which

from temporalio.api.common.v1 import Payload
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from activities.cipher import Cipher
from activities.keyring import Keyring
from workers.codec import EncryptionCodec
from workers.converter import care_data_converter
from workers.plugin import plumbing


class ReadingCodec(EncryptionCodec):
    """Reads what is encrypted and sends in clear, as a stranger does."""

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return list(payloads)


@asynccontextmanager
async def dev_server(keyring: Keyring | None) -> AsyncIterator[Client]:
    """The client of a development server that lives as long as the context."""
    async with await WorkflowEnvironment.start_local(
        plugins=[plumbing(keyring)],
        dev_server_existing_path=which("temporal"),
        dev_server_log_level="error",
    ) as environment:
        yield environment.client


def address_of(client: Client) -> str:
    return client.service_client.config.target_host


async def stranger(client: Client, keyring: Keyring) -> Client:
    """Another client of the same server, which sends exactly the payloads it is given."""
    converter = care_data_converter(ReadingCodec(Cipher(keyring)))
    return await Client.connect(address_of(client), data_converter=converter)


async def clientele(client: Client, keyring: Keyring | None) -> Client:
    """Another client of the same server, with the plumbing and keys of its own."""
    return await Client.connect(address_of(client), plugins=[plumbing(keyring)])
