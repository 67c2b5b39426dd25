import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wire } from "@transship/api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { instanceDocument } from "../documents/instance.ts";
import { findDanglingReferences, findDuplicates } from "./check-references.ts";
import { formatIssue } from "./issue.ts";
import { parseTopology } from "./parse-topology.ts";
import { resourceMessage } from "./submit.ts";

const GOOD = `apiVersion: transship/v1
kind: Instance
metadata: {name: gz}
spec:
  region: ap-guangzhou
  endpoints:
    - {url: "https://gz.example.com"}
  credential: {username: u, passwordFrom: {env: GZ_PASSWORD}}
---
apiVersion: transship/v1
kind: Rule
metadata: {name: gz-to-sg}
spec:
  description: 广州到新加坡
  source: {instance: gz, namespace: team0, tag: "v1\\\\..*"}
  targets: [{instance: sg}]
`;

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "transship-topology-"));
});
afterAll(() => rm(directory, { recursive: true }));

const parse = (text: string, environment: Record<string, string> = { GZ_PASSWORD: "secret" }) =>
  parseTopology("t.yaml", text, { directory, environment });

describe("parseTopology", () => {
  it("reads several documents and resolves the password", async () => {
    const { resources, issues } = await parse(GOOD);
    expect(issues).toEqual([]);
    expect(resources.map(({ resource }) => `${resource.kind} ${resource.metadata.name}`)).toEqual(["Instance gz", "Rule gz-to-sg"]);
    expect(resources[0]?.resource.spec).toMatchObject({ credential: { username: "u", password: "secret" } });
  });

  it("reads documents of agents, whose spec may be absent", async () => {
    const agent = "apiVersion: transship/v1\nkind: Agent\nmetadata: {name: a1, labels: {tier: fast}}\n";
    const { resources, issues } = await parse(`${agent}---\n${agent.replace("a1", "a2")}spec: {}\n`);
    expect(issues).toEqual([]);
    expect(resources.map(resourceMessage)).toEqual(
      ["a1", "a2"].map((name) => ({ kind: { $case: "agent", value: { name, labels: { tier: "fast" } } } })),
    );
    const wrong = await parse(`${agent}spec: {region: x}\n`);
    expect(wrong.issues.map(formatIssue)).toEqual([expect.stringContaining("spec.region: unknown key `region`")]);
  });

  it("tells every mistake with line and column, and a suggestion", async () => {
    const text = GOOD.replace("region: ap-guangzhou", "regoin: ap-guangzhou")
      .replace("metadata: {name: gz-to-sg}", "metadata: {name: Gz}")
      .replace("{instance: sg}", "{instance: sg, flaten: 1}");
    const { issues } = await parse(text);
    const lines = issues.map(formatIssue).sort();
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/^t\.yaml:12:12: metadata\.name: a name has lower-case letters/);
    expect(lines[1]).toMatch(/^t\.yaml:16:28: spec\.targets\[0\]\.flaten: unknown key `flaten`/);
    expect(lines[2]).toMatch(/^t\.yaml:4:1: spec\.region: is missing/);
    expect(lines[3]).toBe("t.yaml:5:3: spec.regoin: unknown key `regoin`; did you mean `region`?");
  });

  it("points at a pattern that is none", async () => {
    const { issues } = await parse(GOOD.replace('"v1\\\\..*"', '"v1("'));
    expect(issues.map(formatIssue)).toEqual([expect.stringMatching(/^t\.yaml:15:44: spec\.source\.tag: .*v1\(/)]);
  });

  it("points at broken YAML and at keys that stand twice", async () => {
    const broken = await parse("kind: Rule\nbad: [1\nmore: 2\n");
    expect(broken.issues[0]).toMatchObject({ line: 3 });
    const twice = await parse(GOOD.replace("kind: Rule", "kind: Rule\nkind: Rule"));
    expect(twice.issues[0]).toMatchObject({ line: 12, message: expect.stringContaining("unique") });
  });

  it("refuses a password in the file, without repeating it", async () => {
    const { issues } = await parse(GOOD.replace("passwordFrom: {env: GZ_PASSWORD}", "password: hunter2"));
    const text = issues.map(formatIssue).join("\n");
    expect(text).toMatch(/^t\.yaml:8:29: spec\.credential\.password: .*passwordFrom/);
    expect(text).not.toContain("hunter2");
  });

  it("names a variable that is not set and a file that is not there", async () => {
    const unset = await parse(GOOD, {});
    expect(unset.issues.map(formatIssue)).toEqual([
      "t.yaml:8:44: spec.credential.passwordFrom.env: the environment variable GZ_PASSWORD is not set",
    ]);
    const missing = await parse(GOOD.replace('com"}', 'com", caFile: ./no.pem}'));
    expect(missing.issues.map(formatIssue)[0]).toMatch(/^t\.yaml:7:39: spec\.endpoints\[0\]\.caFile: ENOENT/);
  });

  it("reads files relative to the document", async () => {
    await writeFile(join(directory, "ca.pem"), "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
    await writeFile(join(directory, "password"), "from-file\n");
    const { resources, issues } = await parse(
      GOOD.replace('com"}', 'com", caFile: ca.pem}').replace("{env: GZ_PASSWORD}", "{file: password}"),
    );
    expect(issues).toEqual([]);
    expect(resources[0]?.resource.spec).toMatchObject({
      credential: { password: "from-file" },
      endpoints: [{ ca: expect.stringContaining("MIIB") }],
    });
  });

  it("sends no password where the document states none, so that the stored one is kept", async () => {
    const { resources } = await parse(GOOD.replace(", passwordFrom: {env: GZ_PASSWORD}", ""));
    const [message] = resources.map(resourceMessage);
    expect(message?.kind?.$case === "instance" && message.kind.value.spec?.credential).toEqual({ username: "u", password: "" });
  });

  it("carries limits to the server and back, as numbers", async () => {
    const { resources, issues } = await parse(
      GOOD.replace("spec:", "spec:\n  limits: {bytesPerSecond: 50MiB, requestsPerSecond: 0.5, connections: 16}"),
    );
    expect(issues).toEqual([]);
    const [message] = resources.map(resourceMessage);
    const sent = message?.kind?.$case === "instance" ? message.kind.value : undefined;
    const resource = wire.InstanceResource.decode(wire.InstanceResource.encode(sent as wire.InstanceResource).finish());
    const { spec } = instanceDocument({ resource, createdAt: "", updatedAt: "", gates: [], reach: [] });
    expect(spec.limits).toEqual({ bytesPerSecond: 52_428_800, requestsPerSecond: 0.5, connections: 16 });
  });

  it("points at a limit that is none, and names the forms", async () => {
    const { issues } = await parse(GOOD.replace("spec:", "spec:\n  limits: {bytesPerSecond: 50Mbit}"));
    expect(issues.map(formatIssue)).toEqual([
      expect.stringMatching(/^t\.yaml:5:12: spec\.limits\.bytesPerSecond: .*50MiB, 500kB or 1GiB$/),
    ]);
  });

  it("does not expand a bomb of aliases", async () => {
    const bomb = `a: &a [1]\nb: &b [${"*a,".repeat(50)}]\nc: &c [${"*b,".repeat(50)}]\nd: [${"*c,".repeat(50)}]\n`;
    expect((await parse(bomb)).issues[0]?.message).toMatch(/alias/i);
  });

  it("skips empty documents", async () => {
    expect(await parse("---\n---\n# nothing\n")).toEqual({ resources: [], issues: [] });
  });
});

describe("references", () => {
  it("to nothing are told with the nearest name", async () => {
    const { resources } = await parse(GOOD);
    expect(findDanglingReferences(resources, ["sgp"]).map(formatIssue)).toEqual([
      "t.yaml:16:14: spec.targets[0].instance: there is no instance sg; did you mean sgp?",
    ]);
    expect(findDanglingReferences(resources, ["sg"])).toEqual([]);
  });

  it("to a name that stands twice are told", async () => {
    const { resources } = await parse(`${GOOD}---\n${GOOD}`);
    expect(findDuplicates(resources).map((issue) => issue.message)).toEqual([
      "Instance gz is described twice",
      "Rule gz-to-sg is described twice",
    ]);
  });
});
