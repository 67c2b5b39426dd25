import { TransshipError } from "@transship/errors";
import { type DevRegistry, startDevRegistry } from "./dev-registry.ts";
import { parseFault } from "./faults/parse-fault.ts";

/** The flags of `transship dev-registry`, as typed. */
export interface DevRegistryFlags {
  /** `HOST:PORT`, `[IPv6]:PORT` or `:PORT` (loopback). */
  readonly listen: string;
  readonly dir?: string | undefined;
  /** Each as `parseFault` reads it. */
  readonly fault?: readonly string[] | undefined;
}

/** Starts the registry that the flags describe. Throws `INVALID_ARGUMENT` for a flag that cannot be read, else as `startDevRegistry`. */
export async function runDevRegistry({ listen, dir, fault = [] }: DevRegistryFlags): Promise<DevRegistry> {
  return await startDevRegistry({
    listen: parseListen(listen),
    ...(dir === undefined ? {} : { directory: dir }),
    faults: fault.map(parseFault),
  });
}

/** Reads `HOST:PORT`. Throws `INVALID_ARGUMENT`. */
export function parseListen(text: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    throw new TransshipError("INVALID_ARGUMENT", {
      what: `reading the address "${text}"`,
      why: "it is not HOST:PORT",
      hint: "Write it as 127.0.0.1:5000; port 0 takes a free one.",
    });
  }
  return { host: match[1] ?? (match[2] || "127.0.0.1"), port };
}
