import { defineConfig } from "vitest/config";

/** Tests that leave nothing behind in their process: many files share one, which saves a start each. */
const SHARING = ["libs/{api,checkpoint,errors,model,oci,planner,store}/**/*.test.ts", "apps/control-plane/**/*.test.ts"];

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: "forks",
    // Stories start real registries and processes; more than two at once only makes them wait for each other.
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: "sharing", include: SHARING, isolate: false } },
      { extends: true, test: { name: "alone", include: ["{apps,libs,tools}/**/*.test.ts", "tests/**/*.test.ts"], exclude: SHARING } },
    ],
  },
});
