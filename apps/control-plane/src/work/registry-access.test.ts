import type { Instance } from "@transship/model";
import { expect, it } from "vitest";
import { registryAccess } from "./registry-access.ts";

const endpoint = { url: "https://gz.test", network: "public" };
const instance = (limits: Instance["spec"]["limits"]): Instance => ({
  name: "gz",
  labels: {},
  spec: { provider: "registry", region: "r", account: "default", endpoints: [endpoint], limits },
  createdAt: "",
  updatedAt: "",
});

it("carries the instance's limits to the agent; zero where there is none", () => {
  const limited = registryAccess(instance({ bytesPerSecond: 1000, connections: 4 }), endpoint);
  expect(limited).toMatchObject({ instance: "gz", limits: { bytesPerSecond: 1000, requestsPerSecond: 0, connections: 4 } });
  expect(registryAccess(instance(undefined), endpoint).limits).toBeUndefined();
});
