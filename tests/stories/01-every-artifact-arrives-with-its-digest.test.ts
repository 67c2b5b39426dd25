import { execFileSync } from "node:child_process";
import { homedir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { describe as describeTag, noise, pushImage, pushIndex, pushReferrer, putManifest } from "./stage/seed.ts";
import { openSite, REAL_KINDS } from "./stage/site.ts";
import { instance, rule, topology } from "./stage/topology.ts";

/** A second opinion where it is installed: what another tool reads at both ends. */
function digestBy(tool: "crane" | "regctl", reference: string): string | undefined {
  const host = reference.slice(0, reference.indexOf("/"));
  const args =
    tool === "crane" ? ["digest", "--insecure", reference] : ["--host", `reg=${host},tls=disabled`, "manifest", "head", reference];
  const env = { ...process.env, PATH: `${process.env.PATH}:${join(homedir(), "go", "bin")}` };
  try {
    return execFileSync(tool, args, { encoding: "utf8", env, stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

describe.skipIf(REAL_KINDS.length === 0)("every artifact arrives with its digest", { timeout: 180_000 }, () => {
  it("between two real registries, with two agents: tags, indexes, platforms, referrers, signatures", async () => {
    await using site = await openSite();
    const source = await site.registry("source", REAL_KINDS[0]);
    const target = await site.registry("target", REAL_KINDS.at(-1));
    for (const tag of ["v1", "v2"]) await pushImage(source.url, "team0/app1", tag, [noise("base", 3_000_000), noise(tag, 12_000_000)]);
    await pushImage(source.url, "team0/deep/er/app2", "latest", [noise("base", 3_000_000)]);
    await pushImage(source.url, "other/app", "v1", [noise("other", 1000)]);
    const index = await pushIndex(source.url, "team0/multi", "v1", ["linux/amd64", "linux/arm64"]);
    const sbom = await pushReferrer(source.url, "team0/multi", index);
    const manifest = {
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: await configOf(source.url),
      layers: [],
      annotations: { signed: "yes" },
    };
    const signature = await putManifest(source.url, "team0/multi", `${index.digest.replace(":", "-")}.sig`, manifest.mediaType, manifest);
    await site.agent("agent-gz", "ap-guangzhou");
    await site.agent("agent-sg", "ap-singapore");
    await site.apply(
      topology(
        instance("gz", source.url, "ap-guangzhou"),
        instance("sg", target.url, "ap-singapore"),
        rule("gz-to-sg", { instance: "gz", namespace: "team0" }, [{ instance: "sg", namespace: "mirror" }], {
          description: "广州到新加坡",
        }),
      ),
    );

    const { code, execution } = await site.run("gz-to-sg");

    expect(execution.status.state).toBe("succeeded");
    expect(code).toBe(0);
    const pairs = [
      ["team0/app1", "mirror/app1", "v1"],
      ["team0/app1", "mirror/app1", "v2"],
      ["team0/deep/er/app2", "mirror/deep/er/app2", "latest"],
      ["team0/multi", "mirror/multi", "v1"],
      ["team0/multi", "mirror/multi", "tmp-arm64"],
    ] as const;
    for (const [from, to, tag] of pairs) {
      const digest = (await describeTag(source.url, from, tag)).digest;
      expect((await describeTag(target.url, to, tag)).digest).toBe(digest);
      for (const tool of ["crane", "regctl"] as const) expect(digestBy(tool, `${target.host}/${to}:${tag}`) ?? digest).toBe(digest);
    }
    expect((await describeTag(target.url, "mirror/multi", sbom)).digest).toBe(sbom);
    expect((await describeTag(target.url, "mirror/multi", `${index.digest.replace(":", "-")}.sig`)).digest).toBe(signature.digest);
    expect((await describeTag(target.url, "mirror/multi", index.digest.replace(":", "-"))).digest).toBe(
      (await describeTag(source.url, "team0/multi", index.digest.replace(":", "-"))).digest,
    );
    await expect(describeTag(target.url, "mirror/app", "v1")).rejects.toThrow("404");

    const tasks = await site.json<{ items: { status: { agent: string; placement: string } }[] }>("task", "list");
    expect(new Set(tasks.items.map((task) => task.status.agent))).toEqual(new Set(["agent-sg"]));

    source.accessLog.reset();
    const second = await site.run("gz-to-sg");
    expect(second.execution.status).toMatchObject({ state: "succeeded", tasks: { total: 0 }, bytes: { copied: 0 } });
    expect(second.execution.status.unchanged).toBeGreaterThanOrEqual(pairs.length);
    expect(source.accessLog.requests(undefined, /\/blobs\//)).toBe(0);
    expect(source.accessLog.requests("GET", /\/manifests\//)).toBe(0);
  });
});

async function configOf(registry: string): Promise<object> {
  await pushImage(registry, "team0/multi", "tmp-sig", [noise("sig", 100)]);
  const answer = await fetch(`${registry}/v2/team0/multi/manifests/tmp-sig`, {
    headers: { accept: "application/vnd.oci.image.manifest.v1+json" },
  });
  return ((await answer.json()) as { config: object }).config;
}
