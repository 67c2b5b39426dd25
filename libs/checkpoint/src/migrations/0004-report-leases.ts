/** Which lease a report ends, so that this can be told without reading reports. Reports of earlier versions have none. */
export const REPORT_LEASES = `
ALTER TABLE reports ADD COLUMN task_id TEXT;
ALTER TABLE reports ADD COLUMN epoch INTEGER;
CREATE INDEX reports_by_lease ON reports (task_id, epoch) WHERE task_id IS NOT NULL;
`;
