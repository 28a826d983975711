-- Downtime by service where every run counts: the newest accounts merged, clipped, without excluded time.
WITH counted AS (
    SELECT code, range_agg(told.during) * tstzmultirange(tstzrange(%(window_start)s, %(window_end)s)) AS down
    FROM measurements_intervalobservation told CROSS JOIN LATERAL unnest(told.components) code
    WHERE told.source_id = %(source)s AND told.known_at <= %(known_at)s AND NOT told.withdrawn
      AND told.severity = ANY (%(severities)s) AND (%(every)s OR code = ANY (%(services)s))
      AND told.during && tstzrange(%(window_start)s, %(window_end)s)
      AND NOT EXISTS (
          SELECT FROM measurements_intervalobservation newer
          WHERE newer.source_id = told.source_id AND newer.external_id = told.external_id
            AND newer.known_at > told.known_at AND newer.known_at <= %(known_at)s)
    GROUP BY code
),
gone AS (
    SELECT code, range_agg(tstzrange(begins, ends)) * tstzmultirange(tstzrange(%(window_start)s, %(window_end)s)) AS during
    FROM unnest(%(excluded_services)s::varchar[], %(excluded_from)s::timestamptz[], %(excluded_to)s::timestamptz[])
        told (code, begins, ends)
    GROUP BY code
),
net AS (
    SELECT code, down - coalesce(gone.during, '{}') AS down, gone.during AS gone
    FROM counted LEFT JOIN gone USING (code)
)
SELECT code,
    extract(epoch FROM %(window_end)s::timestamptz - %(window_start)s::timestamptz) * 1000000 - out.us,
    (SELECT coalesce(sum(extract(epoch FROM upper(part) - lower(part))), 0) * 1000000 FROM unnest(down) part),
    out.us
FROM net CROSS JOIN LATERAL (
    SELECT coalesce(sum(extract(epoch FROM upper(part) - lower(part))), 0) * 1000000 AS us FROM unnest(gone) part) out
