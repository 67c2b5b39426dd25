import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { RealRegistry } from "../registries/real-registry.ts";
import { describe as describeTag, noise, pushImage } from "./stage/seed.ts";
import { openSite, REAL_KINDS, type Site } from "./stage/site.ts";
import { instance, rule, topology } from "./stage/topology.ts";

const SECRET = "Bearer a-secret-of-the-story";
const TAGS = ["v1", "v2", "v3"];

describe.skipIf(REAL_KINDS.length === 0)("what replicas lack", { timeout: 240_000 }, () => {
  it("is found by digest without copying, keeps its moment, and is traced to who did it", async () => {
    await using site = await openSite();
    const { gz, sh, bj } = await plant(site);
    for (const tag of TAGS) await pushImage(gz.url, "team/app", tag, [noise(tag, 50_000)]);
    await untilInStep(site);

    // In step: one look-up a tag and side, no manifest read.
    const before = counts([gz, sh, bj]);
    const whole = await drift(site, "cn");
    expect([whole.code, whole.document.status.state]).toEqual([0, "in-step"]);
    expect(whole.document.status.replicas.map(({ replica, counts: found }) => [replica, found])).toEqual([
      ["sh", { equal: 3, missing: 0, different: 0, extra: 0 }],
      ["bj", { equal: 3, missing: 0, different: 0, extra: 0 }],
    ]);
    const after = counts([gz, sh, bj]);
    expect(after.map(({ heads }, index) => heads - (before[index]?.heads ?? 0))).toEqual([3, 3, 3]);
    expect(after.map(({ gets }) => gets)).toEqual(before.map(({ gets }) => gets));

    // Behind our back: a tag deleted at sh, another digest and a stranger at bj.
    const { digest: v2 } = await describeTag(gz.url, "team/app", "v2");
    expect((await fetch(`${sh.url}/v2/team/app/manifests/${v2}`, { method: "DELETE" })).status).toBe(202);
    await pushImage(bj.url, "team/app", "v1", [noise("wrong", 10_000)]);
    await pushImage(bj.url, "own/tool", "v1", [noise("stranger", 10_000)]);
    const found = await drift(site, "cn");
    expect([found.code, found.document.status.state]).toEqual([8, "drifted"]);
    expect(found.lines).toEqual([
      ["sh", "missing", "team/app:v2", "cn:sh", "removed"],
      ["bj", "different", "team/app:v1", "cn:bj", "replaced"],
      ["bj", "extra", "own/tool:v1", "cn:bj", "stranger"],
    ]);
    expect(found.items[0]?.explanation).toMatch(/^it was brought at .* by task x\S+ of agent a, and somebody deleted the tag since$/);

    // The second look tells the same moments.
    await sleep(1_100);
    const again = await drift(site, "cn");
    expect(again.code).toBe(8);
    expect(again.items).toEqual(found.items);
    const remembered = counts([gz, sh, bj]);
    expect((await drift(site, "cn", "--max-age", "1h")).items).toEqual(found.items);
    expect(counts([gz, sh, bj])).toEqual(remembered);
    const table = await site.cli("drift", "cn");
    expect(table.stdout).toMatch(/^bj +different +team\/app:v1 .* somebody put sha256:\w{64} there since$/m);
    expect(table.stdout).toMatch(/^cn +gz +bj +drifted +0 +1 +1 +2 /m);

    // Traced from wherever it is asked for.
    const gone = await trace(site, "team/app:v2");
    expect(gone.code).toBe(8);
    expect(gone.lines).toEqual([
      ["gz", "here", undefined],
      ["sh", "missing", undefined],
      ["bj", "here", "cn:bj"],
    ]);
    expect(gone.legs[0]).toMatchObject({ rule: "cn:sh", state: "missing", reason: "removed" });
    const wrong = await trace(site, `${new URL(bj.url).host}/team/app:v1`);
    expect(wrong.code).toBe(8);
    expect(wrong.places.map(({ state, since }) => [state, since !== undefined])).toEqual([
      ["here", false],
      ["here", true],
      ["different", false],
    ]);
    const right = await trace(site, "sh/team/app:v3");
    expect(right.code).toBe(0);
    expect(right.places[2]).toMatchObject({ rule: "cn:bj", agent: "a", from: "sh/team/app:v3", task: expect.stringMatching(/^x/) });
    expect((await site.cli("trace", "team/app:v2")).stdout).toContain(
      "sh/team/app:v2 is missing, which cn:sh should bring from gz/team/app:v2: it was brought at",
    );

    // The tree shows it too, and a full look at each edge repairs it; what is extra nobody takes away.
    const drawn = (await site.cli("topology")).stdout;
    expect(drawn).toMatch(
      /^replication cn\ngz \(south\) +primary\n└─ sh \(east\) +in-step +drift 1 \(.*ago\)\n {3}└─ bj \(north\) +in-step +drift 2 \(.*ago\)\n/,
    );
    expect((await site.cli("replication", "run", "cn", "--wait")).code).toBe(0);
    const repaired = await drift(site, "cn");
    expect([repaired.code, repaired.lines]).toEqual([8, [["bj", "extra", "own/tool:v1", "cn:bj", "stranger"]]]);
  });

  it("is told from what cannot be known, and names the edge on the way that is the reason", async () => {
    await using site = await openSite();
    const { gz, bj, agent } = await plant(
      site,
      rule("elsewhere", { instance: "gz", namespace: "team", tag: "v9.*" }, [{ instance: "sh", namespace: "else" }]),
    );
    await pushImage(gz.url, "team/app", "v1", [noise("one", 50_000)]);
    await untilInStep(site);
    expect((await site.cli("replication", "disable", "cn")).code).toBe(0);
    await pushImage(gz.url, "team/app", "v2", [noise("two", 50_000)]);
    const behind = await drift(site);
    expect(behind.code).toBe(8);
    expect(behind.lines).toEqual([
      ["sh", "missing", "team/app:v2", "cn:sh", "disabled"],
      ["bj", "missing", "team/app:v2", "cn:sh", "disabled"],
    ]);
    expect(behind.items[1]?.explanation).toBe("sh does not have it either: replication cn is disabled");
    expect(behind.document.status.replicas[0]?.behindSince).toBe(behind.items[0]?.since);
    const held = await trace(site, "gz/team/app:v2");
    expect(held.code).toBe(0);
    expect(held.legs.map(({ rule: by, state, reason }) => [by, state, reason])).toEqual([
      ["elsewhere", "not-selected", "tag-pattern"],
      ["cn:sh", "disabled", "disabled"],
      ["cn:bj", "disabled", "disabled"],
    ]);
    const nowhere = await site.cli("trace", "team/none:v1");
    expect([nowhere.code, nowhere.stderr]).toEqual([3, expect.stringContaining("NOT_FOUND")]);

    // A registry that is down is no replica without drift.
    await bj.kill("SIGKILL");
    const blind = await drift(site, "cn");
    expect([blind.code, blind.document.status.state]).toEqual([6, "unknown"]);
    const [atSh, atBj] = blind.document.status.replicas;
    expect([atSh?.state, atSh?.counts?.missing]).toEqual(["drifted", 1]);
    expect([atBj?.state, atBj?.counts, atBj?.failure?.side]).toEqual(["unknown", undefined, "target"]);
    const unreached = await trace(site, "gz/team/app:v1");
    expect([unreached.code, unreached.lines[2]]).toEqual([6, ["bj", "unreachable", undefined]]);

    // Nor is anything known without an agent that could look.
    await agent.end("SIGKILL");
    await expect
      .poll(async () => (await drift(site, "cn")).document.status.replicas.map(({ failure }) => failure?.code))
      .toEqual(["NO_ROUTE", "NO_ROUTE"]);
    expect((await drift(site, "cn")).code).toBe(6);
    expect((await drift(site, "cn", "--max-age", "1h")).lines.slice(0, 1)).toEqual([["sh", "missing", "team/app:v2", "cn:sh", "disabled"]]);
  });
});

interface DriftItem {
  readonly kind: string;
  readonly artifact: string;
  readonly edge: string;
  readonly reason: string;
  readonly since: string;
  readonly explanation: string;
}

interface DriftDocument {
  readonly status: {
    readonly state: string;
    readonly replicas: readonly {
      readonly replica: string;
      readonly state: string;
      readonly counts?: { readonly equal: number; readonly missing: number; readonly different: number; readonly extra: number };
      readonly behindSince?: string;
      readonly failure?: { readonly code: string; readonly side: string };
      readonly items: readonly DriftItem[];
    }[];
  };
}

interface TraceDocument {
  readonly status: {
    readonly places: readonly { readonly instance: string; readonly state: string; readonly rule?: string; readonly since?: string }[];
    readonly legs: readonly { readonly rule: string; readonly state: string; readonly reason?: string }[];
  };
}

/** A primary that tells of pushes, a replica of it, a replica of that, and an agent. */
async function plant(site: Site, ...more: object[]) {
  const gz = await site.registry("gz", undefined, { secret: SECRET });
  const [sh, bj] = [await site.registry("sh"), await site.registry("bj")];
  const agent = await site.agent("a", "south");
  await writeFile(site.scratch.path("secret"), SECRET);
  const edges = [
    { from: "gz", to: "sh" },
    { from: "sh", to: "bj" },
  ];
  await site.apply(
    topology(
      instance("gz", gz.url, "south", { webhook: { secretFrom: { file: site.scratch.path("secret") } } }),
      instance("sh", sh.url, "east"),
      instance("bj", bj.url, "north"),
      { apiVersion: "transship/v1", kind: "Replication", metadata: { name: "cn" }, spec: { primary: "gz", edges } },
      ...more,
    ),
  );
  return { gz, sh, bj, agent };
}

async function untilInStep(site: Site): Promise<void> {
  const document = { status: { edges: [] as { state: string }[] } };
  for (const end = performance.now() + 60_000; performance.now() < end; await sleep(200)) {
    Object.assign(document, await site.json("replication", "get", "cn"));
    if (document.status.edges.every(({ state }) => state === "in-step") && (await drift(site, "cn")).code === 0) return;
  }
  throw new Error(`not in step within a minute: ${JSON.stringify(document.status)}`);
}

async function drift(site: Site, ...args: string[]) {
  const { code, stdout, stderr } = await site.cli("drift", ...args, "-o", "json");
  if (stdout === "") throw new Error(`drift ended with ${code}\n${stderr}`);
  const document = JSON.parse(stdout) as DriftDocument;
  const { replicas } = document.status;
  const lines = replicas.flatMap(({ replica, items }) => items.map((item) => [replica, item.kind, item.artifact, item.edge, item.reason]));
  return { code, document, lines, items: replicas.flatMap(({ items }) => items) };
}

async function trace(site: Site, image: string) {
  const { code, stdout, stderr } = await site.cli("trace", image, "-o", "json");
  if (stdout === "") throw new Error(`trace ended with ${code}\n${stderr}`);
  const { places, legs } = (JSON.parse(stdout) as TraceDocument).status;
  return { code, places, legs, lines: places.map((place) => [place.instance, place.state, place.rule]) };
}

/** Manifests that were asked for at each registry so far. */
function counts(registries: readonly RealRegistry[]) {
  return registries.map(({ accessLog }) => ({
    heads: accessLog.requests("HEAD", /\/manifests\//),
    gets: accessLog.requests("GET", /\/manifests\//),
  }));
}
