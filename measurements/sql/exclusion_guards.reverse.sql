DROP TRIGGER measurements_decision_guard ON measurements_exclusiondecision;
DROP FUNCTION measurements_guard_decision();
DROP TRIGGER measurements_exclusion_guard ON measurements_exclusion;
DROP FUNCTION measurements_guard_exclusion();
