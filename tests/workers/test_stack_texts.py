"""The catcher of texts: what our own provider client sends is kept once and shown."""

import asyncio
import socket
import sys
from pathlib import Path

import httpx

from activities.outreach.provider import Provider
from schemas.messages import Channel
from tests.support.eventually import eventually
from workers.stack import read_texts, texts


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_each_message_is_kept_once_also_across_a_restart_and_shown_escaped(tmp_path: Path) -> None:
    folder, port = tmp_path / "texts", free_port()
    assert read_texts(folder) == []
    provider = Provider(f"http://127.0.0.1:{port}")
    for _ in range(2):
        command = (sys.executable, "-P", texts.__file__, "--port", str(port), "--dir", str(folder))
        process = await asyncio.create_subprocess_exec(*command)
        try:

            async def answers() -> bool:
                async with httpx.AsyncClient(trust_env=False) as client:
                    try:
                        return (await client.get(f"http://127.0.0.1:{port}/")).is_success
                    except httpx.HTTPError as error:
                        raise AssertionError from error

            await eventually(answers, timeout=30)
            for reference in ("a", "a", "b"):
                await provider.send(Channel.SMS, "+13035550100", f"<b>{reference}</b>", reference)
            async with httpx.AsyncClient(trust_env=False) as client:
                page = (await client.get(f"http://127.0.0.1:{port}/")).text
                refused = await client.post(f"http://127.0.0.1:{port}/messages", json={"to": "nobody"})
            assert "&lt;b&gt;a&lt;/b&gt;" in page
            assert refused.status_code == 422
        finally:
            process.terminate()
            await process.wait()
    assert [one["reference"] for one in read_texts(folder)] == ["a", "b"]
