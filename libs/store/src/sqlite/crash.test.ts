import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import Sqlite from "better-sqlite3";
import { expect, it } from "vitest";
import { DATABASE_FILE, openSqliteStore } from "./open-sqlite-store.ts";

const writer = fileURLToPath(new URL("./crash-writer.ts", import.meta.url));

it("opens after kill -9 in the middle of writes, with everything that was acknowledged", { timeout: 60_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), "transship-crash-"));
  try {
    for (let round = 1; round <= 3; round++) {
      const { child, acknowledged } = await writeUntilKilled(directory, 40 * round);
      expect(child.signalCode).toBe("SIGKILL");
      await using store = await openSqliteStore({ directory });
      const summary = await store.executions.get("e1");
      const tasks = await store.tasks.list({ executionId: "e1" }, { limit: 100_000 });
      expect(summary.tasks.total).toBe(tasks.length);
      expect(summary.tasks.succeeded).toBe(tasks.filter(({ state }) => state === "succeeded").length);
      const finished = new Set(tasks.filter(({ state }) => state === "succeeded").map(({ id }) => id));
      expect(acknowledged.filter((id) => !finished.has(id))).toEqual([]);
      expect(damageIn(join(directory, DATABASE_FILE))).toBe("ok");
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});

it("keeps the directory from a second process, and frees it when the first is killed", { timeout: 60_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), "transship-lock-"));
  const child = start(directory);
  try {
    await once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), "line");
    await expect(openSqliteStore({ directory })).rejects.toMatchObject({ code: "DATA_DIR_IN_USE" });
    await kill(child);
    await using store = await openSqliteStore({ directory });
    await store.check();
  } finally {
    await kill(child);
    rmSync(directory, { recursive: true });
  }
});

/** Runs the writer until it has acknowledged `count` writes, and kills it while it goes on. */
async function writeUntilKilled(directory: string, count: number): Promise<{ child: ChildProcess; acknowledged: string[] }> {
  const child = start(directory);
  const acknowledged: string[] = [];
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    acknowledged.push(line);
    if (acknowledged.length === count) child.kill("SIGKILL");
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return { child, acknowledged };
}

function start(directory: string): ChildProcess {
  return spawn(process.execPath, [writer, directory], { stdio: ["ignore", "pipe", "inherit"] });
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

function damageIn(path: string): unknown {
  const database = new Sqlite(path, { readonly: true });
  try {
    return database.pragma("integrity_check", { simple: true });
  } finally {
    database.close();
  }
}
