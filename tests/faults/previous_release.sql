-- What the program of revision 20261201_retention says to the queue: it must work beside the program of today, on today's schema.
-- When a release has gone out, its statements take the place of these; what only older ones need may then be taken away.

-- name: KEEP
INSERT INTO submissions (id, content_type, body, body_bytes, source, hints)
SELECT id, content_type, body, length(body), source, hints::jsonb
FROM unnest(CAST(:ids AS uuid[]), CAST(:types AS text[]), CAST(:bodies AS bytea[]), CAST(:sources AS text[]),
            CAST(:hints AS text[])) AS v(id, content_type, body, source, hints);

-- name: TAKE_KEYS
INSERT INTO idempotency_keys AS k (principal, key, digest, submission_id)
SELECT '', key, digest, id
FROM unnest(CAST(:keys AS text[]), CAST(:digests AS bytea[]), CAST(:ids AS uuid[])) AS v(key, digest, id)
ORDER BY key
ON CONFLICT (principal, key) DO UPDATE SET
    digest = excluded.digest, submission_id = excluded.submission_id, created_at = clock_timestamp()
    WHERE k.created_at < clock_timestamp() - make_interval(hours => :hours)
RETURNING key, submission_id;

-- name: CLAIM
WITH first AS MATERIALIZED (
    SELECT id, alone FROM submissions
    WHERE state = 'queued' AND run_at <= clock_timestamp()
    ORDER BY run_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
), mates AS MATERIALIZED (
    SELECT id, body_bytes, run_at FROM submissions
    WHERE state = 'queued' AND run_at <= clock_timestamp() AND NOT alone
      AND EXISTS (SELECT FROM first WHERE NOT first.alone)
    ORDER BY run_at, id LIMIT :most FOR UPDATE SKIP LOCKED
), fitting AS (
    SELECT id, sum(body_bytes) OVER (ORDER BY run_at, id) AS bytes FROM mates
)
UPDATE submissions SET
    state = 'processing', attempts = attempts + 1, lease_token = :token,
    lease_until = clock_timestamp() + :lease
WHERE id IN (SELECT id FROM first UNION SELECT id FROM fitting WHERE bytes <= :bytes)
RETURNING id, received_at, content_type, body, hints, failures, alone, pending,
    pending IS NOT NULL AND EXISTS (
        SELECT FROM submission_items i WHERE i.submission_id = submissions.id AND i.outcome <> 'failed'
    ) AS partly_done;

-- name: HOLD
SELECT id FROM submissions WHERE id = ANY(:ids) AND lease_token = :token ORDER BY id FOR UPDATE;

-- name: EXTEND
UPDATE submissions SET lease_until = clock_timestamp() + :lease WHERE id = ANY(:ids) AND lease_token = :token;

-- name: FINISH
UPDATE submissions s SET
    state = v.state, failures = v.failures, error = v.error, alone = v.state = 'queued' AND s.alone,
    pending = string_to_array(v.pending, ',')::integer[], lease_token = NULL, lease_until = NULL,
    run_at = CASE WHEN v.state = 'queued' THEN clock_timestamp() + v.pause ELSE s.run_at END,
    finished_at = CASE WHEN v.state = 'queued' THEN NULL ELSE clock_timestamp() END
FROM unnest(CAST(:ids AS uuid[]), CAST(:states AS text[]), CAST(:failures AS integer[]), CAST(:errors AS text[]),
            CAST(:pauses AS interval[]), CAST(:pendings AS text[])) AS v(id, state, failures, error, pause, pending)
WHERE s.id = v.id AND s.lease_token = :token;

-- name: KEEP_ITEMS
INSERT INTO submission_items (submission_id, position, outcome, article_id, reason, span_start, span_end)
SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:positions AS integer[]), CAST(:outcomes AS text[]),
                     CAST(:articles AS uuid[]), CAST(:reasons AS text[]), CAST(:starts AS integer[]),
                     CAST(:ends AS integer[]))
ON CONFLICT (submission_id, position) DO UPDATE SET
    outcome = excluded.outcome, article_id = excluded.article_id, reason = excluded.reason,
    span_start = excluded.span_start, span_end = excluded.span_end;

-- name: RESCUE
WITH lost AS (
    SELECT id FROM submissions WHERE state = 'processing' AND lease_until < clock_timestamp()
    ORDER BY lease_until LIMIT 1000 FOR UPDATE SKIP LOCKED
)
UPDATE submissions s SET
    state = CASE WHEN s.alone AND s.failures + 1 >= :most THEN 'quarantined' ELSE 'queued' END,
    finished_at = CASE WHEN s.alone AND s.failures + 1 >= :most THEN clock_timestamp() END,
    error = CASE WHEN s.alone THEN 'Its worker died or hung while it had this submission alone.' ELSE s.error END,
    failures = s.failures + s.alone::integer, alone = true, run_at = clock_timestamp(),
    lease_token = NULL, lease_until = NULL
FROM lost WHERE s.id = lost.id
RETURNING s.id, s.state;

-- name: REPLAY
UPDATE submissions s SET
    state = 'queued', failures = 0, error = NULL, finished_at = NULL, run_at = clock_timestamp(), alone = true,
    pending = CASE WHEN s.state = 'done' THEN
        (SELECT array_agg(position) FROM submission_items i WHERE i.submission_id = s.id AND i.outcome = 'failed')
    END
WHERE s.id = :id AND s.body IS NOT NULL AND (s.state = 'quarantined' OR s.state = 'done' AND EXISTS
    (SELECT FROM submission_items i WHERE i.submission_id = s.id AND i.outcome = 'failed'))
RETURNING s.id;

-- name: READ
SELECT s.id, s.state, s.received_at, s.attempts, s.error,
       coalesce((SELECT jsonb_agg(jsonb_build_object('position', i.position, 'outcome', i.outcome,
                                                     'article_id', i.article_id, 'reason', i.reason)
                                  ORDER BY i.position)
                 FROM (SELECT * FROM submission_items WHERE submission_id = s.id AND position >= :after
                       ORDER BY position LIMIT :most) AS i), '[]') AS items
FROM submissions s WHERE s.id = :id;
