-- The two large tables. Partitions are made by measurements_make_month, one for each month that is needed.
-- A foreign key of theirs would lock the tables that it points to whenever a partition is attached; the guard of
-- series_guards.sql holds to the same, and series and payloads are never deleted.

CREATE SEQUENCE measurements_bucketday_id_seq;
CREATE TABLE measurements_bucketday (
    id bigint NOT NULL DEFAULT nextval('measurements_bucketday_id_seq'),
    series_id bigint NOT NULL,
    day date NOT NULL,
    known_at timestamptz NOT NULL,
    payload_id bigint NOT NULL,
    first_slot integer NOT NULL,
    step integer NOT NULL,
    slots integer[],
    counts integer[],
    good bigint[] NOT NULL,
    bad bigint[] NOT NULL,
    CONSTRAINT measurements_bucketday_known_once UNIQUE (series_id, day, known_at, payload_id),
    CONSTRAINT measurements_bucketday_runs_fit CHECK (
        cardinality(good) BETWEEN 1 AND 86400 AND cardinality(bad) = cardinality(good)
        AND first_slot BETWEEN 0 AND 86399 AND step BETWEEN 1 AND 86400
        AND (slots IS NULL OR cardinality(slots) = cardinality(good) AND first_slot <= ALL (slots) AND 86400 > ALL (slots))
        AND (counts IS NULL OR slots IS NOT NULL AND cardinality(counts) = cardinality(good) AND 0 < ALL (counts))),
    CONSTRAINT measurements_bucketday_counts_something CHECK (0 <= ALL (good) AND 0 <= ALL (bad))
) PARTITION BY RANGE (day);
ALTER SEQUENCE measurements_bucketday_id_seq OWNED BY measurements_bucketday.id;

CREATE SEQUENCE measurements_histogramobservation_id_seq;
CREATE TABLE measurements_histogramobservation (
    id bigint NOT NULL DEFAULT nextval('measurements_histogramobservation_id_seq'),
    series_id bigint NOT NULL,
    starts_at timestamptz NOT NULL,
    bounds bigint[] NOT NULL,
    counts bigint[] NOT NULL,
    known_at timestamptz NOT NULL,
    payload_id bigint NOT NULL,
    CONSTRAINT measurements_histogram_known_once UNIQUE (series_id, starts_at, known_at),
    CONSTRAINT measurements_histogram_fits CHECK (
        cardinality(bounds) BETWEEN 1 AND 1000 AND cardinality(counts) = cardinality(bounds) + 1 AND 0 <= ALL (counts))
) PARTITION BY RANGE (starts_at);
ALTER SEQUENCE measurements_histogramobservation_id_seq OWNED BY measurements_histogramobservation.id;
