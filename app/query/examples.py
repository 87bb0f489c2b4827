"""One realistic answer for each resource, as `/docs` and `openapi.yaml` show it."""

from typing import Any, Final

LEAD: Final = "The northern quay of Port Ellery reopened on Saturday after four months of repairs."
LEAD_IN: Final = "The port authority says that the works dealt with:"
STORE_ONLY: Final = ("id", "revision", "story_id", "duplicate_of", "sightings", "received_at", "updated_at")
"""The fields that an article has only once it is stored."""
ASKED_FOR: Final = ("blocks", "text", "evidence", "topic_lists")
"""The fields that a list leaves out unless `fields` asks for them."""

TOPIC: Final[dict[str, Any]] = {
    "slug": "crane-safety",
    "label": "Crane safety",
    "score": 0.91,
    "from": ["list", "text"],
    "mentions": 2,
    "boilerplate": False,
}
EVIDENCE: Final[dict[str, Any]] = {
    "value": "Maren Holt",
    "from": "text.byline",
    "quote": "By MAREN HOLT",
    "confidence": 0.95,
    "chosen": True,
}
SIGHTING: Final[dict[str, Any]] = {
    "submission_id": "019a1b2c-3d4e-7f60-8a9b-0c1d2e3f4a5b",
    "source": "harbour-post.example",
    "url": "https://harbour-post.example/2026/northern-quay",
    "received_at": "2026-03-14T08:31:07.120000Z",
    "last_at": "2026-03-14T09:02:44.006000Z",
    "count": 2,
}
TOPIC_LIST: Final[dict[str, Any]] = {
    "lead_in": LEAD_IN,
    "block": 2,
    "entries": [{"topic": "crane-safety", "label": "Crane safety", "detail": "Two cranes were renewed."}],
}
ARTICLE: Final[dict[str, Any]] = {
    "id": "019a1b2c-3d62-7c11-9e0f-5a6b7c8d9e0f",
    "revision": 1,
    "url": SIGHTING["url"],
    "source": SIGHTING["source"],
    "title": "Northern quay reopens",
    "lead": LEAD,
    "language": "en",
    "authors": ["Maren Holt"],
    "agency": None,
    "published_at": "2026-03-14T07:45:00Z",
    "published_precision": "minute",
    "published_zone": "stated",
    "modified_at": None,
    "dateline_place": "PORT ELLERY",
    "rights": None,
    "topics": [TOPIC],
    "topic_lists": [TOPIC_LIST],
    "blocks": [
        {"type": "paragraph", "text": LEAD},
        {"type": "paragraph", "text": LEAD_IN},
        {"type": "list", "items": [{"label": "Crane safety", "text": "Two cranes were renewed."}]},
    ],
    "text": f"{LEAD}\n\n{LEAD_IN}\n\nCrane safety: Two cranes were renewed.",
    "word_count": 29,
    "repairs": {"joined_sentences": 1},
    "evidence": {"authors": [EVIDENCE]},
    "story_id": None,
    "duplicate_of": None,
    "sightings": [SIGHTING],
    "processing": "full",
    "pipeline_version": "7",
    "background": None,
    "version": None,
    "urgency": None,
    "truncated": False,
    "received_at": SIGHTING["received_at"],
    "updated_at": "2026-03-14T08:31:07.310000Z",
}
EXTRACTED: Final[dict[str, Any]] = {name: value for name, value in ARTICLE.items() if name not in STORE_ONLY}
SUMMARY: Final[dict[str, Any]] = {name: value for name, value in ARTICLE.items() if name not in ASKED_FOR}
SEEN: Final[dict[str, Any]] = {
    "articles": 128,
    "first_seen": "2026-01-03T10:12:45Z",
    "last_seen": SIGHTING["received_at"],
}
TOPIC_COUNT: Final[dict[str, Any]] = {
    "slug": "crane-safety", "label": "Crane safety", **SEEN, "trend": 1.4, "boilerplate": False,
}  # fmt: skip
TOPIC_DETAIL: Final[dict[str, Any]] = TOPIC_COUNT | {
    "aliases": ["cranes-safety"],
    "broader": [{"slug": "harbours", "label": "Harbours"}],
    "narrower": [],
    "codes": [{"scheme": "medtop", "code": "20000638"}],
    "related": [{"slug": "port-ellery", "label": "Port Ellery", "articles": 41, "score": 0.37}],
}
TIMELINE: Final[dict[str, Any]] = {
    "slug": "crane-safety",
    "label": "Crane safety",
    "bucket": "day",
    "items": [{"start": "2026-03-13T00:00:00Z", "articles": 0}, {"start": "2026-03-14T00:00:00Z", "articles": 3}],
}
AUTHOR_COUNT: Final[dict[str, Any]] = {"name": "Maren Holt", **SEEN}
STORY: Final[dict[str, Any]] = {
    "id": "019a1b2c-4f10-7d22-8a31-0c1d2e3f4a5b",
    "title": ARTICLE["title"],
    "original": ARTICLE["id"],
    "size": 2,
    "source_count": 2,
    "sources": ["ellery-wire.example", "harbour-post.example"],
    "first_at": "2026-03-14T07:45:00Z",
    "last_at": "2026-03-14T09:10:00Z",
    "topics": [{"slug": "crane-safety", "label": "Crane safety", "articles": 2}],
}
STORY_DETAIL: Final[dict[str, Any]] = STORY | {
    "articles": [
        {
            "id": ARTICLE["id"],
            "title": ARTICLE["title"],
            "url": ARTICLE["url"],
            "source": "harbour-post.example",
            "published_at": "2026-03-14T07:45:00Z",
            "received_at": ARTICLE["received_at"],
            "duplicate_of": None,
            "rule": None,
            "score": None,
        },
        {
            "id": "019a1b2c-5a77-7b10-9c42-1d2e3f4a5b6c",
            "title": "Cranes turn again",
            "url": None,
            "source": "ellery-wire.example",
            "published_at": "2026-03-14T09:10:00Z",
            "received_at": "2026-03-14T09:12:31.500000Z",
            "duplicate_of": ARTICLE["id"],
            "rule": "copy",
            "score": 0.94,
        },
    ]
}
CHANGE: Final[dict[str, Any]] = {
    "seq": 42,
    "kind": "revised",
    "article_id": ARTICLE["id"],
    "revision": 2,
    "other_id": None,
    "story_id": None,
    "topic": None,
    "alias": None,
    "at": ARTICLE["updated_at"],
}
CHANGES: Final[dict[str, Any]] = {"items": [CHANGE], "next": "/v1/changes?since=42&limit=50", "last_seq": 42}
SCORECARD: Final[dict[str, Any]] = {
    "source": SIGHTING["source"],
    "articles": 128,
    "sightings": 140,
    "with_author": 0.9609,
    "with_date": 1.0,
    "with_topics": 0.9922,
    "zone_anomalies": {"assumed_utc": 3, "after_arrival": 0},
    "duplicate_rate": 0.0234,
    "revisions_per_article": 0.1094,
    "lag": {"articles": 119, "median_seconds": 348, "p95_seconds": 2865},
    "first_seen": SEEN["first_seen"],
    "last_seen": SEEN["last_seen"],
    "silence": {
        "since": SEEN["last_seen"],
        "usual_pause_seconds": 2407,
        "long_pause_seconds": 35073,
        "unusual": False,
    },
    "rejected": 2,
    "reject_reasons": [{"reason": "There is no text left once menus, bylines and footers are taken away.", "count": 2}],
    "failed": 0,
}
REVISION: Final[dict[str, Any]] = {"revision": 1, "at": ARTICLE["updated_at"], "current": True}


def page(path: str, item: dict[str, Any]) -> dict[str, Any]:
    """Give the example of a page that holds one item and has a next one."""
    return {"items": [item], "next": f"{path}?total=true&cursor=AeJx3kC4", "total": {"count": 128, "exact": True}}
