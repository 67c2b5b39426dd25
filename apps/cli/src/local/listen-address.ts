import { TransshipError } from "@transship/errors";
import type { Settings } from "../settings.ts";

/** Reads `HOST:PORT` or `[IPv6]:PORT` of a setting. @throws TransshipError `INVALID_ARGUMENT`. */
export function listenAddress(settings: Settings, name: string): { host: string; port: number } {
  const text = settings.required(name);
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host !== undefined && port <= 65_535) return { host, port };
  throw new TransshipError("INVALID_ARGUMENT", {
    what: `--${name} ${text}`,
    why: "is not HOST:PORT",
    hint: "Write it like 127.0.0.1:7401; port 0 takes a free one.",
  });
}
