-- The functions go with the guards that they belong to.
SELECT 1;
