import { setTimeout as sleep } from "node:timers/promises";
import { asTransshipError, type ErrorCode, type TransshipError } from "@transship/errors";
import type { Logger } from "pino";
import { backoffMs } from "./backoff.ts";

const BOUNDS = { firstMs: 200, mostMs: 5_000 };

/** A session that lasted so many milliseconds was a good one; a shorter one counts as a failure, e.g. when two agents of one name push each other out. */
const GOOD_SESSION_MS = 5_000;

/** Answers after which trying again cannot help: the token, or the name, is refused. */
const FINAL_CODES: readonly ErrorCode[] = ["UNAUTHENTICATED", "NOT_ALLOWED"];
/** The same for an agent that was not welcomed: its Hello itself makes no sense to the control plane. */
const FINAL_CODES_OF_HELLO: readonly ErrorCode[] = [...FINAL_CODES, "INVALID_ARGUMENT", "VERSION_SKEW"];

/**
 * Holds one session after another until `signal` ends it. `session` calls `welcomed` when the control plane has taken the agent, and resolves or rejects when
 * its stream is over. While another process of the agent's name lives it tries on for `namePatienceMs`. @throws TransshipError where the control plane refuses this agent.
 */
export async function keepConnected(
  session: (welcomed: () => void, signal: AbortSignal) => Promise<void>,
  logger: Logger,
  signal: AbortSignal,
  namePatienceMs: number,
): Promise<void> {
  let failures = 0;
  let takenSince: number | undefined;
  while (!signal.aborted) {
    let error: TransshipError | undefined;
    let final = FINAL_CODES_OF_HELLO;
    const begun = performance.now();
    const welcomed = () => {
      final = FINAL_CODES;
      takenSince = undefined;
    };
    try {
      await session(welcomed, signal);
    } catch (thrown) {
      error = asTransshipError(thrown, "the stream to the control plane");
    }
    if (signal.aborted) return;
    if (error !== undefined && final.includes(error.code)) throw error;
    if (error?.code === "AGENT_NAME_TAKEN") {
      takenSince ??= performance.now();
      if (performance.now() - takenSince >= namePatienceMs) throw error;
    }
    if (performance.now() - begun > GOOD_SESSION_MS) failures = 0;
    const waitMs = backoffMs(failures, BOUNDS);
    failures += 1;
    logger.warn({ code: error?.code, reason: error?.message ?? "the control plane closed the stream", waitMs }, "control plane away");
    await sleep(waitMs, undefined, { signal }).catch(() => undefined);
  }
}
