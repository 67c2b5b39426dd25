import type { Call, RegistryClient } from "./client.ts";
import { followPages, PAGE_ENTRIES, stringsOf } from "./pages.ts";
import type { CallOptions } from "./repository.ts";
import { CATALOG_SCOPE } from "./scopes.ts";

/** All repositories (`_catalog`: Docker's API, reserved but not specified by OCI). Throws `UNSUPPORTED` where there is none. */
export function catalog(client: RegistryClient, options: CallOptions = {}): AsyncIterable<readonly string[]> {
  const what = `listing the repositories of ${client.origin.host}`;
  const call: Call = {
    operation: "catalog",
    what,
    method: "GET",
    url: client.url("_catalog", { n: String(PAGE_ENTRIES) }),
    subject: "registry",
    scopes: CATALOG_SCOPE,
    headers: { accept: "application/json" },
    signal: options.signal,
  };
  const open = async (page: Call) => {
    const answer = await client.send(page);
    if (answer.status === 200) return answer;
    throw await client.refusal(page, answer);
  };
  return followPages(client, call, open, (page) => stringsOf(page, "repositories", what));
}
