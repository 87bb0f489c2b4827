"""Routes for those who run the service: liveness, readiness, metrics."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, ConfigDict, Field

from app.health import readiness
from app.metrics import BACKFILL, QUEUED, REGISTRY, REPROCESSINGS, UNLINKED, UNNUMBERED, WORKERS
from app.queue.turns import Lane

router = APIRouter(tags=["operating"])


class Liveness(BaseModel):
    """The process answers."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"alive": True}]})

    alive: Annotated[bool, Field(description="Always true: a process that cannot say so does not answer.")]


class WorkerSeen(BaseModel):
    """A worker's last sign of life."""

    name: Annotated[str, Field(description="Host and process id.")]
    version: Annotated[str, Field(description="The program's version there.")]
    silent_seconds: Annotated[float, Field(description="Seconds since its last sign of life; over 15 is a bad sign.")]


class ReadinessAnswer(BaseModel):
    """Whether requests can be served; the queue and the workers are told, and do not decide it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "ready": True,
                    "problems": [],
                    "queued": 0,
                    "queued_backfill": 0,
                    "closed": [],
                    "unnumbered_changes": 0,
                    "unlinked_changes": 0,
                    "workers": [{"name": "news-1:4711", "version": "0.1.0", "silent_seconds": 1.2}],
                }
            ]
        }
    )

    ready: Annotated[
        bool, Field(description="Whether the store answers, has this program's schema and takes submissions.")
    ]
    problems: Annotated[list[str], Field(description="What is wrong, and what to do.")]
    queued: Annotated[int | None, Field(description="Submissions that wait for a worker; null when unknown.")]
    queued_backfill: Annotated[int | None, Field(description="Those of them that are a backfill's; null when unknown.")]
    closed: Annotated[
        list[Lane], Field(description="Lanes whose queue is over its high-water mark: intake answers 503 there.")
    ]
    unnumbered_changes: Annotated[
        int | None, Field(description="Changes that are not in the feed yet; more than a moment's is a bad sign.")
    ]
    unlinked_changes: Annotated[
        int | None, Field(description="Changes that stories do not know of yet; after an upgrade all there were.")
    ]
    workers: Annotated[list[WorkerSeen], Field(description="Workers seen in the last five minutes.")]


@router.get("/livez", summary="Does the process answer?")
async def livez() -> Liveness:
    """Answer `200` as long as the process can answer at all; what a container's healthcheck asks."""
    return Liveness(alive=True)


@router.get(
    "/readyz",
    summary="Can requests be served?",
    responses={
        503: {
            "model": ReadinessAnswer,
            "description": "The store or its schema is not there, or takes nothing; `problems` says which.",
        }
    },
)
async def readyz(request: Request, response: Response) -> ReadinessAnswer:
    """Answer `200` when the store answers, has the right schema and takes submissions, else `503`, within two seconds; never cached."""
    found = await readiness(request.app.state.database, request.app.state.intake.trouble)
    response.status_code = 200 if found.ready else 503
    response.headers["Cache-Control"] = "no-store"
    return ReadinessAnswer(
        ready=found.ready,
        problems=list(found.problems),
        queued=found.queued,
        queued_backfill=found.backfill,
        closed=request.app.state.intake.room.closed(),
        unnumbered_changes=found.behind.unnumbered if found.behind else None,
        unlinked_changes=found.behind.unlinked if found.behind else None,
        workers=[WorkerSeen.model_validate(worker) for worker in found.workers],
    )


@router.get(
    "/metrics",
    summary="Metrics for Prometheus",
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "Prometheus text format."}
    },
)
async def metrics(request: Request) -> Response:
    """Answer this process's counters, and the queue's depth and the workers as the store has them now."""
    found = await readiness(request.app.state.database, request.app.state.intake.trouble)
    QUEUED.set(float("nan") if found.queued is None else found.queued)
    BACKFILL.set(float("nan") if found.backfill is None else found.backfill)
    WORKERS.set(len(found.workers))
    UNNUMBERED.set(found.behind.unnumbered if found.behind else float("nan"))
    UNLINKED.set(found.behind.unlinked if found.behind else float("nan"))
    REPROCESSINGS.set(found.behind.reprocessings if found.behind else float("nan"))
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)
