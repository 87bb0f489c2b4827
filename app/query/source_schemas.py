"""The shapes of sources' scorecards: what each field means, for clients and for `/docs`."""

from datetime import datetime

from pydantic import BaseModel, Field

from app.query import examples
from app.query.schemas import Page, example


class ZoneAnomalies(BaseModel):
    """Articles whose date tells of a clock or zone that is wrong or not stated."""

    assumed_utc: int = Field(ge=0, description="The date states no zone, and none was known: it was taken as UTC.")
    after_arrival: int = Field(
        ge=0, description="The date, of a minute or better, lies 5 minutes to 14 hours after its own arrival."
    )


class Lag(BaseModel):
    """How long after publication articles arrive; quantiles are within 4.5 %."""

    articles: int = Field(
        ge=0, description="The ones measured: dated to a minute or better, zone known, at most 30 days before arrival."
    )
    median_seconds: int | None = Field(description="Of the first arrivals; null where none is measured.")
    p95_seconds: int | None


class Silence(BaseModel):
    """Since when nothing has come, beside the source's habits; those are null until it has paused five times."""

    since: datetime = Field(description="The last arrival.")
    usual_pause_seconds: int | None = Field(description="The median pause of a minute or more, within 4.5 %.")
    long_pause_seconds: int | None = Field(
        description="At most one pause a week, and one in a hundred, was longer; its bucket's end, up to 9.1 % above it."
    )
    unusual: bool | None = Field(description="It has been silent for longer than that.")


class RejectReason(BaseModel):
    """Why items were rejected, and how many."""

    reason: str = Field(
        description="With `#` for numbers, the first of several; `other reasons` beyond 50 different ones."
    )
    count: int = Field(ge=1)


class Scorecard(BaseModel):
    """What comes from a source, how complete and how punctual it is."""

    model_config = example(examples.SCORECARD)

    source: str
    articles: int = Field(ge=0, description="The ones that are there.")
    sightings: int = Field(ge=0, description="Arrivals of articles that are there, its own or others', that it sent.")
    with_author: float | None = Field(description="Share of its articles, 0 to 1; null where it has none.")
    with_date: float | None
    with_topics: float | None
    zone_anomalies: ZoneAnomalies
    duplicate_rate: float | None = Field(description="Share that are near-duplicates of an earlier article.")
    revisions_per_article: float | None = Field(description="Revisions after the first.")
    lag: Lag
    first_seen: datetime = Field(description="First arrival of anything, rejected items and deleted articles included.")
    last_seen: datetime = Field(description="Last arrival of anything.")
    silence: Silence
    rejected: int = Field(ge=0, description="Items of submissions sent under this source that were no article.")
    reject_reasons: list[RejectReason] = Field(description="The ten most frequent.")
    failed: int = Field(ge=0, description="Items of submissions sent under this source that were given up.")


class ScorecardPage(Page[Scorecard]):
    """A page of sources."""

    model_config = example(examples.page("/v1/sources", examples.SCORECARD))
