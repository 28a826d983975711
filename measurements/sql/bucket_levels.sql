-- Counts of a window by series: sums of whole days, what the edges hold, less what is excluded.
WITH named AS (
    SELECT id, service_id, segment FROM measurements_series
    WHERE source_id = %(source)s AND (%(every)s OR service_id = ANY (%(services)s))
),
whole AS (
    SELECT sums.series_id, sum(sums.good) AS good, sum(sums.bad) AS bad, sum(sums.slots) AS slots
    FROM measurements_bucketdaysum sums
    WHERE sums.day >= %(first)s AND sums.day < %(last)s AND sums.known_at <= %(known_at)s
      AND sums.series_id IN (SELECT id FROM named)
    GROUP BY sums.series_id
),
gone AS (
    SELECT service_id, range_agg(tstzrange(begins, ends)) * tstzmultirange(tstzrange(%(window_start)s, %(window_end)s)) AS during
    FROM unnest(%(excluded_services)s::bigint[], %(excluded_from)s::timestamptz[], %(excluded_to)s::timestamptz[])
        told (service_id, begins, ends)
    GROUP BY service_id
),
cut AS (
    -- The days that are to be unpacked: those at the edges for every series, those with excluded time for theirs.
    SELECT named.id AS series_id, edge AS day FROM named CROSS JOIN unnest(%(edges)s::date[]) edge
    UNION
    SELECT named.id, day::date FROM named JOIN gone USING (service_id) CROSS JOIN LATERAL unnest(gone.during) part
        CROSS JOIN LATERAL generate_series(
            date_trunc('day', lower(part) AT TIME ZONE 'UTC'), upper(part) AT TIME ZONE 'UTC', interval '1 day') day
),
stored AS MATERIALIZED (
    -- Fetched before anything is unpacked: the other way round every day of the table would be.
    SELECT days.* FROM cut JOIN measurements_bucketday days USING (series_id, day)
    WHERE days.known_at <= %(known_at)s
),
told AS (
    SELECT DISTINCT ON (stored.series_id, stored.day, slot)
        stored.series_id, stored.day, runs.good, runs.bad,
        (stored.day - DATE '1970-01-01')::bigint * 86400 + slot * %(width)s AS begins
    FROM stored
        CROSS JOIN LATERAL unnest(stored.slots, stored.counts, stored.good, stored.bad) WITH ORDINALITY
            runs (first, count, good, bad, number)
        CROSS JOIN LATERAL generate_series(0, coalesce(runs.count, 1) - 1) nth
        CROSS JOIN LATERAL (SELECT
            coalesce(runs.first, stored.first_slot + runs.number::integer - 1) + nth * stored.step AS slot) placed
    ORDER BY stored.series_id, stored.day, slot, stored.known_at DESC, stored.payload_id DESC
),
unpacked AS (
    SELECT told.*, day = ANY (%(edges)s::date[]) AS at_edge,
        gone.during IS NOT NULL AND gone.during @> tstzrange(
            to_timestamp(begins), to_timestamp(begins + %(width)s)) AS excluded
    FROM told JOIN named ON named.id = told.series_id LEFT JOIN gone USING (service_id)
    WHERE begins >= %(start)s AND begins < %(end)s
),
changed AS (
    SELECT series_id,
        coalesce(sum(good) FILTER (WHERE at_edge AND NOT excluded), 0)
            - coalesce(sum(good) FILTER (WHERE NOT at_edge AND excluded), 0) AS good,
        coalesce(sum(bad) FILTER (WHERE at_edge AND NOT excluded), 0)
            - coalesce(sum(bad) FILTER (WHERE NOT at_edge AND excluded), 0) AS bad,
        count(*) FILTER (WHERE at_edge) AS slots, count(*) FILTER (WHERE excluded) AS excluded
    FROM unpacked GROUP BY series_id
)
SELECT named.service_id, named.segment, coalesce(whole.good, 0) + coalesce(changed.good, 0),
    coalesce(whole.bad, 0) + coalesce(changed.bad, 0), coalesce(whole.slots, 0) + coalesce(changed.slots, 0),
    coalesce(changed.excluded, 0)
FROM named LEFT JOIN whole ON whole.series_id = named.id LEFT JOIN changed ON changed.series_id = named.id
