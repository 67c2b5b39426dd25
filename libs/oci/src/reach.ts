import { TransshipError } from "@transship/errors";
import type { Exchange, Method } from "./exchange.ts";
import { bareMediaType } from "./media-types.ts";
import type { CallOptions } from "./repository.ts";
import { retryAfterMs } from "./retry-after.ts";

/** A connection over which somebody finds out whether a registry is there, and how far away. Disposing closes it. */
export interface OpenReach extends AsyncDisposable {
  /**
   * Asks once, without any login, and gives the milliseconds from the request to its answer; the first question opens the connection, those after it take a round trip
   * and what the registry needs to answer. 401 and 403 are a registry's answers like 200.
   * @throws TransshipError what failed below HTTP; `TOOMANYREQUESTS`, `REGISTRY_FAILED`; `RESPONSE_MALFORMED` where something answers that is no registry.
   */
  ask(options?: CallOptions): Promise<number>;
}

/** Sends one question and judges its answer by the status alone. */
export async function timeAnswer(exchange: Exchange, method: Method, url: URL, signal: AbortSignal | undefined): Promise<number> {
  const what = `reaching the registry ${url.host}`;
  const begun = performance.now();
  const answer = await exchange.send({ operation: "reach", what, method, url, headers: {}, signal });
  const taken = performance.now() - begun;
  const { status, headers } = answer;
  await answer.body.discard();
  if (status === 429)
    throw new TransshipError("TOOMANYREQUESTS", {
      what,
      why: "the registry answered 429",
      retryAfterMs: retryAfterMs(headers, Date.now()),
    });
  if (status >= 500) throw new TransshipError("REGISTRY_FAILED", { what, why: `the registry answered ${status}` });
  const page = status === 200 && method === "GET" && bareMediaType(headers.get("content-type")) === "text/html";
  if (page || status === 404) {
    const why = page ? `${url.host} answers with a web page` : `${url.href} does not exist there`;
    throw new TransshipError("RESPONSE_MALFORMED", { what, why: `${why}; this is no registry` });
  }
  return taken;
}
