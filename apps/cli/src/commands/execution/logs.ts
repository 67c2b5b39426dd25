import { setTimeout as sleep } from "node:timers/promises";
import { logLevelToMessage, wire } from "@transship/api";
import { TransshipError } from "@transship/errors";
import { LOG_LEVELS, type LogLevel } from "@transship/model";
import type { Call } from "../../command.ts";
import { type ControlPlane, openControlPlane } from "../../connection/control-plane.ts";
import { logLineDocument } from "../../documents/log-line.ts";
import { nameOf } from "../../nouns/name-of.ts";
import { formatLogLine } from "../../output/log-line.ts";
import { writeOn } from "../../output/write-on.ts";
import { formatDuration } from "../../quantities.ts";

/** How long a control plane may be away before following gives up: it may be restarting. */
const PATIENCE_MS = 300_000;
const RETRY_MS = 1_000;

/** `execution logs ID [-f] [--task T]`: a line each, as JSON with `-o json`. */
export async function run(call: Call): Promise<void> {
  const { settings, streams, signal } = call;
  const json = settings.required("output") === "json";
  using controlPlane = await openControlPlane(call);
  for await (const line of linesOf(call, controlPlane)) {
    const document = logLineDocument(line);
    const text = json ? `${JSON.stringify(document)}\n` : formatLogLine(document, { stream: streams.out });
    if (!(await writeOn(streams.out, text, signal))) return;
  }
}

/** The lines that are asked for. A control plane that goes away while it is followed is waited for: it goes on behind the last line that was read. */
async function* linesOf({ args, settings, streams, signal }: Call, controlPlane: ControlPlane): AsyncGenerator<wire.LogLine> {
  const { executions } = controlPlane.services;
  const request: wire.StreamLogsRequest = {
    executionId: nameOf(args[0] ?? "", "execution"),
    taskId: nameOf(settings.text("task") ?? "", "task"),
    search: settings.text("search") ?? "",
    level: levelOf(settings.text("level")),
    afterSequence: 0,
    last: settings.number("tail") ?? 0,
    follow: settings.flag("follow"),
  };
  let awaySince: number | undefined;
  for (;;) {
    try {
      for await (const line of controlPlane.follow(executions.streamLogs.bind(executions), request)) {
        awaySince = undefined;
        request.afterSequence = Math.max(request.afterSequence, line.sequence);
        request.last = 0;
        yield line;
      }
      return;
    } catch (error) {
      if (!request.follow || !(error instanceof TransshipError) || error.code !== "CONTROL_PLANE_UNREACHABLE") throw error;
      if (awaySince === undefined) streams.err.write("the control plane cannot be reached; the work goes on, trying again\n");
      awaySince ??= performance.now();
      if (performance.now() - awaySince > PATIENCE_MS) throw error.with({ tried: `for ${formatDuration(PATIENCE_MS)}` });
    }
    await sleep(RETRY_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

function levelOf(text: string | undefined): wire.LogLevel {
  const level = LOG_LEVELS.find((known) => known === text) satisfies LogLevel | undefined;
  return level === undefined ? wire.LogLevel.UNSPECIFIED : logLevelToMessage(level);
}
