import { describe, expect, it } from "vitest";
import { consentFault } from "./consent.ts";
import { edgeFaults } from "./replication-fault.ts";

const place = (name: string, more: { border?: string; account?: string; provider?: "registry" | "chartmuseum" } = {}) => ({
  name,
  spec: { border: undefined, account: "default", provider: "registry" as const, ...more },
});
const among =
  (...places: ReturnType<typeof place>[]) =>
  (name: string) =>
    places.find((one) => one.name === name);
const spec = { primary: "gz", edges: [{ from: "gz", to: "sg" }], enabled: true };

describe("edgeFaults", () => {
  it("lets edges inside one border pass, stated or not", () => {
    expect(edgeFaults(spec, among(place("gz", { border: "cn" }), place("sg", { border: "cn" })))).toEqual([]);
    expect(edgeFaults(spec, among(place("gz"), place("sg")))).toEqual([]);
  });

  it("refuses an edge across a border with the rule that may do it", () => {
    const [fault] = edgeFaults(spec, among(place("gz", { border: "cn" }), place("sg", { border: "intl" })));
    expect(fault).toMatchObject({ code: "BORDER_CROSSED", path: ["edges", 0] });
    expect(fault?.message).toContain("targets: [{instance: sg}], triggers: {events: true}");
  });

  it("refuses an edge where one side says no border: nobody knows whether it crosses one", () => {
    expect(edgeFaults(spec, among(place("gz", { border: "cn" }), place("sg")))[0]?.message).toMatch(
      /^gz is inside border cn and sg says no border/,
    );
  });

  it("refuses chart repositories, and knows nothing of instances that are not known", () => {
    expect(edgeFaults(spec, among(place("gz", { provider: "chartmuseum" }), place("sg")))[0]?.code).toBe("INVALID_ARGUMENT");
    expect(edgeFaults(spec, among(place("gz", { border: "cn" })))).toEqual([]);
  });

  it("asks for the consent of the account that is copied to", () => {
    const instances = among(place("gz", { account: "acme" }), place("sg", { account: "globex" }));
    expect(edgeFaults(spec, instances)[0]?.code).toBe("CONSENT_MISSING");
    expect(edgeFaults({ ...spec, consent: [{ account: "acme", by: "me" }] }, instances)[0]?.code).toBe("CONSENT_MISSING");
    expect(edgeFaults({ ...spec, consent: [{ account: "globex", by: "jane" }] }, instances)).toEqual([]);
  });
});

describe("consentFault", () => {
  it("names the account and what to write", () => {
    const why = consentFault(undefined, place("gz", { account: "acme" }), place("sg", { account: "globex" }));
    expect(why).toContain('spec.consent: [{account: globex, by: "who agreed"}]');
    expect(consentFault(undefined, place("gz"), place("sg"))).toBeUndefined();
  });
});
