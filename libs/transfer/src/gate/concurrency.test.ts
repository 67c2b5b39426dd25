import { describe, expect, it } from "vitest";
import { Concurrency } from "./concurrency.ts";

describe("Concurrency", () => {
  it("grows by one for each success at first, but only when more is wanted and never above the ceiling", () => {
    const concurrency = new Concurrency(100);
    expect(concurrency.limit).toBe(64);
    concurrency.grow(false);
    expect(concurrency.limit).toBe(64);
    concurrency.grow(true);
    expect(concurrency.limit).toBe(65);
    for (let success = 0; success < 50; success++) concurrency.grow(true);
    expect(concurrency.limit).toBe(100);
  });

  it("halves once for all requests that went out together, down to two, or to a ceiling of one", () => {
    const concurrency = new Concurrency(undefined);
    for (const pass of [1, 5, 64]) concurrency.shrink(pass, 64);
    expect(concurrency.limit).toBe(32);
    for (const pass of [65, 66, 67, 68, 69]) concurrency.shrink(pass, pass);
    expect(concurrency.limit).toBe(2);
    const single = new Concurrency(1);
    single.shrink(1, 1);
    expect(single.limit).toBe(1);
  });

  it("grows slowly after a setback: one for each round", () => {
    const concurrency = new Concurrency(undefined);
    concurrency.shrink(1, 1);
    for (let success = 0; success < 32; success++) concurrency.grow(true);
    expect(concurrency.limit).toBe(32);
    for (let success = 0; success < 2; success++) concurrency.grow(true);
    expect(concurrency.limit).toBe(33);
    concurrency.restart();
    concurrency.grow(true);
    expect(concurrency.limit).toBe(34);
  });

  it("follows a ceiling that is lowered or lifted", () => {
    const concurrency = new Concurrency(undefined);
    concurrency.setCeiling(3);
    expect(concurrency.limit).toBe(3);
    concurrency.setCeiling(undefined);
    concurrency.grow(true);
    expect(concurrency.limit).toBe(4);
  });
});
