import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { Cascade, MOST_HOPS } from "./cascade.ts";
import type { Hints } from "./follow-hints.ts";
import type { Hint } from "./formats/hint.ts";
import { REPEAT_MS, RecentHints } from "./recent-hints.ts";
import { REFUSAL_COST, SourceRates } from "./source-rates.ts";

describe("how often a sender may call", () => {
  const burst = (rates: SourceRates, address: string, nowMs: number, cost = 1) => {
    let taken = 0;
    while (rates.take(address, nowMs, cost)) taken += 1;
    return taken;
  };

  it("is a thousand times at once, then a hundred times a second; each sender for itself", () => {
    const rates = new SourceRates();
    expect(burst(rates, "10.0.0.1", 0)).toBe(1000);
    expect(burst(rates, "10.0.0.1", 1000)).toBe(100);
    expect(burst(rates, "10.0.0.2", 1000)).toBe(1000);
    expect(burst(rates, "10.0.0.3", 0, REFUSAL_COST)).toBe(100);
  });

  it("takes an IPv6 network for one sender, and a mapped address for its IPv4 address", () => {
    const rates = new SourceRates();
    burst(rates, "2001:db8::1", 0);
    expect(rates.take("2001:db8::2:3", 0)).toBe(false);
    expect(rates.take("2001:db8:0:1::1", 0)).toBe(true);
    burst(rates, "::ffff:10.0.0.1", 0);
    expect(rates.take("10.0.0.1", 0)).toBe(false);
  });
});

describe("a hint that says the same again", () => {
  const push = (digest: string | undefined): Hint => ({ repository: "a", tag: "v1", digest, action: "push" });

  it("is one only against the newest of its tag, for a while", () => {
    const recent = new RecentHints();
    const at = (ms: number) => new Date(1_000_000 + ms);
    recent.remember("gz", push("sha256:1"), at(0));
    expect(recent.isRepeat("gz", push("sha256:1"), at(1))).toBe(true);
    expect(recent.isRepeat("sg", push("sha256:1"), at(1))).toBe(false);
    expect(recent.isRepeat("gz", { ...push("sha256:1"), action: "delete" }, at(1))).toBe(false);
    expect(recent.isRepeat("gz", push("sha256:1"), at(REPEAT_MS))).toBe(false);
    recent.remember("gz", push("sha256:2"), at(2));
    expect(recent.isRepeat("gz", push("sha256:1"), at(3))).toBe(false);
    recent.remember("gz", push(undefined), at(4));
    expect(recent.isRepeat("gz", push(undefined), at(5))).toBe(false);
  });
});

describe("a chain of cascades", () => {
  it("counts its copies, and ends after many", () => {
    const followed: Hints[] = [];
    const follower = { follow: async (hints: Hints) => void followed.push(hints) };
    const cascade = new Cascade(follower, pino({ level: "silent" }));
    const place = { instance: "sg", repository: "a", tag: "v1" };
    cascade.arrived(place, "sha256:1", 0);
    cascade.arrived(place, "sha256:1", MOST_HOPS - 1);
    cascade.arrived(place, "sha256:1", MOST_HOPS);
    expect(followed.map(({ trigger, hops }) => [trigger, hops])).toEqual([
      ["cascade", 1],
      ["cascade", MOST_HOPS],
    ]);
  });
});
