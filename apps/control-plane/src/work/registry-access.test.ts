import type { Instance } from "@transship/model";
import { expect, it } from "vitest";
import { registryAccess } from "./registry-access.ts";

const endpoint = { url: "https://gz.test", network: "public" };
const instance: Instance = {
  name: "gz",
  labels: {},
  spec: { provider: "registry", region: "r", account: "default", endpoints: [endpoint], limits: { connections: 9 } },
  createdAt: "",
  updatedAt: "",
};

it("carries the agent's share of the limits; zero where there is none", () => {
  const limited = registryAccess(instance, endpoint, { bytesPerSecond: 1000, connections: 4 });
  expect(limited).toMatchObject({ instance: "gz", limits: { bytesPerSecond: 1000, requestsPerSecond: 0, connections: 4 } });
  expect(registryAccess(instance, endpoint, undefined).limits).toBeUndefined();
});
