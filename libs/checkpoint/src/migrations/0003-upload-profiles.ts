export const UPLOAD_PROFILES = `
CREATE TABLE upload_profiles (
  registry TEXT PRIMARY KEY,
  single_post TEXT NOT NULL, -- untried, taken, ignored
  patches TEXT NOT NULL, -- many, one, none
  whole_put INTEGER NOT NULL, -- 0, 1
  min_chunk_bytes INTEGER NOT NULL,
  max_body_bytes INTEGER, -- NULL: none known
  status_trusted INTEGER NOT NULL, -- 0, 1
  learned_at INTEGER NOT NULL -- milliseconds since the epoch
) STRICT, WITHOUT ROWID;
`;
