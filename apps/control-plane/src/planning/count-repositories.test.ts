import { expect, it } from "vitest";
import { RepositoryCount } from "./count-repositories.ts";

it("counts each repository once while its neighbours are listed with it", () => {
  const count = new RepositoryCount();
  for (let n = 0; n < 20_000; n++) count.add(["big", `r${n}`, `r${Math.max(0, n - 3)}`]);
  expect(count.value).toBe(20_001);
});
