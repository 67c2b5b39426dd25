import { TransshipError } from "@transship/errors";
import type { Call, RegistryClient } from "./client.ts";
import { bareMediaType } from "./media-types.ts";
import type { CallOptions } from "./repository.ts";

/**
 * Asks for the API's root (OCI distribution-spec 1.1, end-1). An anonymous client that is told to log in has found a registry, so only a credential
 * that was given and refused is an error. Throws `UNAUTHORIZED`, `RESPONSE_MALFORMED` when something else than a registry answers.
 */
export async function ping(client: RegistryClient, anonymous: boolean, options: CallOptions = {}): Promise<void> {
  const call: Call = {
    operation: "ping",
    what: `reaching the registry ${client.origin.host}`,
    method: "GET",
    url: client.url(""),
    subject: "registry",
    scopes: [],
    signal: options.signal,
  };
  try {
    const answer = await client.send(call);
    const page = bareMediaType(answer.headers.get("content-type")) === "text/html";
    if (answer.status === 200 && !page) return await answer.body.discard();
    if (answer.status !== 200 && answer.status !== 404) throw await client.refusal(call, answer);
    await answer.body.discard();
    const why = page ? `${call.url.host} answers with a web page` : `${call.url.href} does not exist there`;
    throw new TransshipError("RESPONSE_MALFORMED", { what: call.what, why: `${why}; this is no registry` });
  } catch (thrown) {
    if (anonymous && thrown instanceof TransshipError && thrown.code === "UNAUTHORIZED") return;
    throw thrown;
  }
}
