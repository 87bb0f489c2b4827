"""A stranger's text in the log is one value of one line: it begins no line of its own, and tells a terminal nothing."""

import json
import subprocess
import sys

FORGED = (
    '\n{"event": "forged"}\r\n2026-11-24T00:00:00Z [info     ] forged\x1b[2J\x1b]0;owned\x07\x9b31m\u202eoops\u2028'
)
PROGRAM = """
import logging, sys
import structlog
from app.log import configure
from app.settings import Settings
configure(Settings(log_format=sys.argv[1]))
log, forged = structlog.get_logger(), sys.argv[2]
log.warning("path", path=forged, bare="\\x1b[2J", several=[forged])
log.warning(forged)
logging.getLogger("uvicorn.error").warning("of a library: %s", forged)
try:
    key = "never" + "-shown"
    raise ValueError(forged)
except ValueError as error:
    log.error("crashed", exc_info=error)
"""


def logged(form: str) -> str:
    """Give what a program of its own logs of a stranger's text."""
    run = [sys.executable, "-c", PROGRAM, form, FORGED]
    return subprocess.run(run, stderr=subprocess.PIPE, check=True, timeout=60).stderr.decode()


def test_as_json_every_line_is_a_record_of_ours() -> None:
    records = [json.loads(line) for line in logged("json").splitlines()]
    assert [record["level"] for record in records] == ["warning"] * 3 + ["error"]
    assert records[1]["event"] == FORGED
    assert all(not name.startswith("_") for record in records for name in record)


def test_on_a_terminal_no_line_is_forged_no_control_character_a_strangers_and_no_variable_shown() -> None:
    output = logged("console")
    lines = [line.removeprefix("\x1b[2m") for line in output.split("\n") if line]
    assert sum(line.startswith("20") for line in lines) == 4
    assert all(line.startswith(("20", "  ")) for line in lines)
    assert not set(output) & set("\r\x07\x9b\u202e\u2028")
    assert not any(code in output for code in ("\x1b[2J", "\x1b]0"))
    assert "never-shown" not in output
