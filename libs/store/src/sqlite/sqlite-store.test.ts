import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { storeConformance } from "../conformance/store-conformance.ts";
import type { Store } from "../store.ts";
import { openSqliteStore } from "./open-sqlite-store.ts";

storeConformance("sqlite in memory", () => openSqliteStore({ memory: true }));
storeConformance("sqlite in a directory", openInFreshDirectory);

async function openInFreshDirectory(): Promise<Store> {
  const directory = mkdtempSync(join(tmpdir(), "transship-store-"));
  const store = await openSqliteStore({ directory });
  return {
    ...store,
    [Symbol.asyncDispose]: async () => {
      await store[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true });
    },
  };
}
