import { describe, expect, it } from "vitest";
import { formatIssue } from "../../topology/issue.ts";
import { isRegsyncFile, parseRegsync } from "./parse-regsync.ts";

const FILE = `version: 1
creds:
  - registry: registry:5000
    user: '{{env "USER_NAME"}}'
    pass: "{{ env \`USER_PASS\` }}"
    tls: disabled
    reqConcurrent: 3
defaults:
  parallel: 4
  interval: 60m
  digestTags: true
sync:
  - source: alpine
    target: registry:5000/library/alpine
    type: repository
    tags:
      allow: ["3\\\\.\\\\d+", "a|b"]
      deny: [".*-rc"]
  - {source: busybox:latest, target: "registry:5000/library/busybox:latest", type: image, schedule: "15 3 * * *"}
`;
const ENVIRONMENT = { USER_NAME: "hub", USER_PASS: "geheim" };
const parse = (text: string) => parseRegsync("r.yml", text, { directory: ".", environment: ENVIRONMENT });

describe("parseRegsync", () => {
  it("reads credentials, entries and defaults, and names what it leaves out", async () => {
    const { content, issues } = await parse(FILE);
    expect(issues).toEqual([]);
    expect(content.credentials).toEqual([{ registry: "registry:5000", plainHttp: true, user: "hub", pass: "geheim" }]);
    expect(content.entries.map(({ type, source, target }) => [type, source, target])).toEqual([
      ["repository", "alpine", "registry:5000/library/alpine"],
      ["image", "busybox:latest", "registry:5000/library/busybox:latest"],
    ]);
    expect(content.unneeded).toEqual(["defaults.parallel", "defaults.interval", "creds[0].reqConcurrent", "sync[1].schedule"]);
  });

  it("anchors each pattern as a whole", async () => {
    const { content } = await parse(FILE);
    const allow = content.entries[0]?.tags.allow ?? [];
    const taken = ["3.22", "3.22-x", "a", "b", "ax", "xb"].filter((tag) => allow.some((pattern) => pattern.matches(tag)));
    expect(taken).toEqual(["3.22", "a", "b"]);
  });

  it.each([
    ["platforms: [linux/amd64]", /r\.yml:16:5: sync\[0\]\.platforms: is not supported: images are copied whole/],
    ["backup: old-{{.Ref.Tag}}", /r\.yml:16:5: sync\[0\]\.backup: is not supported/],
    ["hooks: {post: [{type: exec}]}", /sync\[0\]\.hooks: is not supported/],
    ["targt: x", /unknown key `targt`; did you mean `target`\?/],
  ])("refuses %s with its line", async (line, message) => {
    const { issues } = await parse(FILE.replace("    tags:\n", `    ${line}\n    tags:\n`));
    expect(issues.map(formatIssue)).toEqual([expect.stringMatching(message)]);
  });

  it("refuses what would weaken TLS, other versions, other templates and variables that are not set", async () => {
    const text = FILE.replace("tls: disabled", "tls: insecure")
      .replace("version: 1", "version: 2")
      .replace("source: alpine", "source: '{{.Foo}}'")
      .replace("USER_PASS", "NO_SUCH");
    const { issues } = await parse(text);
    const messages = issues.map(formatIssue).join("\n");
    for (const words of ["regcert", "must be 1, not 2", "{{.Foo}} is not supported", "NO_SUCH is not set"])
      expect(messages).toContain(words);
  });

  it("ignores keys that are switched off", async () => {
    const { issues, content } = await parse(
      FILE.replace("  digestTags: true", "  includeExternal: false\n  hooks: {}\n  fastCheck: false"),
    );
    expect([issues, content.unneeded.includes("defaults.fastCheck")]).toEqual([[], false]);
  });

  it("tells a regsync file from a topology", () => {
    expect(isRegsyncFile(FILE)).toBe(true);
    expect(isRegsyncFile("apiVersion: transship/v1\nkind: Rule\n")).toBe(false);
  });
});
