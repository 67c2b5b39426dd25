import { describe, expect, it } from "vitest";
import { ReferrersApis } from "./referrers-apis.ts";

const REGISTRY = "https://source.example";
const never = new AbortController().signal;

describe("ReferrersApis", () => {
  it.each([true, false])("lets copies that begin together wait for the first answer (native: %s)", async (native) => {
    const apis = new ReferrersApis();
    expect(await apis.isMissing(REGISTRY, never)).toBe(false);
    const first = Promise.withResolvers<{ descriptors: []; native: boolean }>();
    const asked = apis.ask(REGISTRY, () => first.promise);
    const waiting = apis.isMissing(REGISTRY, never);
    first.resolve({ descriptors: [], native });
    expect(await waiting).toBe(!native);
    expect(await asked).toEqual({ descriptors: [], native });
    expect(await apis.isMissing("https://other.example", never)).toBe(false);
  });

  it("lets the next one ask where the first question failed, and does not wait once the copy is stopped", async () => {
    const apis = new ReferrersApis();
    const first = Promise.withResolvers<never>();
    const asked = apis.ask(REGISTRY, () => first.promise);
    const waiting = apis.isMissing(REGISTRY, never);
    await expect(apis.isMissing(REGISTRY, AbortSignal.abort(new Error("stopped")))).rejects.toThrow();
    first.reject(new Error("down"));
    await expect(asked).rejects.toThrow("down");
    expect(await waiting).toBe(false);
  });
});
