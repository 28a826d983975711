-- Downtime by service where a run must have a minimum length or time counts by cells of a grid: the newest accounts
-- merged, tested before or after they are clipped or without excluded time, less what is excluded, laid on the grid.
-- Incidents near the window are merged too, as far as a run can reach.
WITH gone AS (
    SELECT code, range_agg(tstzrange(begins, ends)) AS during
    FROM unnest(%(excluded_services)s::varchar[], %(excluded_from)s::timestamptz[], %(excluded_to)s::timestamptz[])
        told (code, begins, ends)
    GROUP BY code
),
merged AS (
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
    FROM merged LEFT JOIN gone USING (code)
        CROSS JOIN LATERAL unnest(CASE %(run_order)s
            WHEN 'clip_then_test' THEN merged.down * tstzmultirange(tstzrange(%(window_start)s, %(window_end)s))
            WHEN 'exclude_then_test_then_clip' THEN merged.down - coalesce(gone.during, '{}')
            ELSE merged.down END) run
    WHERE upper(run) - lower(run) > %(least)s OR NOT %(strict)s AND upper(run) - lower(run) = %(least)s
    GROUP BY code
),
net AS (
    SELECT code, down - coalesce(gone.during, '{}') AS down,
        gone.during * tstzmultirange(tstzrange(%(window_start)s, %(window_end)s)) AS gone
    FROM counted LEFT JOIN gone USING (code)
),
celled AS (
    SELECT code, gone, CASE WHEN %(grid)s = 0 THEN down ELSE (
        SELECT coalesce(range_agg(tstzrange(
            %(window_start)s::timestamptz + first * make_interval(secs => %(grid)s),
            least(%(window_start)s::timestamptz + last * make_interval(secs => %(grid)s), %(window_end)s::timestamptz))), '{}')
        FROM unnest(down) part CROSS JOIN LATERAL (SELECT
            extract(epoch FROM lower(part) - %(window_start)s::timestamptz) / nullif(%(grid)s, 0) AS begins,
            extract(epoch FROM upper(part) - %(window_start)s::timestamptz) / nullif(%(grid)s, 0) AS ends) placed
            CROSS JOIN LATERAL (SELECT
                CASE WHEN %(touched)s THEN floor(begins) ELSE ceil(begins) END::integer AS first,
                CASE WHEN %(touched)s THEN ceil(ends) ELSE floor(ends) END::integer AS last) cells
        WHERE first < last) END AS down
    FROM net
)
SELECT code,
    extract(epoch FROM %(window_end)s::timestamptz - %(window_start)s::timestamptz) * 1000000 - out.us,
    (SELECT coalesce(sum(extract(epoch FROM upper(part) - lower(part))), 0) * 1000000 FROM unnest(down) part),
    out.us
FROM celled CROSS JOIN LATERAL (
    SELECT coalesce(sum(extract(epoch FROM upper(part) - lower(part))), 0) * 1000000 AS us FROM unnest(gone) part) out
