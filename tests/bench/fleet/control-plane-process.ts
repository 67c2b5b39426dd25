import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { addressIn, TRANSSHIP } from "../../stories/stage/transship.ts";

/** A control plane as users start it, its log in a file, as a service manager would keep it. */
export interface MeasuredPlane extends AsyncDisposable {
  readonly grpc: string;
  readonly http: string;
  /** Resident memory in KiB. */
  rss(): number;
  /** Seconds of CPU so far. */
  cpu(): number;
}

/** How often it is looked whether it is ready, and whether its memory has settled, in milliseconds. */
const LOOK_MS = 100;
const SETTLE_LOOK_MS = 5_000;
const MOST_LOOKS = 24;

/** Starts a control plane on a data directory. */
export async function startPlane(directory: string, scratch: string, signal: AbortSignal): Promise<MeasuredPlane> {
  const file = join(scratch, "control-plane.log");
  const log = openSync(file, "w");
  const addresses = ["--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0"];
  const args = ["control-plane", "start", "--data-dir", directory, "--insecure", "--log-format", "json", ...addresses];
  const child = spawn(TRANSSHIP, args, { stdio: ["ignore", "ignore", log] });
  closeSync(log);
  const exited = new Promise<void>((done) => child.on("exit", () => done()));
  let ready: string | undefined;
  while (ready === undefined) {
    await sleep(LOOK_MS, undefined, { signal });
    ready = /^ready .*$/m.exec(readFileSync(file, "utf8"))?.[0];
    if (child.exitCode !== null) throw new Error(`the control plane ended\n${readFileSync(file, "utf8")}`);
  }
  return {
    grpc: addressIn(ready, "grpc"),
    http: addressIn(ready, "http"),
    rss: () => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]),
    cpu: () => cpuOf(child.pid ?? -1),
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM");
      await exited;
    },
  };
}

/** Resident memory in KiB once it is the same for a while: no more than 1 % less or more than five seconds before, twice. */
export async function settledRss(plane: MeasuredPlane, signal: AbortSignal): Promise<number> {
  let before = plane.rss();
  let same = 0;
  for (let look = 0; look < MOST_LOOKS && same < 2; look++) {
    await sleep(SETTLE_LOOK_MS, undefined, { signal });
    const now = plane.rss();
    same = Math.abs(now - before) <= before / 100 ? same + 1 : 0;
    before = now;
  }
  return before;
}

/** Ticks of `/proc/<pid>/stat` in a second: fixed at 100 on Linux for every architecture that Node runs on. */
const TICKS = 100;

function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}
