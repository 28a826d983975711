-- Rule 20 knows more hands: who accepted a figure of the window, set a tolerance by which it is compared, entered
-- maintenance that recurs into it, or brought in counts, tickets or histograms, which inputs do not name row by row.
CREATE FUNCTION credits_hands_between_sources(memo bigint, who bigint) RETURNS text LANGUAGE sql STABLE
    SET search_path = pg_catalog, public, pg_temp AS $$
    WITH result AS (
        SELECT own.commitment_id, own.window_start, own.window_end, own.known_at, own.inputs, version.contract_id,
               commitment.service_id
          FROM public.credits_assessment own
          JOIN public.contracts_commitment commitment ON commitment.id = own.commitment_id
          JOIN public.contracts_contractversion version ON version.id = commitment.version_id
         WHERE own.id = public.credits_basis_of_memo(memo)
    )
    SELECT string_agg(DISTINCT act, ', ') FROM (
        SELECT 'accepted a figure' AS act
          FROM result
          JOIN public.measurements_differencedecision decision
            ON decision.commitment_id = result.commitment_id AND decision.window_start = result.window_start
         WHERE decision.decided_by_id = who AND decision.decided_at <= result.known_at
        UNION ALL
        SELECT 'set a tolerance'
          FROM result
          JOIN public.measurements_differencetolerance word ON word.contract_id = result.contract_id
         WHERE word.set_by_id = who AND word.set_at <= result.known_at AND EXISTS (
               SELECT FROM public.measurements_differencetolerance compares
                WHERE compares.contract_id = word.contract_id AND compares.source_id = word.source_id
                  AND compares.set_at <= result.known_at AND compares.windows_from <= result.window_start)
        UNION ALL
        SELECT 'entered recurring maintenance'
          FROM result
          CROSS JOIN LATERAL jsonb_array_elements(result.inputs -> 'exclusions') AS item
          JOIN public.measurements_exclusion exclusion ON exclusion.id = (item ->> 'id')::bigint
          JOIN public.measurements_recurringmaintenance recurring
            ON recurring.contract_id = exclusion.contract_id AND recurring.service_id = exclusion.service_id
           AND recurring.code = regexp_replace(exclusion.external_id, ':[^:]*$', '')
         WHERE recurring.proposed_by_id = who AND exclusion.external_id LIKE '%:%'
        UNION ALL
        SELECT 'uploaded an observation'
          FROM result
          JOIN public.measurements_series series ON series.service_id = result.service_id
          JOIN public.measurements_bucketday told ON told.series_id = series.id
          JOIN public.measurements_payload payload ON payload.id = told.payload_id
         WHERE payload.imported_by_id = who AND told.known_at <= result.known_at
           AND jsonb_array_length(coalesce(result.inputs -> 'buckets', '[]'::jsonb)) > 0
           AND told.day BETWEEN (result.window_start AT TIME ZONE 'UTC')::date
                            AND ((result.window_end - interval '1 microsecond') AT TIME ZONE 'UTC')::date
        UNION ALL
        SELECT 'uploaded an observation'
          FROM result
          JOIN public.measurements_series series ON series.service_id = result.service_id
          JOIN public.measurements_histogramobservation told ON told.series_id = series.id
          JOIN public.measurements_payload payload ON payload.id = told.payload_id
         WHERE payload.imported_by_id = who AND told.known_at <= result.known_at
           AND jsonb_array_length(coalesce(result.inputs -> 'samples', '[]'::jsonb)) > 0
           AND told.starts_at >= result.window_start AND told.starts_at < result.window_end
        UNION ALL
        SELECT 'uploaded an observation'
          FROM result
          CROSS JOIN LATERAL jsonb_array_elements(coalesce(result.inputs -> 'events', '[]'::jsonb)) AS item
          JOIN public.measurements_eventobservation told
            ON told.service_id = result.service_id AND told.external_id = item ->> 'id'
          JOIN public.measurements_payload payload ON payload.id = told.payload_id
         WHERE payload.imported_by_id = who AND told.known_at <= result.known_at
    ) AS acts
$$;

CREATE OR REPLACE FUNCTION credits_require_approver(memo bigint, who bigint) RETURNS void LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    acts text;
BEGIN
    IF NOT public.credits_has_role(who, 'finance_approver') THEN
        RAISE EXCEPTION 'a memo is approved by a person with the role finance approver'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_memo_approver';
    END IF;
    acts := nullif(concat_ws(', ', public.credits_acts_under_memo(memo, who),
                             public.credits_hands_between_sources(memo, who)), '');
    IF acts IS NOT NULL THEN
        RAISE EXCEPTION 'who approves this memo has no hand in it; this approver %', acts
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_memo_approver_has_no_hand';
    END IF;
END $$;
