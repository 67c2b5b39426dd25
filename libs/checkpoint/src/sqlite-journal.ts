import type { BlobPlace, Journal, PathKnowledge, RememberedProfile, SpooledPiece, UploadCheckpoint } from "@transship/transfer";
import type { Database, Statement } from "better-sqlite3";
import { explained } from "./sqlite-errors.ts";
import { type ProfileRow, profileOf, valuesOf } from "./upload-profile-row.ts";

/** Repositories that {@link SqliteJournal.repositoriesWith} names at most. */
const MOST_REPOSITORIES = 8;
/** Sightings that are kept; the oldest go first. They only save transfers, so forgetting one is harmless. */
const MOST_SIGHTINGS = 200_000;
/** Uploads older than this are forgotten: registries themselves drop sessions after days (CNCF distribution purges after 168 h). */
const UPLOAD_AGE_MS = 14 * 24 * 3_600_000;
/** Paths that nobody went for so long are forgotten. */
const PATH_AGE_MS = 30 * 24 * 3_600_000;

/** The copy engine's journal in SQLite. */
export class SqliteJournal implements Journal {
  readonly #statements: ReturnType<typeof prepareAll>;

  /** Clears away what is too old to be of use. */
  constructor(database: Database) {
    database.prepare("DELETE FROM uploads WHERE saved_at < ?").run(Date.now() - UPLOAD_AGE_MS);
    database.prepare("DELETE FROM paths WHERE measured_at < ?").run(Date.now() - PATH_AGE_MS);
    database.prepare("DELETE FROM sightings WHERE number <= (SELECT max(number) FROM sightings) - ?").run(MOST_SIGHTINGS);
    this.#statements = prepareAll(database);
  }

  pieces(digest: string): readonly SpooledPiece[] {
    return explained("reading the checkpoint", () => this.#statements.pieces.all(digest) as SpooledPiece[]);
  }

  addPiece(digest: string, piece: SpooledPiece): void {
    write(this.#statements.addPiece, digest, piece.start, piece.end, piece.crc32);
  }

  dropPieces(digest: string): void {
    write(this.#statements.dropPieces, digest);
  }

  spooledDigests(): readonly string[] {
    return explained("reading the checkpoint", () => this.#statements.spooledDigests.all() as string[]);
  }

  upload(place: BlobPlace): UploadCheckpoint | undefined {
    const { registry, repository, digest } = place;
    return explained(
      "reading the checkpoint",
      () => this.#statements.upload.get(registry, repository, digest) as UploadCheckpoint | undefined,
    );
  }

  saveUpload(place: BlobPlace, checkpoint: UploadCheckpoint): void {
    write(this.#statements.saveUpload, place.registry, place.repository, place.digest, checkpoint.location, checkpoint.offset, Date.now());
  }

  dropUpload(place: BlobPlace): void {
    write(this.#statements.dropUpload, place.registry, place.repository, place.digest);
  }

  uploadProfile(registry: string): RememberedProfile | undefined {
    const row = explained("reading the checkpoint", () => this.#statements.uploadProfile.get(registry) as ProfileRow | undefined);
    return row === undefined ? undefined : profileOf(row);
  }

  saveUploadProfile(registry: string, remembered: RememberedProfile): void {
    write(this.#statements.saveUploadProfile, registry, ...valuesOf(remembered));
  }

  repositoriesWith(registry: string, digest: string): readonly string[] {
    return explained("reading the checkpoint", () => this.#statements.repositoriesWith.all(registry, digest) as string[]);
  }

  sawBlob(place: BlobPlace): void {
    write(this.#statements.sawBlob, place.registry, place.digest, place.repository);
  }

  missedBlob(place: BlobPlace): void {
    write(this.#statements.missedBlob, place.registry, place.digest, place.repository);
  }

  path(registry: string): PathKnowledge | undefined {
    const row = explained("reading the checkpoint", () => this.#statements.path.get(registry) as PathRow | undefined);
    if (row === undefined) return undefined;
    const { rttMs, measuredAt, streamRate, lanes, laneRate } = row;
    const best = lanes === null || laneRate === null ? undefined : { lanes, rate: laneRate };
    return { rttMs, measuredAt, streamRate: streamRate ?? undefined, lanes: best };
  }

  savePath(registry: string, { rttMs, measuredAt, streamRate, lanes }: PathKnowledge): void {
    write(this.#statements.savePath, registry, rttMs, measuredAt, streamRate ?? null, lanes?.lanes ?? null, lanes?.rate ?? null);
  }
}

interface PathRow {
  readonly rttMs: number;
  readonly measuredAt: number;
  readonly streamRate: number | null;
  readonly lanes: number | null;
  readonly laneRate: number | null;
}

function prepareAll(database: Database) {
  return {
    pieces: database.prepare('SELECT start, "end", crc32 FROM pieces WHERE digest = ? ORDER BY start'),
    addPiece: database.prepare('INSERT OR REPLACE INTO pieces (digest, start, "end", crc32) VALUES (?, ?, ?, ?)'),
    dropPieces: database.prepare("DELETE FROM pieces WHERE digest = ?"),
    spooledDigests: database.prepare("SELECT DISTINCT digest FROM pieces ORDER BY digest").pluck(),
    upload: database.prepare('SELECT location, "offset" FROM uploads WHERE registry = ? AND repository = ? AND digest = ?'),
    saveUpload: database.prepare(
      'INSERT OR REPLACE INTO uploads (registry, repository, digest, location, "offset", saved_at) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    dropUpload: database.prepare("DELETE FROM uploads WHERE registry = ? AND repository = ? AND digest = ?"),
    uploadProfile: database.prepare("SELECT * FROM upload_profiles WHERE registry = ?"),
    saveUploadProfile: database.prepare("INSERT OR REPLACE INTO upload_profiles VALUES (?, ?, ?, ?, ?, ?, ?, ?)"),
    repositoriesWith: database
      .prepare(`SELECT repository FROM sightings WHERE registry = ? AND digest = ? ORDER BY number DESC LIMIT ${MOST_REPOSITORIES}`)
      .pluck(),
    // A new row, not an update: the number is what orders sightings.
    sawBlob: database.prepare("INSERT OR REPLACE INTO sightings (registry, digest, repository) VALUES (?, ?, ?)"),
    missedBlob: database.prepare("DELETE FROM sightings WHERE registry = ? AND digest = ? AND repository = ?"),
    path: database.prepare(
      "SELECT rtt_ms AS rttMs, measured_at AS measuredAt, stream_rate AS streamRate, lanes, lane_rate AS laneRate FROM paths WHERE registry = ?",
    ),
    savePath: database.prepare(
      "INSERT OR REPLACE INTO paths (registry, rtt_ms, measured_at, stream_rate, lanes, lane_rate) VALUES (?, ?, ?, ?, ?, ?)",
    ),
  };
}

function write(statement: Statement, ...values: readonly (string | number | null)[]): void {
  explained("writing the checkpoint", () => statement.run(...values));
}
