import { type BlobSums, NO_BLOBS, RUNGS, sumsOf } from "@transship/model";
import type { Tx } from "../database.ts";

/** Adds the blobs of an attempt to those of its execution. An upsert that adds in place, so that two writers lose nothing. */
export async function addExecutionBlobs(tx: Tx, executionId: string, sums: BlobSums): Promise<void> {
  const rows = RUNGS.filter((rung) => sums[rung].count > 0 || sums[rung].retries > 0).map((rung) => ({
    execution_id: executionId,
    rung,
    blobs: sums[rung].count,
    bytes: sums[rung].bytes,
    retries: sums[rung].retries,
  }));
  if (rows.length === 0) return;
  await tx
    .insertInto("execution_blobs")
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(["execution_id", "rung"]).doUpdateSet(({ ref, eb }) => ({
        blobs: eb(ref("execution_blobs.blobs"), "+", ref("excluded.blobs")),
        bytes: eb(ref("execution_blobs.bytes"), "+", ref("excluded.bytes")),
        retries: eb(ref("execution_blobs.retries"), "+", ref("excluded.retries")),
      })),
    )
    .execute();
}

/** The blobs of executions; one without any is missing. At most as many ids as a statement takes parameters. */
export async function blobSumsOfExecutions(tx: Tx, ids: readonly string[]): Promise<Map<string, BlobSums>> {
  const rows = ids.length === 0 ? [] : await tx.selectFrom("execution_blobs").selectAll().where("execution_id", "in", ids).execute();
  const byExecution = Map.groupBy(rows, (row) => row.execution_id);
  const sums = new Map<string, BlobSums>();
  for (const [id, own] of byExecution) {
    const of = new Map(own.map((row) => [row.rung, { count: row.blobs, bytes: row.bytes, retries: row.retries }]));
    sums.set(
      id,
      sumsOf((rung) => of.get(rung) ?? NO_BLOBS[rung]),
    );
  }
  return sums;
}
