DROP TRIGGER credits_assessment_announced ON credits_assessment;
DROP FUNCTION notices_announce_revision();
DROP TRIGGER credits_breach_announced ON credits_breach;
DROP FUNCTION notices_announce_breach();
DROP FUNCTION notices_announce(text, bigint);
