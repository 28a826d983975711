-- The ledger's guards. They hold whoever writes and whatever the application believes.
--
-- Every function pins its search_path with pg_temp last: without that, a temporary table with the postings'
-- name would be read in their place.

-- Closing and posting meet on one lock per legal entity and month: postings share it, a closing has it alone.
CREATE FUNCTION credits_lock_period(entity bigint, day date, alone boolean) RETURNS void LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    key bigint := hashtextextended('credits_period:' || entity || ':' || to_char(day, 'YYYY-MM'), 0);
BEGIN
    IF alone THEN
        PERFORM pg_advisory_xact_lock(key);
    ELSE
        PERFORM pg_advisory_xact_lock_shared(key);
    END IF;
END $$;

CREATE FUNCTION credits_period_is_closed(entity bigint, day date) RETURNS boolean LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    last_state text;
BEGIN
    SELECT step.state INTO last_state
      FROM public.credits_periodstep step
      JOIN public.credits_period period ON period.id = step.period_id
     WHERE period.legal_entity_id = entity AND period.starts_on = date_trunc('month', day)::date
     ORDER BY step.number DESC LIMIT 1;
    RETURN coalesce(last_state = 'closed', false);
END $$;

-- An entry says of itself only what is true: its transaction and its moment are the database's to tell.
CREATE FUNCTION credits_check_entry() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    original public.credits_journalentry;
BEGIN
    -- Under an older snapshot a closing that was committed meanwhile would not be seen.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'entries are posted in read committed transactions, not in %',
            current_setting('transaction_isolation')
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_entry_isolation';
    END IF;
    NEW.transaction_id := pg_current_xact_id()::text::bigint;
    NEW.posted_at := transaction_timestamp();
    PERFORM public.credits_lock_period(NEW.legal_entity_id, NEW.effective_on, false);
    IF public.credits_period_is_closed(NEW.legal_entity_id, NEW.effective_on) THEN
        RAISE EXCEPTION 'entry % is effective on %, in a closed period', NEW.reference, NEW.effective_on
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_entry_period_open';
    END IF;
    IF NEW.reverses_id IS NOT NULL THEN
        SELECT * INTO original FROM public.credits_journalentry WHERE id = NEW.reverses_id;
        IF NOT FOUND OR original.id = NEW.id THEN
            RAISE EXCEPTION 'entry % reverses no entry that is there', NEW.reference
                USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_reversal_of_an_entry';
        END IF;
        IF original.reverses_id IS NOT NULL THEN
            RAISE EXCEPTION 'entry % is a reversal itself, and a reversal is not reversed', original.reference
                USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_reversal_not_reversed';
        END IF;
        IF original.legal_entity_id <> NEW.legal_entity_id THEN
            RAISE EXCEPTION 'entry % belongs to another legal entity', original.reference
                USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_reversal_same_entity';
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER credits_journalentry_checked BEFORE INSERT ON credits_journalentry
    FOR EACH ROW EXECUTE FUNCTION credits_check_entry();
ALTER TABLE credits_journalentry ENABLE ALWAYS TRIGGER credits_journalentry_checked;

-- Checked at commit, so that an entry whose postings never come is refused as well.
CREATE FUNCTION credits_check_entry_complete() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (SELECT count(*) FROM public.credits_posting WHERE entry_id = NEW.id) < 2 THEN
        RAISE EXCEPTION 'entry % has fewer than two postings', NEW.reference
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_entry_has_postings';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER credits_journalentry_complete AFTER INSERT ON credits_journalentry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION credits_check_entry_complete();
ALTER TABLE credits_journalentry ENABLE ALWAYS TRIGGER credits_journalentry_complete;

-- All postings of an entry come in one statement, in the transaction of the entry; what they must be is
-- checked for the whole statement at once. Keys to entries and accounts are checked here and not left to
-- their deferred constraints: a posting must not slip through before its account exists.
CREATE FUNCTION credits_check_postings() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    wrong text;
    reversal record;
BEGIN
    SELECT string_agg(own.entry_id::text, ', ') INTO wrong
      FROM (SELECT entry_id, count(*) AS postings FROM added GROUP BY entry_id) own
      LEFT JOIN public.credits_journalentry entry ON entry.id = own.entry_id
     WHERE entry.transaction_id IS DISTINCT FROM pg_current_xact_id()::text::bigint
        OR own.postings <> (SELECT count(*) FROM public.credits_posting whole WHERE whole.entry_id = own.entry_id);
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'postings to entry %: an entry is made whole, in one statement of its own transaction', wrong
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_entry_made_whole';
    END IF;

    SELECT string_agg(DISTINCT added.entry_id::text, ', ') INTO wrong
      FROM added LEFT JOIN public.credits_account account ON account.id = added.account_id
     WHERE account.currency IS DISTINCT FROM added.currency;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'entry %: a posting is not in the currency of its account', wrong
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_posting_account_currency';
    END IF;

    SELECT string_agg(DISTINCT added.entry_id::text, ', ') INTO wrong
      FROM added
      JOIN public.credits_account account ON account.id = added.account_id
      JOIN public.credits_journalentry entry ON entry.id = added.entry_id
     WHERE account.legal_entity_id <> entry.legal_entity_id;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'entry %: an account belongs to another legal entity', wrong
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_posting_account_entity';
    END IF;

    SELECT string_agg(DISTINCT uneven.entry_id || ' in ' || uneven.currency, ', ') INTO wrong
      FROM (SELECT entry_id, currency FROM added GROUP BY entry_id, currency
            HAVING coalesce(sum(amount) FILTER (WHERE side = 'debit'), 0)
                <> coalesce(sum(amount) FILTER (WHERE side = 'credit'), 0)) uneven;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'entry %: debits and credits differ', wrong
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_entry_balanced';
    END IF;

    SELECT string_agg(DISTINCT uneven.entry_id || ' in ' || uneven.currency, ', ') INTO wrong
      FROM (SELECT added.entry_id, added.currency
              FROM added JOIN public.credits_account account ON account.id = added.account_id
             WHERE account.kind = 'memorandum'
             GROUP BY added.entry_id, added.currency
            HAVING coalesce(sum(amount) FILTER (WHERE side = 'debit'), 0)
                <> coalesce(sum(amount) FILTER (WHERE side = 'credit'), 0)) uneven;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'entry %: memorandum accounts balance among themselves only', wrong
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_entry_memorandum_apart';
    END IF;

    FOR reversal IN
        SELECT DISTINCT entry.id, entry.reference, entry.reverses_id
          FROM added JOIN public.credits_journalentry entry ON entry.id = added.entry_id
         WHERE entry.reverses_id IS NOT NULL
    LOOP
        IF EXISTS (
            (SELECT account_id, currency, amount, CASE side WHEN 'debit' THEN 'credit' ELSE 'debit' END
               FROM public.credits_posting WHERE entry_id = reversal.reverses_id
             EXCEPT ALL
             SELECT account_id, currency, amount, side FROM added WHERE entry_id = reversal.id)
            UNION ALL
            (SELECT account_id, currency, amount, side FROM added WHERE entry_id = reversal.id
             EXCEPT ALL
             SELECT account_id, currency, amount, CASE side WHEN 'debit' THEN 'credit' ELSE 'debit' END
               FROM public.credits_posting WHERE entry_id = reversal.reverses_id)
        ) THEN
            RAISE EXCEPTION 'entry % does not mirror the entry that it reverses', reversal.reference
                USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_reversal_mirrors';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

CREATE TRIGGER credits_posting_checked AFTER INSERT ON credits_posting
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION credits_check_postings();
ALTER TABLE credits_posting ENABLE ALWAYS TRIGGER credits_posting_checked;

-- Closed, reopened, closed, ...; reopened by somebody else than who closed.
CREATE FUNCTION credits_check_period_step() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    period public.credits_period;
    last_step public.credits_periodstep;
    wanted text;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'periods are closed in read committed transactions'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_period_step_isolation';
    END IF;
    SELECT * INTO period FROM public.credits_period WHERE id = NEW.period_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no period %', NEW.period_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_period_step_order';
    END IF;
    PERFORM public.credits_lock_period(period.legal_entity_id, period.starts_on, true);
    SELECT * INTO last_step FROM public.credits_periodstep
     WHERE period_id = NEW.period_id ORDER BY number DESC LIMIT 1;
    wanted := CASE WHEN last_step.state = 'closed' THEN 'reopened' ELSE 'closed' END;
    IF NEW.state <> wanted OR NEW.number <> coalesce(last_step.number, 0) + 1 THEN
        RAISE EXCEPTION 'the next step of period % is number %, %',
            to_char(period.starts_on, 'YYYY-MM'), coalesce(last_step.number, 0) + 1, wanted
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_period_step_order';
    END IF;
    IF NEW.state = 'reopened' AND NEW.taken_by_id = last_step.taken_by_id THEN
        RAISE EXCEPTION 'period % is reopened by somebody else than who closed it',
            to_char(period.starts_on, 'YYYY-MM')
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credits_period_step_four_eyes';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER credits_periodstep_checked BEFORE INSERT ON credits_periodstep
    FOR EACH ROW EXECUTE FUNCTION credits_check_period_step();
ALTER TABLE credits_periodstep ENABLE ALWAYS TRIGGER credits_periodstep_checked;
