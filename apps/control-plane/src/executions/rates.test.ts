import { expect, it } from "vitest";
import { Rates } from "./rates.ts";

const at = (ms: number) => new Date(1_000_000 + ms);

it("tells what moved lately by the second, and nothing once it stands still", () => {
  const rates = new Rates();
  rates.add("x", 999, at(0));
  for (let second = 1; second <= 10; second++) rates.add("x", 500, at(second * 1000));
  expect(rates.of("x", at(10_000))).toBe(500);
  expect(rates.of("x", at(20_000))).toBe(250);
  expect(rates.of("x", at(40_000))).toBe(0);
  rates.add("x", 500, at(60_000));
  expect(rates.of("x", at(60_000))).toBe(25);
});

it("says nothing before a second has passed, of another execution, and after it was forgotten", () => {
  const rates = new Rates();
  rates.add("x", 1, at(0));
  rates.add("x", 500, at(500));
  expect(rates.of("x", at(600))).toBe(0);
  expect(rates.of("y", at(600))).toBe(0);
  expect(rates.of("x", at(2_000))).toBe(250);
  rates.forget("x");
  expect(rates.of("x", at(2_000))).toBe(0);
});
