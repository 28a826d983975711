-- Rows of series belong to a payload of the same source, moment and transaction; partitions come when they are
-- needed, and go whole: sealed, past retention, and only by the owner's hand.

CREATE FUNCTION measurements_guard_series_rows() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT series_id, payload_id, known_at FROM added) told
        LEFT JOIN public.measurements_payload payload ON payload.id = told.payload_id
        LEFT JOIN public.measurements_series series ON series.id = told.series_id
        WHERE payload.id IS NULL OR series.id IS NULL
           OR payload.source_id <> series.source_id
           OR payload.known_at <> told.known_at
           OR payload.transaction_id <> pg_current_xact_id()::text::bigint) THEN
        RAISE EXCEPTION 'a row of another source, moment or transaction than its payload'
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = TG_ARGV[0] || '_of_its_payload';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION measurements_guard_day_sums() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM added LEFT JOIN public.measurements_bucketday detail USING (series_id, day, known_at, payload_id)
        WHERE detail.series_id IS NULL) THEN
        RAISE EXCEPTION 'a sum of a day without what it sums'
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'measurements_bucketdaysum_sums_something';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER measurements_bucketday_guard AFTER INSERT ON measurements_bucketday
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT
    EXECUTE FUNCTION measurements_guard_series_rows('measurements_bucketday');
ALTER TABLE measurements_bucketday ENABLE ALWAYS TRIGGER measurements_bucketday_guard;
CREATE TRIGGER measurements_histogramobservation_guard AFTER INSERT ON measurements_histogramobservation
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT
    EXECUTE FUNCTION measurements_guard_series_rows('measurements_histogramobservation');
ALTER TABLE measurements_histogramobservation ENABLE ALWAYS TRIGGER measurements_histogramobservation_guard;
CREATE TRIGGER measurements_bucketdaysum_guard AFTER INSERT ON measurements_bucketdaysum
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT
    EXECUTE FUNCTION measurements_guard_series_rows('measurements_bucketdaysum');
ALTER TABLE measurements_bucketdaysum ENABLE ALWAYS TRIGGER measurements_bucketdaysum_guard;
CREATE TRIGGER measurements_bucketdaysum_detail AFTER INSERT ON measurements_bucketdaysum
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION measurements_guard_day_sums();
ALTER TABLE measurements_bucketdaysum ENABLE ALWAYS TRIGGER measurements_bucketdaysum_detail;

-- Observations of the kinds whose rows stand in ordinary tables.
CREATE TRIGGER measurements_coverage_guard AFTER INSERT ON measurements_coverage
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION measurements_guard_observations();
ALTER TABLE measurements_coverage ENABLE ALWAYS TRIGGER measurements_coverage_guard;
CREATE TRIGGER measurements_eventobservation_guard AFTER INSERT ON measurements_eventobservation
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION measurements_guard_observations();
ALTER TABLE measurements_eventobservation ENABLE ALWAYS TRIGGER measurements_eventobservation_guard;

ALTER TABLE measurements_eventobservation ADD CONSTRAINT measurements_event_steps_fit CHECK (
    cardinality(steps) = cardinality(step_instants) AND step_instants[1] = opened_at
    AND steps <@ ARRAY['opened', 'paused', 'resumed', 'answered', 'completed']::varchar[]);

-- Makes the partitions of a month where there are none. The application may call it and cannot do it otherwise.
CREATE FUNCTION measurements_make_month(wanted date) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    first date := date_trunc('month', wanted)::date;
    after date := (date_trunc('month', wanted) + interval '1 month')::date;
    parent text;
    part text;
BEGIN
    IF first < '2000-01-01' OR first >= '2100-01-01' THEN
        RAISE EXCEPTION 'no measurements are kept of %', wanted
            USING ERRCODE = 'check_violation', CONSTRAINT = 'measurements_month_in_this_century';
    END IF;
    IF to_regclass('public.measurements_histogramobservation_' || to_char(first, 'YYYY_MM')) IS NOT NULL
        AND to_regclass('public.measurements_bucketday_' || to_char(first, 'YYYY_MM')) IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('measurements_make_month'));
    FOREACH parent IN ARRAY ARRAY['measurements_bucketday', 'measurements_histogramobservation'] LOOP
        part := parent || '_' || to_char(first, 'YYYY_MM');
        IF to_regclass('public.' || part) IS NULL THEN
            EXECUTE format('CREATE TABLE public.%I (LIKE public.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS '
                'INCLUDING INDEXES INCLUDING STORAGE)', part, parent);
            -- Attaching locks out neither readers nor writers of the other months.
            EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
                parent, part, first, after);
            -- Triggers of statements are not handed down: whoever names the partition meets them here.
            EXECUTE format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON public.%I '
                'FOR EACH STATEMENT EXECUTE FUNCTION public.base_refuse_change()', part);
            EXECUTE format('ALTER TABLE public.%I ENABLE ALWAYS TRIGGER no_truncate', part);
            EXECUTE format('CREATE TRIGGER guard AFTER INSERT ON public.%I REFERENCING NEW TABLE AS added '
                'FOR EACH STATEMENT EXECUTE FUNCTION public.measurements_guard_series_rows(%L)', part, parent);
            EXECUTE format('ALTER TABLE public.%I ENABLE ALWAYS TRIGGER guard', part);
        END IF;
    END LOOP;
END $$;

-- What a month of a partitioned table holds: how many rows, and one hash over all of them in order.
CREATE FUNCTION measurements_month_digest(of_table text, month date, OUT row_count bigint, OUT sha256 text)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO' AS $$
DECLARE
    part text := of_table || '_' || to_char(month, 'YYYY_MM');
    at text := CASE of_table WHEN 'measurements_bucketday' THEN 'day' ELSE 'starts_at' END;
BEGIN
    IF of_table NOT IN ('measurements_bucketday', 'measurements_histogramobservation')
        OR to_regclass('public.' || part) IS NULL THEN
        RAISE EXCEPTION 'there is no month % of %', month, of_table
            USING ERRCODE = 'check_violation', CONSTRAINT = 'measurements_month_is_there';
    END IF;
    -- By way of the whole table: whoever may read that may read its months.
    EXECUTE format('SELECT count(*), encode(sha256(coalesce(string_agg(sha256(convert_to(kept::text, ''UTF8'')), '''' '
        'ORDER BY id), '''')), ''hex'') FROM public.%I kept WHERE %I >= $1 AND %I < $2', of_table, at, at)
        INTO row_count, sha256 USING month, (month + interval '1 month')::date;
END $$;

-- Drops a month of a partitioned table. Not for the application: nobody but the owner may call it.
CREATE FUNCTION measurements_drop_month(of_table text, month date, as_of date) RETURNS bigint LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    part text := of_table || '_' || to_char(month, 'YYYY_MM');
    seal record;
    found record;
    kept text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('measurements_make_month'));
    SELECT * INTO found FROM public.measurements_month_digest(of_table, month);
    SELECT * INTO seal FROM public.measurements_monthseal sealed
        WHERE sealed."table" = of_table AND sealed.month_on = month ORDER BY sealed.id DESC LIMIT 1;
    IF seal.id IS NULL OR seal.sha256 <> found.sha256 OR seal.row_count <> found.row_count THEN
        RAISE EXCEPTION '% of % is not sealed as it is now', to_char(month, 'YYYY-MM'), of_table
            USING ERRCODE = 'check_violation', CONSTRAINT = 'measurements_month_is_sealed';
    END IF;
    EXECUTE format('SELECT string_agg(DISTINCT source.code, '', '') FROM public.%I kept '
        'JOIN public.measurements_series series ON series.id = kept.series_id '
        'JOIN public.measurements_source source ON source.id = series.source_id '
        'WHERE source.retention_days IS NULL OR $1 + source.retention_days > $2', part)
        INTO kept USING (month + interval '1 month')::date, as_of;
    IF kept IS NOT NULL THEN
        RAISE EXCEPTION '% of % is still to be kept for %', to_char(month, 'YYYY-MM'), of_table, kept
            USING ERRCODE = 'check_violation', CONSTRAINT = 'measurements_month_past_retention';
    END IF;
    INSERT INTO public.measurements_monthdrop (seal_id, as_of_on) VALUES (seal.id, as_of);
    EXECUTE format('ALTER TABLE public.%I DETACH PARTITION public.%I', of_table, part);
    EXECUTE format('DROP TABLE public.%I', part);
    RETURN found.row_count;
END $$;
REVOKE ALL ON FUNCTION measurements_drop_month(text, date, date) FROM PUBLIC;
