import type { Call, RegistryClient } from "./client.ts";
import { followPages, PAGE_ENTRIES, stringsOf } from "./pages.ts";
import type { CallOptions } from "./repository.ts";
import { pullScope } from "./scopes.ts";

/** The tags of a repository, page by page (OCI distribution-spec 1.1, end-8). Throws `NAME_UNKNOWN` where the repository does not exist. */
export function tags(client: RegistryClient, name: string, options: CallOptions = {}): AsyncIterable<readonly string[]> {
  const what = `listing the tags of ${name}`;
  const call: Call = {
    operation: "tags",
    what,
    method: "GET",
    url: client.url(`${name}/tags/list`, { n: String(PAGE_ENTRIES) }),
    subject: "list",
    scopes: pullScope(name),
    headers: { accept: "application/json" },
    signal: options.signal,
  };
  const open = async (page: Call) => {
    const answer = await client.send(page);
    if (answer.status === 200) return answer;
    throw await client.refusal(page, answer);
  };
  return followPages(client, call, open, (page) => stringsOf(page, "tags", what));
}
