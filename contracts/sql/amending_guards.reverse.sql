DROP TRIGGER contracts_version_amending ON contracts_contractversion;
DROP FUNCTION contracts_guard_amending();
