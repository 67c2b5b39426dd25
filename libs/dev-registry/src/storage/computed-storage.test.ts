import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { startDevRegistry } from "../dev-registry.ts";

const digestIn = (bytes: Uint8Array) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

it("serves a catalogue that is nowhere stored, page by page, with manifests and blobs that hold together", async () => {
  await using registry = await startDevRegistry({ computed: { repositories: 2500, tags: 12, prefix: "bench" } });
  const names: string[] = [];
  let page: string | undefined = "/v2/_catalog?n=1000";
  while (page !== undefined) {
    const answer: Response = await fetch(`${registry.url}${page}`);
    names.push(...((await answer.json()) as { repositories: string[] }).repositories);
    page = /<([^>]+)>/.exec(answer.headers.get("link") ?? "")?.[1];
  }
  expect([names.length, names[0], names.at(-1)]).toEqual([2500, "bench/r000000", "bench/r002499"]);
  expect(names).toEqual([...names].sort());
  const { tags } = (await (await fetch(`${registry.url}/v2/bench/r000007/tags/list`)).json()) as { tags: string[] };
  expect(tags).toEqual(Array.from({ length: 12 }, (_, index) => `v1.${index}.0`).sort());

  const head = await fetch(`${registry.url}/v2/bench/r000007/manifests/v1.3.0`, { method: "HEAD" });
  const digest = head.headers.get("docker-content-digest") ?? "";
  const bytes = await (await fetch(`${registry.url}/v2/bench/r000007/manifests/${digest}`)).bytes();
  expect(digestIn(bytes)).toBe(digest);
  const manifest = JSON.parse(Buffer.from(bytes).toString()) as {
    config: { digest: string; size: number };
    layers: { digest: string; size: number }[];
  };
  for (const blob of [manifest.config, ...manifest.layers]) {
    const content = await (await fetch(`${registry.url}/v2/bench/r000007/blobs/${blob.digest}`)).bytes();
    expect([digestIn(content), content.length]).toEqual([blob.digest, blob.size]);
  }
  expect((await fetch(`${registry.url}/v2/bench/r002500/tags/list`)).status).toBe(404);
  expect((await fetch(`${registry.url}/v2/bench/r000007/manifests/v2`)).status).toBe(404);
});
