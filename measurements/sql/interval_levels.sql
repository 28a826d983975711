-- Downtime by service where a run must have a minimum length: the newest accounts merged, tested before or after
-- they are clipped, without excluded time. Incidents near the window are merged too, as far as a run can reach.
WITH merged AS (
    SELECT code, range_agg(told.during) AS down
    FROM measurements_intervalobservation told CROSS JOIN LATERAL unnest(told.components) code
    WHERE told.source_id = %(source)s AND told.known_at <= %(known_at)s AND NOT told.withdrawn
      AND told.severity = ANY (%(severities)s) AND (%(every)s OR code = ANY (%(services)s))
      AND (told.during && tstzrange(%(near_start)s, %(near_end)s, '[]')
           OR told.during -|- tstzrange(%(near_start)s, %(near_end)s, '[]'))
      AND NOT EXISTS (
          SELECT FROM measurements_intervalobservation newer
          WHERE newer.source_id = told.source_id AND newer.external_id = told.external_id
            AND newer.known_at > told.known_at AND newer.known_at <= %(known_at)s)
    GROUP BY code
),
counted AS (
    SELECT code, coalesce(range_agg(run), '{}') * tstzmultirange(tstzrange(%(window_start)s, %(window_end)s)) AS down
    FROM merged CROSS JOIN LATERAL unnest(CASE WHEN %(clip_first)s
        THEN merged.down * tstzmultirange(tstzrange(%(window_start)s, %(window_end)s)) ELSE merged.down END) run
    WHERE upper(run) - lower(run) > %(least)s OR NOT %(strict)s AND upper(run) - lower(run) = %(least)s
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
