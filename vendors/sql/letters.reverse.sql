DROP TRIGGER vendors_answer_checked ON vendors_answer;
DROP FUNCTION vendors_check_answer();
DROP TRIGGER vendors_sentletter_checked ON vendors_sentletter;
DROP FUNCTION vendors_check_sent();
DROP TRIGGER vendors_claimletter_checked ON vendors_claimletter;
DROP FUNCTION vendors_check_letter();
DROP TRIGGER vendors_vendorprofile_checked ON vendors_vendorprofile;
DROP FUNCTION vendors_check_profile();
