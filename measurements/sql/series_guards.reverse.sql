DROP FUNCTION measurements_drop_month(text, date, date);
DROP FUNCTION measurements_month_digest(text, date);
DROP FUNCTION measurements_make_month(date);
ALTER TABLE measurements_eventobservation DROP CONSTRAINT measurements_event_steps_fit;
DROP TRIGGER measurements_eventobservation_guard ON measurements_eventobservation;
DROP TRIGGER measurements_coverage_guard ON measurements_coverage;
DROP TRIGGER measurements_bucketdaysum_detail ON measurements_bucketdaysum;
DROP TRIGGER measurements_bucketdaysum_guard ON measurements_bucketdaysum;
DROP TRIGGER measurements_histogramobservation_guard ON measurements_histogramobservation;
DROP TRIGGER measurements_bucketday_guard ON measurements_bucketday;
DROP FUNCTION measurements_guard_day_sums();
-- Partitions have a trigger of their own on it.
DROP FUNCTION measurements_guard_series_rows() CASCADE;
