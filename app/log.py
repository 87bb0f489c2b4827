"""Logs: one structured line for each thing that happened, as JSON for machines or in colour for a person."""

import logging
import re
import sys
import textwrap

import structlog

from app.settings import Settings

CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""What moves a terminal's cursor, sets its colours or turns its text round; JSON escapes it anyway."""


def harmless(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Have no stranger's text begin a line of its own, in a message or a traceback, nor speak to the terminal."""
    told = {name: escaped(value) if isinstance(value, str) else value for name, value in event.items()}
    told["event"] = str(told["event"]).replace("\n", "\\n")
    if "exception" in told:
        told["exception"] = textwrap.indent(told["exception"], "  ")
    return told


def escaped(text: str) -> str:
    """Give a text with its control characters written out, but for ends of lines and tabs."""
    return CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def written(*, people: bool) -> list[structlog.typing.Processor]:
    """Give what writes an event out; a traceback shows no variables, among which are a request's fields and its key."""
    if people:
        console = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        return [structlog.processors.format_exc_info, harmless, console]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]


def configure(settings: Settings) -> None:
    """Send structlog and the standard library's loggers to standard error, in one format; called once at the start."""
    people = settings.log_format == "console" or (settings.log_format == "auto" and sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last = written(people=people)
    meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=[meta, *last], foreign_pre_chain=shared))
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)
