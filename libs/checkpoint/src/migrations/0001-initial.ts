export const INITIAL = `
CREATE TABLE pieces (
  digest TEXT NOT NULL,
  start INTEGER NOT NULL,
  "end" INTEGER NOT NULL,
  crc32 INTEGER NOT NULL,
  PRIMARY KEY (digest, start)
) STRICT, WITHOUT ROWID;

CREATE TABLE uploads (
  registry TEXT NOT NULL,
  repository TEXT NOT NULL,
  digest TEXT NOT NULL,
  location TEXT NOT NULL,
  "offset" INTEGER NOT NULL,
  saved_at INTEGER NOT NULL, -- milliseconds since the epoch
  PRIMARY KEY (registry, repository, digest)
) STRICT, WITHOUT ROWID;

CREATE TABLE sightings (
  number INTEGER PRIMARY KEY AUTOINCREMENT, -- newer sightings have higher numbers
  registry TEXT NOT NULL,
  digest TEXT NOT NULL,
  repository TEXT NOT NULL,
  UNIQUE (registry, digest, repository)
) STRICT;

CREATE TABLE reports (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice, even after all rows are gone
  report BLOB NOT NULL
) STRICT;
`;
