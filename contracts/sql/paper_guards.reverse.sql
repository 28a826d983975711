DROP TRIGGER contracts_clausepassage_guard ON contracts_clausepassage;
DROP FUNCTION contracts_guard_passage();
DROP TRIGGER contracts_paperpage_guard ON contracts_paperpage;
DROP FUNCTION contracts_guard_paperpage();
DROP TRIGGER contracts_paper_guard ON contracts_paper;
DROP FUNCTION contracts_guard_paper();
