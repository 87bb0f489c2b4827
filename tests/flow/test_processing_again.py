"""`dateline reprocess` beside a running service: a dry run, a run with live posts and a killed worker, and how to stop one."""

import asyncio
import json
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg
import httpx
import psutil
import pytest

from app import embedded
from tests.flow.test_serve import COMMAND, RUNNING, Served, environment, folder, run, serve, stop
from tests.processing_again import story

ARTICLES = 30

__all__ = ["folder"]


def an_older_pipeline_made_them(at: Path) -> None:
    """Let stored articles look as another version of the pipeline would have left them."""

    async def change() -> None:
        url = embedded.running(at)
        assert url
        connection = await asyncpg.connect(url)
        await connection.execute("UPDATE articles SET title = 'Coast: ' || title, pipeline_version = '1'")
        await connection.close()

    asyncio.run(change())


def revisions(served: Served) -> list[int]:
    """Give the revisions of all articles, the lowest first."""
    page = httpx.get(f"{served.url}/v1/articles?limit=200&fields=revision,title").json()
    return sorted(item["revision"] for item in page["items"])


def wait_until(so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + 60
    while not so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def following(at: Path, *options: str) -> subprocess.Popen[str]:
    """Start a command that follows a run."""
    command = [*COMMAND, *options]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, env=environment(at), stdout=pipe, stderr=pipe, text=True)
    RUNNING.append(process)
    return process


def kill_workers(served: Served) -> None:
    """Kill the service's workers as hard as can be."""
    for child in served.children():
        try:
            if "work" in child.cmdline():
                child.kill()
        except psutil.Error:
            continue


def stored(served: Served, content: str, content_type: str = "text/plain") -> list[str]:
    """Post articles and give what became of them."""
    posted = httpx.post(f"{served.url}/v1/articles", content=content, headers={"Content-Type": content_type})
    receipt = f"{served.url}{posted.headers['location']}"
    wait_until(lambda: bool(httpx.get(receipt).json()["state"] == "done"))
    return [item["outcome"] for item in httpx.get(receipt).json()["items"]]


@pytest.mark.timeout(240)
def test_what_is_stored_is_processed_again_beside_live_traffic(folder: Path) -> None:
    served = serve(folder)
    lines = "\n".join(json.dumps({"content": story(number)}) for number in range(ARTICLES))
    assert stored(served, lines, "application/x-ndjson") == ["stored"] * ARTICLES
    an_older_pipeline_made_them(folder)

    dry = run(folder, "reprocess", "--dry-run", "--older", "--rate", "0", "--examples", "1")
    assert dry.returncode == 0, dry.stderr
    told = dry.stdout.splitlines()
    assert told[0].endswith(f"{ARTICLES} of {ARTICLES} articles. Nothing was changed.")
    assert told[1].split()[:2] == [str(ARTICLES), "changed"]
    assert told[-2:] == ["    - Coast: Report number 0 from the coast", "    + Report number 0 from the coast"]
    assert revisions(served) == [1] * ARTICLES

    command = following(folder, "reprocess", "--older", "--rate", "25")
    wait_until(lambda: 2 in revisions(served))
    kill_workers(served)
    assert [stored(served, story(100 + number)) for number in range(3)] == [["stored"]] * 3
    told = command.communicate(timeout=60)[0].splitlines()
    assert command.returncode == 0
    assert told[1].split()[:2] == [str(ARTICLES), "changed"]
    assert revisions(served) == [1] * 3 + [2] * ARTICLES
    assert "Coast: " not in httpx.get(f"{served.url}/v1/articles?fields=title&limit=200").text
    assert stop(served) == 0


def test_a_run_goes_on_without_its_command_and_can_be_stopped(folder: Path) -> None:
    served = serve(folder, "--workers", "0")
    begun = run(folder, "reprocess", "--no-wait", "--received-from", "2026-01-01", "--published-to", "2026-01-01")
    assert begun.stdout.startswith("The workers do it: run ")
    command = following(folder, "reprocess", "status", "--follow")
    assert command.stderr
    assert command.stderr.readline().startswith("The workers do it, Ctrl-C")
    command.send_signal(signal.SIGINT)
    assert "goes on in the background" in command.communicate(timeout=20)[1]
    assert command.returncode == 130
    second = run(folder, "reprocess", "--no-wait")
    assert second.returncode == 1
    assert "Another run is on" in second.stderr
    assert "cancelled" in run(folder, "reprocess", "cancel").stdout
    assert stop(served) == 0
