-- Every component-month at once: merged downtime of the severe intervals, clipped to its window and without the
-- excluded time, the level against 99.9 %, the tier and the credit. Exact: whole microseconds and numerics.
-- The pure reckoning is the oracle; the bench compares every row of this with it.
WITH touched AS (
    SELECT w.number, w.during AS inside, w.fee, range_agg(i.during) * multirange(w.during) AS down
    FROM bench_window w
    JOIN bench_interval i ON i.components[1] = w.component AND i.during && w.during
    WHERE i.severity IN ('major', 'critical') AND NOT i.withdrawn AND i.known_at <= w.known_at
    GROUP BY w.number, w.during, w.fee
),
net AS (
    SELECT t.number, t.inside, t.fee, t.down - coalesce(x.gone, '{}') AS down,
        multirange(t.inside) - coalesce(x.gone, '{}') AS base
    FROM touched t LEFT JOIN bench_excluded x USING (number)
),
lengths AS (
    SELECT number, fee,
        (SELECT coalesce(sum(extract(epoch FROM upper(r) - lower(r))), 0) FROM unnest(down) r) AS down_seconds,
        (SELECT sum(extract(epoch FROM upper(r) - lower(r))) FROM unnest(base) r) AS base_seconds
    FROM net
),
judged AS (
    SELECT number, fee, down_seconds, base_seconds,
        CASE
            -- By cross-multiplication, as the oracle does: a level of exactly the target meets it.
            WHEN (base_seconds - down_seconds) * 1000 >= base_seconds * 999 THEN 0
            WHEN (base_seconds - down_seconds) * 100 >= base_seconds * 99 THEN 10
            WHEN (base_seconds - down_seconds) * 100 >= base_seconds * 95 THEN 25
            ELSE 50
        END AS percent
    FROM lengths
)
SELECT number, down_seconds, base_seconds, percent, round(fee * percent / 100, 2) AS credit_amount
FROM judged
