DROP TRIGGER contracts_version_consulted ON contracts_contractversion;
DROP FUNCTION contracts_guard_consulted();
DROP FUNCTION contracts_not_consulted(bigint);
