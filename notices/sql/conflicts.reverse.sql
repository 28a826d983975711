DROP TRIGGER contracts_conflictstep_announced ON contracts_conflictstep;
DROP FUNCTION notices_announce_conflict();
