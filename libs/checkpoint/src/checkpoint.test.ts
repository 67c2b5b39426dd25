import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { TransshipError } from "@transship/errors";
import { journalConformance } from "@transship/transfer/journal-conformance";
import Sqlite from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openCheckpoint } from "./checkpoint.ts";

let directory = "";
let path = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "checkpoint-"));
  path = join(directory, "made", "checkpoint.db");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const place = { registry: "https://a.example", repository: "app", digest: "sha256:x" };

journalConformance("SQLite in memory", () => openCheckpoint({ memory: true }).journal);
journalConformance("SQLite in a file", () => {
  const checkpoint = openCheckpoint({ path });
  opened.push(checkpoint);
  return checkpoint.journal;
});
const opened: Disposable[] = [];
afterEach(() => {
  for (const checkpoint of opened.splice(0)) checkpoint[Symbol.dispose]();
});

function codeOf(step: () => unknown): string | undefined {
  try {
    step();
  } catch (error) {
    return error instanceof TransshipError ? error.code : `not ours: ${String(error)}`;
  }
  return undefined;
}

/** Something in every table, so that the file has more than one page. */
function fill(file: string): void {
  using checkpoint = openCheckpoint({ path: file });
  for (let index = 0; index < 500; index += 1) {
    checkpoint.journal.addPiece(`sha256:${index}`, { start: 0, end: 8, crc32: index });
    checkpoint.journal.sawBlob({ ...place, digest: `sha256:${index}` });
    checkpoint.outbox.add(Buffer.from(`report ${index}`));
  }
  checkpoint.journal.saveUpload(place, { location: "there", offset: 8 });
}

describe("a checkpoint file", () => {
  it("keeps everything over a restart and is private", () => {
    fill(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, "made")).mode & 0o777).toBe(0o700);
    using again = openCheckpoint({ path });
    expect(again.warnings).toEqual([]);
    expect(again.journal.pieces("sha256:7")).toEqual([{ start: 0, end: 8, crc32: 7 }]);
    expect(again.journal.upload(place)).toEqual({ location: "there", offset: 8 });
    expect(again.outbox.pending(0, 1000)).toHaveLength(500);
  });

  it("belongs to one process, until that one closes it", () => {
    const first = openCheckpoint({ path });
    expect(codeOf(() => openCheckpoint({ path }))).toBe("DATA_DIR_IN_USE");
    first[Symbol.dispose]();
    openCheckpoint({ path })[Symbol.dispose]();
  });

  it("refuses the file of a newer version and leaves it as it was", () => {
    fill(path);
    const raw = new Sqlite(path);
    raw.pragma("user_version = 99");
    raw.close();
    expect(codeOf(() => openCheckpoint({ path }))).toBe("DATA_DIR_TOO_NEW");
    const after = new Sqlite(path);
    expect(after.prepare("SELECT count(*) FROM reports").pluck().get()).toBe(500);
    after.close();
    expect(existsSync(`${path}.corrupt-1`)).toBe(false);
  });

  it("refuses a database of something else and leaves it as it was", () => {
    openCheckpoint({ path })[Symbol.dispose]();
    const foreign = join(directory, "foreign.db");
    const raw = new Sqlite(foreign);
    raw.exec("CREATE TABLE theirs (x)");
    raw.close();
    expect(codeOf(() => openCheckpoint({ path: foreign }))).toBe("DATA_DIR_UNUSABLE");
    expect(existsSync(`${foreign}.corrupt-1`)).toBe(false);
  });

  it("says so where the directory cannot be made", () => {
    writeFileSync(join(directory, "file"), "");
    expect(codeOf(() => openCheckpoint({ path: join(directory, "file", "checkpoint.db") }))).toBe("DATA_DIR_UNUSABLE");
  });
});

describe("a damaged file", () => {
  const damages: Readonly<Record<string, (file: string) => void>> = {
    "no database at all": (file) =>
      writeFileSync(file, "hello, this is no database, and it is longer than a header of a hundred bytes ".repeat(4)),
    "cut in the middle": (file) => truncateSync(file, Math.floor(statSync(file).size / 2 / 4096) * 4096 + 100),
    "a page overwritten": (file) => {
      const bytes = readFileSync(file);
      bytes.fill(0xa5, 4096 * 2, 4096 * 5);
      writeFileSync(file, bytes);
    },
  };
  for (const [name, damage] of Object.entries(damages)) {
    it(`is put aside and begun anew: ${name}`, () => {
      for (const number of [1, 2]) {
        fill(path);
        damage(path);
        const damaged = readFileSync(path);
        using checkpoint = openCheckpoint({ path });
        expect(checkpoint.warnings).toHaveLength(1);
        expect(checkpoint.warnings[0]).toContain(`${path}.corrupt-${number}`);
        expect(readFileSync(`${path}.corrupt-${number}`).equals(damaged)).toBe(true);
        expect(checkpoint.journal.spooledDigests()).toEqual([]);
        expect(checkpoint.outbox.isEmpty).toBe(true);
        checkpoint.outbox.add(Buffer.from("works"));
        expect(statSync(path).mode & 0o777).toBe(0o600);
      }
    });
  }

  it("is no damage when the file is empty, or its mode was too open", () => {
    openCheckpoint({ path })[Symbol.dispose]();
    writeFileSync(path, "");
    chmodSync(path, 0o644);
    using checkpoint = openCheckpoint({ path });
    expect(checkpoint.warnings).toEqual([]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
});

describe("kill -9", () => {
  it("loses nothing that a call returned from, and frees the lock", async () => {
    const module = new URL("./checkpoint.ts", import.meta.url).href;
    const script = `
      const { openCheckpoint } = await import(${JSON.stringify(module)});
      const { writeSync } = await import("node:fs");
      const checkpoint = openCheckpoint({ path: ${JSON.stringify(path)} });
      for (let n = 0; ; n += 1) {
        checkpoint.journal.addPiece("sha256:k", { start: n * 8, end: n * 8 + 8, crc32: n });
        const sequence = checkpoint.outbox.add(Buffer.from("report " + n));
        writeSync(1, n + " " + sequence + "\\n");
      }`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    const exited = once(child, "exit");
    let last: [count: number, sequence: number] = [-1, -1];
    for await (const line of createInterface({ input: child.stdout })) {
      const [count, sequence] = line.split(" ").map(Number);
      last = [count ?? -1, sequence ?? -1];
      if (last[0] === 50) expect(codeOf(() => openCheckpoint({ path }))).toBe("DATA_DIR_IN_USE");
      if (last[0] === 200) child.kill("SIGKILL");
    }
    expect((await exited)[1]).toBe("SIGKILL");
    using checkpoint = openCheckpoint({ path });
    expect(checkpoint.warnings).toEqual([]);
    expect(checkpoint.journal.pieces("sha256:k").length).toBeGreaterThan(last[0]);
    const reports = checkpoint.outbox.pending(0, 1_000_000);
    expect(reports.length).toBeGreaterThan(last[0]);
    expect(reports.map((report) => report.sequence)).toContain(last[1]);
  });
});
