export const PATHS = `
CREATE TABLE paths (
  registry TEXT PRIMARY KEY,
  rtt_ms REAL NOT NULL,
  measured_at INTEGER NOT NULL, -- milliseconds since the epoch
  stream_rate REAL, -- bytes a second, like lane_rate
  lanes INTEGER,
  lane_rate REAL
) STRICT, WITHOUT ROWID;
`;
