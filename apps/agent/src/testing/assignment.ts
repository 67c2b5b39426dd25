import { wire } from "@transship/api";

/** An assignment of task `taskId`; nothing listens at its endpoints. */
export function assignment(
  taskId: string,
  more: Partial<wire.Assignment> = {},
  epoch = 1,
): { $case: "assignment"; value: wire.Assignment } {
  const access = (instance: string) => ({
    instance,
    endpoint: { url: "http://127.0.0.1:9", network: "public", address: "", ca: "" },
  });
  const value: wire.Assignment = {
    lease: { taskId, epoch },
    leaseMs: 60_000,
    source: { instance: "a", repository: "team/app", tag: taskId },
    sourceAccess: access("a"),
    target: { instance: "b", repository: "mirror/app", tag: taskId },
    targetAccess: access("b"),
    digest: `sha256:${"0".repeat(64)}`,
    overwrite: wire.Overwrite.ALWAYS,
    attempt: 1,
    bytesSoFar: undefined,
    siblings: [],
    holdings: [],
    executionId: "x1",
    rule: "r1",
    operation: wire.TaskOperation.COPY,
    expected: "",
    platforms: [],
    refill: false,
    alsoGone: [],
    sourceGone: false,
    ...more,
  };
  return { $case: "assignment", value };
}
