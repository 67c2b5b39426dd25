import { writeFile } from "node:fs/promises";
import { type DevRegistry, seedChart, seedCosignTag, seedImage, startDevRegistry } from "@transship/dev-registry";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSite, type Site } from "./stage/site.ts";
import { instance, rule, topology } from "./stage/topology.ts";

const stack = new AsyncDisposableStack();
let site: Site;
let source: DevRegistry;
let targets: DevRegistry[];
let signature: string;

const TARGETS = [
  { instance: "t0", namespace: "mirror" },
  { instance: "t1", namespace: "flat", flatten: "all" },
  { instance: "t2", namespace: "by-team", repository: "{{namespace}}-{{name}}" },
];
const FILTERS = { repositories: { exclude: ["old-.*"] }, tags: { exclude: [".*-rc.*"], semver: ">=1.2", newest: 2 }, kinds: ["image"] };

beforeAll(async () => {
  site = stack.use(await openSite());
  source = stack.use(await startDevRegistry());
  targets = [];
  for (let n = 0; n < 3; n++) targets.push(stack.use(await startDevRegistry()));
  for (const repository of ["team/app", "team/web/app", "team/old-app", "other/app"]) {
    for (const tag of ["v1.1.0", "v1.2.0", "v1.9.0", "v1.10.0", "v2.0.0-rc.1", "latest"]) {
      const layers = [{ size: 3000, seed: `${repository} ${tag}` }];
      const image = await seedImage(source, { repository, tag, layers });
      if (repository === "team/app" && tag === "v1.10.0") signature = (await seedCosignTag(source, repository, image.digest)).tag;
    }
  }
  await seedChart(source, { repository: "team/app", version: "3.0.0" });
  await site.agent("a", "here");
  const places = targets.map((target, n) => instance(`t${n}`, target.url, "here"));
  await site.apply(
    topology(instance("s", source.url, "here"), ...places, rule("all", { instance: "s", namespace: "team" }, TARGETS, FILTERS)),
  );
}, 120_000);
afterAll(() => stack.disposeAsync());

const namesAt = (registry: DevRegistry | undefined) =>
  registry?.storage.catalogue.repositories().flatMap((name) => registry.storage.catalogue.tags(name)?.map((tag) => `${name}:${tag}`) ?? []);

interface Lines {
  readonly status: {
    readonly items: readonly { artifact: string; selected?: boolean; reason: string; target?: string }[];
    readonly counts: object;
  };
}

describe("a rule with filters and three targets", () => {
  it("shows what it takes and why it leaves the rest, before anything moves", async () => {
    const { status } = await site.json<Lines>("rule", "test-filter", "all", "--repository", "team/app");
    expect(status.items.map(({ artifact, selected, reason }) => [artifact, selected, reason]).sort()).toEqual(
      [
        [`team/app:${signature}`, true, ""],
        ["team/app:3.0.0", false, "other-kind"],
        ["team/app:latest", false, "not-a-version"],
        ["team/app:v1.1.0", false, "outside-range"],
        ["team/app:v1.10.0", true, ""],
        ["team/app:v1.2.0", false, "not-newest"],
        ["team/app:v1.9.0", true, ""],
        ["team/app:v2.0.0-rc.1", false, "excluded"],
      ].sort(),
    );
    const table = await site.cli("rule", "test-filter", "all");
    expect(table.stdout).toMatch(/no +team\/old-app +exclude "old-\.\*" matches old-app/);
    expect(table.stdout).toContain("5 selected in 2 repositories");
    expect(targets.map(namesAt)).toEqual([[], [], []]);
  });

  it("can be tried out from a file", async () => {
    const file = site.scratch.path("draft.yaml");
    await writeFile(file, topology(rule("draft", { instance: "s" }, [{ instance: "t0", namespace: "x" }], { tags: { newest: 1 } })));
    const { status } = await site.json<Lines>("rule", "test-filter", "draft", "-f", file);
    expect(status.counts).toMatchObject({ repositories: 4 });
    const wrong = topology(rule("draft", { instance: "s" }, [{ instance: "t0", repository: "{{repo}}" }], { tags: { semver: "newer" } }));
    await writeFile(file, wrong);
    const run = await site.cli("rule", "test-filter", "draft", "-f", file);
    expect(run.code).toBe(2);
    expect(run.stderr).toMatch(/draft\.yaml:\d+:\d+: spec\.targets\[0\]\.repository: unknown variable \{\{repo\}\}/);
    expect(run.stderr).toMatch(/draft\.yaml:\d+:\d+: spec\.tags\.semver: must be a semver range/);
  });

  it("is planned with reasons, also for what it does not take", async () => {
    const plan = await site.json<Lines>("plan", "rule", "all", "--all");
    const copies = plan.status.items.filter(({ reason }) => reason === "missing").map(({ target }) => target);
    expect(copies).toContain("t1/flat/app:v1.10.0");
    expect(copies).toContain("t2/by-team/team-app:v1.9.0");
    const collided = plan.status.items.filter(({ reason }) => reason === "collides").map(({ artifact, target }) => [artifact, target]);
    expect(collided).toContainEqual(["team/web/app:v1.9.0", "t1/flat/app:v1.9.0"]);
    expect(plan.status.items.some(({ artifact, reason }) => artifact === "team/app:latest" && reason === "not-a-version")).toBe(true);
  });

  it("puts just that at each target, and has nothing to do afterwards", async () => {
    const { execution } = await site.run("all");
    expect(execution.status).toMatchObject({ state: "succeeded", tasks: { failed: 0 } });
    const [mirror, flat, byTeam] = targets.map(namesAt);
    expect(mirror?.sort()).toEqual(
      ["mirror/app:v1.10.0", "mirror/app:v1.9.0", `mirror/app:${signature}`, "mirror/web/app:v1.10.0", "mirror/web/app:v1.9.0"].sort(),
    );
    expect(flat?.sort()).toEqual(["flat/app:v1.10.0", "flat/app:v1.9.0", `flat/app:${signature}`].sort());
    expect(byTeam?.sort()).toEqual(["by-team/team-app:v1.10.0", "by-team/team-app:v1.9.0", `by-team/team-app:${signature}`].sort());
    const again = await site.run("all");
    expect(again.execution.status).toMatchObject({ state: "succeeded", tasks: { total: 0 } });
  });
});

describe("a listing that breaks on its second page", () => {
  it.each([
    ["tags", { op: "tags-list" as const }, "listing the tags of team/app, page 2"],
    ["repositories", { op: "catalog" as const }, "listing the repositories of"],
  ])("of %s fails the execution with the page and the cause", async (_what, match, message) => {
    await using paged = await startDevRegistry({ settings: { pageSize: 2 } });
    await using empty = await startDevRegistry();
    for (const repository of ["team/app", "team/b", "team/c"]) {
      for (const tag of ["v1", "v2", "v3", "v4", "v5"]) await seedImage(paged, { repository, tag, layers: [{ size: 100, seed: tag }] });
    }
    const fault = paged.faults.add({ action: { kind: "status", status: 403 }, match, after: 1, times: 99 });
    const source = { instance: "paged", ...(match.op === "tags-list" ? { namespace: "team", repository: "app" } : {}) };
    const places = [instance("paged", paged.url, "here"), instance("empty", empty.url, "here")];
    await site.apply(topology(...places, rule("breaks", source, [{ instance: "empty", namespace: "m" }])));
    const { code, execution, stderr } = await site.run("breaks");
    expect([code, execution.status.state, fault.fired > 0]).toEqual([1, "failed", true]);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/, page 2: .*403.*\(source\).*DENIED/);
  });
});
