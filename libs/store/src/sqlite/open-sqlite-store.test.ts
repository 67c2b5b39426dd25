import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { at, lease, progress, task, withExecution } from "../conformance/samples.ts";
import { MIGRATIONS } from "../migrations/index.ts";
import { DATABASE_FILE, openSqliteStore } from "./open-sqlite-store.ts";

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "transship-store-"));
  file = join(directory, DATABASE_FILE);
});
afterEach(() => rmSync(directory, { recursive: true }));

describe("openSqliteStore", () => {
  it("finds everything again after reopening", async () => {
    {
      await using store = await openSqliteStore({ directory });
      await withExecution(store);
      await store.agents.addToken({ agent: "a", tokenHash: "aa" }, at(0));
      await store.tasks.add([task("1"), task("2")], at(0));
      await lease(store, "a", at(1));
      await store.tasks.finish({ taskId: "2", epoch: 1 }, { state: "succeeded", progress: progress(1000), blobs: [] }, at(2));
    }
    await using store = await openSqliteStore({ directory });
    expect((await store.topology.listRules()).map(({ name }) => name)).toEqual(["gz-to-sg"]);
    expect(await store.agents.findByToken("aa", at(5))).toBe("a");
    expect((await store.tasks.heldBy("a")).map(({ id, epoch }) => `${id} ${epoch}`)).toEqual(["1 1"]);
    expect(await store.executions.get("e1")).toMatchObject({ tasks: { total: 2, succeeded: 1, running: 1 }, bytes: { copied: 1000 } });
    expect(await store.tasks.finish({ taskId: "2", epoch: 1 }, { state: "succeeded", progress: progress(1000), blobs: [] }, at(9))).toBe(
      "duplicate",
    );
  });

  it("makes the directory for its owner only, and all of the database's files", async () => {
    const nested = join(directory, "a", "b");
    await using store = await openSqliteStore({ directory: nested });
    await withExecution(store);
    expect(statSync(nested).mode & 0o777).toBe(0o700);
    for (const suffix of ["", "-wal", "-shm"]) expect(statSync(join(nested, DATABASE_FILE) + suffix).mode & 0o777).toBe(0o600);
  });

  it("has a journal that lets others read, e.g. a backup", async () => {
    await using store = await openSqliteStore({ directory });
    await withExecution(store);
    using reader = closing(new Sqlite(file, { readonly: true }));
    expect(reader.database.pragma("journal_mode", { simple: true })).toBe("wal");
    expect(reader.database.prepare("select id from executions").pluck().all()).toEqual(["e1"]);
  });

  it("refuses a directory that is in use, and takes it when it is free again", async () => {
    const first = await openSqliteStore({ directory });
    await expect(openSqliteStore({ directory })).rejects.toMatchObject({
      code: "DATA_DIR_IN_USE",
      message: expect.stringContaining(directory),
    });
    // The refused attempt must not have dropped the lock of the first.
    await expect(openSqliteStore({ directory })).rejects.toMatchObject({ code: "DATA_DIR_IN_USE" });
    await first.check();
    await first[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
    await using again = await openSqliteStore({ directory });
    await again.check();
  });

  it("refuses a newer schema, names both versions and leaves the file as it is", async () => {
    await (await openSqliteStore({ directory }))[Symbol.asyncDispose]();
    {
      using later = closing(new Sqlite(file));
      later.database.exec("insert into kysely_migration values ('9999-later', '2030-01-01T00:00:00.000Z')");
    }
    const before = readFileSync(file);
    await expect(openSqliteStore({ directory })).rejects.toMatchObject({
      code: "DATA_DIR_TOO_NEW",
      message: expect.stringMatching(new RegExp(`9999-later.*${Object.keys(MIGRATIONS).at(-1)}`)),
    });
    expect(readFileSync(file).equals(before)).toBe(true);
    // The lock went with the refusal.
    await expect(openSqliteStore({ directory })).rejects.toMatchObject({ code: "DATA_DIR_TOO_NEW" });
  });

  it.each([
    ["is not a database", () => writeFileSync(file, "certainly not a database, but long enough to look like one".repeat(20))],
    ["lost its end", () => truncateSync(file, Math.floor(statSync(file).size / 2))],
    ["has a damaged first page", () => damage(file, 100)],
    ["is a directory", () => mkdirSync(join(directory, "sub", DATABASE_FILE), { recursive: true })],
  ])("says so when the file %s", async (_what, spoil) => {
    await (await openSqliteStore({ directory }))[Symbol.asyncDispose]();
    spoil();
    const place = existsSync(join(directory, "sub")) ? join(directory, "sub") : directory;
    await expect(openSqliteStore({ directory: place })).rejects.toMatchObject({
      code: "DATA_DIR_UNUSABLE",
      message: expect.stringContaining(place),
    });
  });

  it("says so when the directory cannot be made", async () => {
    const blocked = join(directory, "file");
    writeFileSync(blocked, "");
    await expect(openSqliteStore({ directory: join(blocked, "data") })).rejects.toMatchObject({ code: "DATA_DIR_UNUSABLE" });
  });

  it("answers its check while open, and fails it when closed", async () => {
    const store = await openSqliteStore({ memory: true });
    await store.check();
    await store[Symbol.asyncDispose]();
    await expect(store.check()).rejects.toMatchObject({ code: "INTERNAL" });
  });
});

/** Overwrites the schema's page after the file header, which still looks right. */
function damage(path: string, from: number): void {
  const bytes = readFileSync(path);
  bytes.fill(0xff, from, 4096);
  writeFileSync(path, bytes);
}

function closing(database: Sqlite.Database): Disposable & { readonly database: Sqlite.Database } {
  return { database, [Symbol.dispose]: () => database.close() };
}
