import { readFile, writeFile } from "node:fs/promises";
import {
  type DevRegistry,
  MEDIA_TYPES,
  seedArtifact,
  seedCosignTag,
  seedImage,
  seedReferrer,
  startDevRegistry,
} from "@transship/dev-registry";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Scratch, scratchDirectory } from "./stage/scratch.ts";
import { describe as describeTag } from "./stage/seed.ts";
import type { ExecutionDocument } from "./stage/site.ts";
import { instance, rule, topology } from "./stage/topology.ts";
import { transship } from "./stage/transship.ts";

const PLATFORMS = ["linux/amd64", "linux/arm64"];
/** Every member of the contract, with what its value must be like. */
const COUNT = expect.any(Number) as number;
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string;
const EXECUTION = {
  apiVersion: "transship/v1",
  kind: "Execution",
  metadata: { id: expect.stringMatching(/^x/) as string, rule: expect.any(String) as string, createdAt: TIME, finishedAt: TIME },
  status: {
    state: expect.stringMatching(/^(?:queued|inventory|planning|copying|succeeded|partial|failed|stopped)$/) as string,
    trigger: "manual",
    tasks: { total: COUNT, succeeded: COUNT, failed: COUNT, skipped: COUNT, cancelled: COUNT },
    unchanged: COUNT,
    bytes: { copied: COUNT, mounted: COUNT, existing: COUNT, resumed: COUNT, wasted: COUNT },
    failures: expect.any(Array) as unknown[],
  },
};
const FAILURE = {
  artifact: "team0/broken:v1",
  code: "MANIFEST_INVALID",
  side: "source",
  task: expect.any(String) as string,
  message: expect.stringMatching(/./) as string,
  hint: expect.stringMatching(/./) as string,
  attempts: 1,
};

describe("copy and sync need no server", { timeout: 60_000 }, () => {
  let scratch: Scratch;
  let source: DevRegistry;
  let target: DevRegistry;
  let index: string;
  let signatureTag: string;
  let referrer: string;
  const opened = new AsyncDisposableStack();

  beforeAll(async () => {
    scratch = opened.use(await scratchDirectory());
    [source, target] = [opened.use(await startDevRegistry()), opened.use(await startDevRegistry())];
    for (const tag of ["v1", "v2"]) await seedImage(source, { repository: "team0/app", tag, layers: [{ size: 50_000, seed: tag }] });
    const layers = [{ size: 20_000, seed: "multi" }];
    const multi = await seedImage(source, { repository: "team0/app", tag: "multi", platforms: PLATFORMS, layers });
    const subject = {
      mediaType: MEDIA_TYPES.index,
      digest: multi.digest,
      size: (await describeTag(source.url, "team0/app", "multi")).size,
    };
    index = multi.digest;
    signatureTag = (await seedCosignTag(source, "team0/app", multi.digest)).tag;
    const sbom = { repository: "team0/app", subject, artifactType: "application/spdx+json", layers: [{ size: 500, seed: "sbom" }] };
    referrer = (await seedReferrer(source, sbom)).digest;
  });
  afterAll(() => opened.disposeAsync());

  /** Runs the CLI with state of its own. */
  const run = (...args: string[]) =>
    transship(args, {
      env: { XDG_STATE_HOME: scratch.path("state"), XDG_CONFIG_HOME: scratch.path("config"), HOME: scratch.path("home") },
    });

  const runJson = async (...args: string[]) => {
    const { code, stdout, stderr } = await run(...args, "-o", "json");
    if (stdout === "") throw new Error(`transship ${args.join(" ")} ended with ${code}\n${stderr}`);
    const execution = JSON.parse(stdout) as ExecutionDocument;
    expect(execution).toMatchObject(EXECUTION);
    return { code, ...execution.status };
  };

  /** Every tag, platform and referrer of the source is at the other place, with its digest. */
  const expectSame = async (registry: DevRegistry, repository: string) => {
    for (const tag of ["v1", "v2", "multi", signatureTag]) {
      const wanted = await describeTag(source.url, "team0/app", tag);
      expect(await describeTag(registry.url, repository, tag)).toEqual(wanted);
    }
    const answer = await fetch(`${source.url}/v2/team0/app/manifests/${index}`);
    const { manifests } = (await answer.json()) as { manifests: { digest: string }[] };
    expect(manifests).toHaveLength(PLATFORMS.length);
    for (const { digest } of [...manifests, { digest: referrer }])
      expect((await describeTag(registry.url, repository, digest)).digest).toBe(digest);
    const referrers = (await (await fetch(`${registry.url}/v2/${repository}/referrers/${index}`)).json()) as { manifests: object[] };
    expect(referrers.manifests).toContainEqual(expect.objectContaining({ digest: referrer, artifactType: "application/spdx+json" }));
  };

  it("all tags from a registry to a registry, and nothing the second time", async () => {
    const names = [`${source.host}/team0/app`, `${target.host}/copied/app`] as const;
    const first = await runJson("copy", ...names);
    expect(first).toMatchObject({ code: 0, state: "succeeded", tasks: { failed: 0 }, failures: [] });
    expect(first.bytes.copied).toBeGreaterThan(100_000);
    await expectSame(target, "copied/app");

    const second = await runJson("copy", ...names);
    expect(second).toMatchObject({ code: 0, state: "succeeded", tasks: { total: 0 }, bytes: { copied: 0 } });
    expect(second.unchanged).toBeGreaterThanOrEqual(3);
  });

  it("through an OCI layout on disk to another registry, with the same digests", async () => {
    await using other = await startDevRegistry();
    const layout = `oci:${scratch.path("layout")}`;
    expect(await runJson("copy", `${source.host}/team0/app`, layout)).toMatchObject({ code: 0, state: "succeeded" });
    expect(JSON.parse(await readFile(scratch.path("layout", "oci-layout"), "utf8"))).toEqual({ imageLayoutVersion: "1.0.0" });
    expect(await runJson("copy", layout, `${other.host}/back/app`)).toMatchObject({ code: 0, state: "succeeded" });
    await expectSame(other, "back/app");
    expect(await runJson("copy", `${source.host}/team0/app`, layout)).toMatchObject({ code: 0, tasks: { total: 0 }, bytes: { copied: 0 } });
  });

  it("by a Transship file", async () => {
    const file = scratch.path("sync.yaml");
    const selected = { instance: "a", namespace: "team0", repository: "app", tag: "v.*" };
    const documents = [instance("a", source.url, "east"), instance("b", target.url, "west")];
    await writeFile(file, topology(...documents, rule("mirror", selected, [{ instance: "b", namespace: "synced" }])));
    expect(await runJson("sync", "-f", file)).toMatchObject({ code: 0, state: "succeeded", tasks: { total: 2, succeeded: 2 } });
    for (const tag of ["v1", "v2"])
      expect(await describeTag(target.url, "synced/app", tag)).toEqual(await describeTag(source.url, "team0/app", tag));
    expect(await runJson("sync", "-f", file)).toMatchObject({ code: 0, tasks: { total: 0 }, unchanged: 2, bytes: { copied: 0 } });
  });

  it("by a regsync file as it is", async () => {
    const file = scratch.path("regsync.yml");
    const creds = [source, target].map(({ host }) => `  - {registry: "${host}", tls: disabled}\n`).join("");
    const entry = `{source: "${source.host}/team0/app", target: "${target.host}/regsync/app", type: repository, tags: {allow: ["v1", "multi"]}}`;
    await writeFile(file, `version: 1\ncreds:\n${creds}sync:\n  - ${entry}\n`);
    expect(await runJson("sync", "-f", file)).toMatchObject({ code: 0, state: "succeeded", tasks: { succeeded: 2 } });
    for (const tag of ["v1", "multi"])
      expect(await describeTag(target.url, "regsync/app", tag)).toEqual(await describeTag(source.url, "team0/app", tag));
    await expect(describeTag(target.url, "regsync/app", "v2")).rejects.toThrow("404");
    expect(await runJson("sync", "-f", file)).toMatchObject({ code: 0, tasks: { total: 0 }, bytes: { copied: 0 } });
  });

  it("says by its exit code and in the document what became of it", async () => {
    const missing = await run("copy", `${source.host}/team0/app:nope`, `${target.host}/x/app`);
    expect(missing).toMatchObject({ code: 3, stderr: expect.stringContaining("MANIFEST_UNKNOWN") as string });
    expect((await run("copy", `127.0.0.1:1/team0/app:v1`, `oci:${scratch.path("never")}`)).code).toBe(6);
    expect((await run("copy", `${source.host}/UPPER:v1`, "oci:x")).code).toBe(2);
    expect((await run("sync", "-f", scratch.path("no-such-file"))).code).toBe(2);

    await seedImage(source, { repository: "team0/broken", tag: "v2", layers: [{ size: 1000, seed: "fine" }] });
    const manifest = { mediaType: MEDIA_TYPES.manifest, manifest: { schemaVersion: 2 } };
    await seedArtifact(source, { repository: "team0/broken", tag: "v1", ...manifest });
    const partial = await runJson("copy", `${source.host}/team0/broken`, `${target.host}/x/broken`);
    expect(partial).toMatchObject({ code: 7, state: "partial", tasks: { total: 2, succeeded: 1, failed: 1 }, failures: [FAILURE] });
  });
});
