import { describe, expect, it } from "vitest";
import { providerFault } from "./provider-fault.ts";
import { parseResource } from "./resource.ts";

const providers = { charts: "chartmuseum", gz: "registry", sg: "registry" } as const;
const providerOf = (name: string) => (name in providers ? providers[name as keyof typeof providers] : undefined);
const fault = (source: { instance: string; charts?: "asOci" }, ...targets: string[]) =>
  providerFault({ source, targets: targets.map((instance) => ({ instance })) }, providerOf);

describe("what a rule may do with chart repositories", () => {
  it("copies from them by the explicit word only", () => {
    expect(fault({ instance: "charts", charts: "asOci" }, "gz", "sg")).toBeUndefined();
    expect(fault({ instance: "charts" }, "gz")).toMatchObject({
      path: ["source", "charts"],
      message:
        "charts of a ChartMuseum repository have no OCI form, and charts is one; set source.charts: asOci to store them as OCI charts",
    });
  });

  it("copies nothing to them", () => {
    expect(fault({ instance: "gz" }, "sg", "charts")).toMatchObject({
      path: ["targets", 1, "instance"],
      message: expect.stringContaining("only be copied from"),
    });
  });

  it("knows the word for no other instance, and says nothing of instances that it does not know", () => {
    expect(fault({ instance: "gz" }, "sg")).toBeUndefined();
    expect(fault({ instance: "gz", charts: "asOci" }, "sg")).toMatchObject({ path: ["source", "charts"] });
    expect(fault({ instance: "other", charts: "asOci" }, "another")).toBeUndefined();
  });

  it("lets their URLs have a path, and no query", () => {
    const instance = (url: string, provider: string) =>
      parseResource({
        apiVersion: "transship/v1",
        kind: "Instance",
        metadata: { name: "a" },
        spec: { provider, region: "r", endpoints: [{ url }] },
      });
    expect(instance("https://harbor.test/chartrepo/library", "chartmuseum")).toHaveProperty("resource");
    expect(instance("https://harbor.test/chartrepo/library", "registry")).toHaveProperty("issues");
    expect(instance("https://harbor.test/?a=b", "chartmuseum")).toHaveProperty("issues");
    expect(instance("https://u:p@harbor.test/chartrepo", "chartmuseum")).toHaveProperty("issues");
  });
});
