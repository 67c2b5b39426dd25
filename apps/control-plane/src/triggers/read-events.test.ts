import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readEvents } from "./read-events.ts";

const DISTRIBUTION = "application/vnd.docker.distribution.events.v2+json";
const digest = `sha256:${"89a4".repeat(16)}`;
const read = (document: unknown, contentType = "application/json") => readEvents(Buffer.from(JSON.stringify(document)), contentType);
const push = (repository: string, tag: string) => ({ hint: { repository, tag, digest, action: "push" } });

describe("notifications of CNCF distribution", () => {
  const event = (action: string, target: object, useragent = "docker/27.0") => ({
    id: "320678d8-ca14-430f-8bb6-4ca139cd83f7",
    timestamp: "2026-01-02T03:04:05.000000000Z",
    action,
    target: { size: 708, length: 708, repository: "team/app", url: `https://reg/v2/team/app/manifests/${digest}`, digest, ...target },
    request: { id: "6df24a34", addr: "10.0.0.1:40118", host: "reg:5000", method: "PUT", useragent },
    actor: { name: "bot" },
    source: { addr: "reg:5000", instanceID: "a53db899" },
  });
  const image = { mediaType: "application/vnd.oci.image.manifest.v1+json" };

  it("tell of pushed tags; blobs, parts and pulls are noise", () => {
    const events = [
      event("push", { ...image, tag: "v1" }),
      event("push", { mediaType: "application/vnd.docker.distribution.manifest.list.v2+json", tag: "v2" }),
      event("push", { mediaType: "application/octet-stream" }),
      event("push", image),
      event("pull", { ...image, tag: "v1" }),
      event("mount", { mediaType: "application/octet-stream", fromRepository: "a" }),
    ];
    expect(read({ events }, DISTRIBUTION)).toEqual([push("team/app", "v1"), push("team/app", "v2"), "other", "other", "other", "other"]);
  });

  it("tell of deletions by tag and by digest", () => {
    const events = [event("delete", { tag: "v1", digest: undefined }), event("delete", { digest })];
    expect(read({ events }, DISTRIBUTION)).toEqual([
      { hint: { repository: "team/app", tag: "v1", digest: undefined, action: "delete" } },
      { hint: { repository: "team/app", tag: undefined, digest, action: "delete" } },
    ]);
  });

  it("are left alone where our own agents caused them, not where another tool of ours did", () => {
    const events = [event("push", { ...image, tag: "v1" }, "transship-agent/0.1.0"), event("push", { ...image, tag: "v1" }, "transship")];
    expect(read({ events }, DISTRIBUTION)).toEqual(["own", push("team/app", "v1")]);
  });

  it("are known by their content type", () => {
    expect(read({ events: [] }, `${DISTRIBUTION}; charset=utf-8`)).toEqual([]);
    expect(read({ events: [] })).toBeUndefined();
  });
});

describe("Harbor and what speaks like it", () => {
  const repository = { date_created: 1, name: "app", namespace: "proj", repo_full_name: "proj/app", repo_type: "private" };
  const resources = (...tags: string[]) => tags.map((tag) => ({ digest, tag, resource_url: `h/proj/app:${tag}` }));
  const harbor = (type: string, tags: string[]) => ({
    type,
    occur_at: 1586922308,
    operator: "admin",
    event_data: { resources: resources(...tags), repository },
  });

  it.each(["PUSH_ARTIFACT", "pushImage"])("tells of pushes as %s", (type) => {
    expect(read(harbor(type, ["1.0", "1.1"]))).toEqual([push("proj/app", "1.0"), push("proj/app", "1.1")]);
  });

  it("puts the digest into `tag` where an artifact has none", () => {
    expect(read(harbor("PUSH_ARTIFACT", [digest]))).toEqual(["other"]);
    expect(read(harbor("DELETE_ARTIFACT", [digest]))).toEqual([
      { hint: { repository: "proj/app", tag: undefined, digest, action: "delete" } },
    ]);
  });

  it("tells of much else", () => {
    for (const type of ["PULL_ARTIFACT", "SCANNING_COMPLETED", "QUOTA_EXCEED", "REPLICATION", "constructor"])
      expect(read(harbor(type, ["1.0"]))).toEqual(["other"]);
    expect(read({ type: "PUSH_ARTIFACT", event_data: {} })).toEqual(["unreadable"]);
  });

  it("speaks CloudEvents from 2.8 on", () => {
    const cloudEvent = (type: string) => ({
      specversion: "1.0",
      id: "4b2f89a6-548d-4c12-9993-a1f5790b97d2",
      source: "/projects/1/webhook/policies/3",
      type,
      datacontenttype: "application/json",
      time: "2026-04-03T06:44:37Z",
      requestid: "1",
      operator: "admin",
      data: { resources: resources("1.0"), repository },
    });
    expect(read(cloudEvent("harbor.artifact.pushed"), "application/cloudevents+json")).toEqual([push("proj/app", "1.0")]);
    expect(read(cloudEvent("harbor.artifact.pulled"), "application/cloudevents+json")).toEqual(["other"]);
    expect(read({ ...cloudEvent("harbor.artifact.pushed"), data: undefined })).toEqual(["unreadable"]);
    expect(read(cloudEvent("someone.else"))).toBeUndefined();
  });

  it("is what Tencent TCR speaks", () => {
    const document = {
      type: "pushImage",
      occur_at: 1589106605,
      event_data: {
        resources: [{ digest, tag: "v1.10.0", resource_url: "xxx.tencentcloudcr.com/public/nginx:v1.10.0" }],
        repository: { date_created: 1587119137, name: "nginx", namespace: "public", repo_full_name: "public/nginx", repo_type: "public" },
      },
      operator: "332133xxxx",
    };
    expect(read(document)).toEqual([push("public/nginx", "v1.10.0")]);
  });
});

describe("events, whatever a stranger sends", () => {
  const types = fc.constantFrom(DISTRIBUTION, "application/json", "application/cloudevents+json", "");
  const keys = fc.constantFrom(
    "events",
    "action",
    "target",
    "type",
    "event_data",
    "resources",
    "repository",
    "tag",
    "specversion",
    "data",
    "__proto__",
  );
  const values = fc.letrec((tie) => ({
    any: fc.oneof(
      fc.constantFrom("push", "delete", "PUSH_ARTIFACT", "harbor.artifact.pushed", "../etc", "A/B", "a/b", digest, "v1"),
      fc.jsonValue(),
      fc.array(tie("any"), { maxLength: 3 }),
      fc.dictionary(keys, tie("any"), { maxKeys: 5 }),
    ),
  })).any;

  it("never throw, and name only what can be a name", () => {
    fc.assert(
      fc.property(values, types, (document, contentType) => {
        for (const event of read(document, contentType) ?? []) {
          if (typeof event === "string") continue;
          expect(event.hint.repository).toMatch(/^[a-z0-9][a-z0-9._/-]*$/);
          expect(event.hint.tag ?? "v").toMatch(/^\w[\w.-]{0,127}$/);
        }
      }),
      { numRuns: 500 },
    );
    fc.assert(fc.property(fc.uint8Array(), types, (bytes, contentType) => void readEvents(bytes, contentType)));
  });
});
