import { type Agreement, pairKey, type TagConflict, type TagPair } from "@transship/model";
import type { Database, Tx } from "../database.ts";
import { postEvent } from "../deliveries/post-event.ts";
import type { PairStore, TellConflicts } from "../pair-store.ts";
import { digestsText, endConflicts, IN_ONE_STATEMENT, pairOf } from "./pair-rows.ts";

/** Pairs of tags on a database. */
export function pairStore({ transact }: Database): PairStore {
  return {
    agreements: (pairs) => transact((tx) => agreements(tx, pairs)),
    inConflict: (pairs) => transact(async (tx) => new Set((await conflictsOf(tx, pairs)).keys())),
    agree: (seen, now) => transact((tx) => agree(tx, seen, now.toISOString())),
    settle: (pairs) => transact((tx) => endConflicts(tx, pairs.map(pairKey))),
    conflict: (found, rule, now, tell) => transact((tx) => conflict(tx, found, rule, now.toISOString(), tell)),
  };
}

async function agreements(tx: Tx, pairs: readonly TagPair[]): Promise<Map<string, Agreement>> {
  const found = new Map<string, Agreement>();
  for (const keys of chunks(pairs.map(pairKey))) {
    const rows = await tx.selectFrom("agreements").selectAll().where("pair", "in", keys).execute();
    for (const { pair, digest, at } of rows) found.set(pair, { digest, at });
  }
  return found;
}

async function conflictsOf(tx: Tx, pairs: readonly TagPair[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const keys of chunks(pairs.map(pairKey))) {
    const rows = await tx.selectFrom("conflicts").select(["pair", "digests"]).where("pair", "in", keys).execute();
    for (const { pair, digests } of rows) found.set(pair, digests);
  }
  return found;
}

async function agree(tx: Tx, seen: Parameters<PairStore["agree"]>[0], at: string): Promise<void> {
  for (const some of chunks(seen)) {
    const rows = some.map(({ pair, digest }) => ({ pair: pairKey(pair), digest, at }));
    await tx
      .insertInto("agreements")
      .values(rows)
      .onConflict((conflict) => conflict.column("pair").doUpdateSet((eb) => ({ digest: eb.ref("excluded.digest"), at })))
      .execute();
    await endConflicts(
      tx,
      rows.map(({ pair }) => pair),
    );
  }
}

async function conflict(
  tx: Tx,
  found: readonly TagConflict[],
  rule: string,
  since: string,
  tell: TellConflicts,
): Promise<readonly TagConflict[]> {
  const known = await conflictsOf(tx, found.map(pairOf));
  const fresh = found.filter((one) => known.get(pairKey(pairOf(one))) !== digestsText(one));
  for (const some of chunks(fresh)) {
    await tx
      .insertInto("conflicts")
      .values(some.map((one) => ({ pair: pairKey(pairOf(one)), digests: digestsText(one), rule, since })))
      .onConflict((row) => row.column("pair").doUpdateSet((eb) => ({ digests: eb.ref("excluded.digests"), rule, since })))
      .execute();
  }
  if (fresh.length > 0) await postEvent(tx, tell(fresh), since);
  return fresh;
}

function chunks<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / IN_ONE_STATEMENT) }, (_, index) =>
    all.slice(index * IN_ONE_STATEMENT, (index + 1) * IN_ONE_STATEMENT),
  );
}
