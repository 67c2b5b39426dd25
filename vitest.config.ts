import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{apps,libs,tools}/**/*.test.ts", "tests/**/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: "forks",
    // Stories start real registries and processes; more than two at once only makes them wait for each other.
    maxWorkers: 2,
  },
});
