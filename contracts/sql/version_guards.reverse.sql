DROP TRIGGER contracts_commitment_guard ON contracts_commitment;
DROP FUNCTION contracts_guard_commitment();
DROP TRIGGER contracts_signature_guard ON contracts_signature;
DROP FUNCTION contracts_guard_signature();
DROP TRIGGER contracts_version_guard ON contracts_contractversion;
DROP FUNCTION contracts_guard_version();
