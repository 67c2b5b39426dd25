import { wire } from "@transship/api";
import type { ControlPlane } from "../connection/control-plane.ts";
import { logLineDocument } from "../documents/log-line.ts";
import { formatLogLine } from "../output/log-line.ts";

/** The last lines of a task's log as text; empty where it has none. */
export async function lastLines(controlPlane: ControlPlane, taskId: string, last: number): Promise<string> {
  const { executions } = controlPlane.services;
  const level = wire.LogLevel.UNSPECIFIED;
  const request = { executionId: "", taskId, search: "", level, afterSequence: 0, last, follow: false };
  const lines = await Array.fromAsync(controlPlane.follow(executions.streamLogs.bind(executions), request));
  return lines.map((line) => formatLogLine({ ...logLineDocument(line), task: null })).join("");
}
