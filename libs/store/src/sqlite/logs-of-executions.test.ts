import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { entry } from "../conformance/logs.ts";
import { withExecution } from "../conformance/samples.ts";
import { DATABASE_FILE, openSqliteStore } from "./open-sqlite-store.ts";

describe("the log of an execution", () => {
  it("goes with it when it is deleted, and that of others stays", async () => {
    const directory = mkdtempSync(join(tmpdir(), "transship-logs-"));
    try {
      {
        await using store = await openSqliteStore({ directory });
        await withExecution(store, "e1", "r");
        await withExecution(store, "e2", "s");
        await store.logs.append({ entries: [entry("one"), entry("two", { executionId: "e2" })], cursors: [] });
      }
      const sqlite = new Sqlite(join(directory, DATABASE_FILE));
      sqlite.pragma("foreign_keys = ON");
      sqlite.prepare("delete from executions where id = 'e1'").run();
      const left = (table: string) => sqlite.prepare(`select execution_id from ${table}`).pluck().all();
      expect([left("log_lines"), left("execution_logs")]).toEqual([["e2"], ["e2"]]);
      sqlite.close();
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
