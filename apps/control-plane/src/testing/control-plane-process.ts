import { pino } from "pino";
import { startControlPlane } from "../control-plane.ts";

/** A control plane as a process of its own, to be killed: takes a data directory and a lease in milliseconds, prints its gRPC address as a line. */
const [directory = "", leaseMs = ""] = process.argv.slice(2);
const plane = await startControlPlane({
  store: { directory },
  grpc: { host: "127.0.0.1", port: 0 },
  insecure: true,
  leaseMs: Number(leaseMs),
  logger: pino({ level: "silent" }),
});
process.stdout.write(`${plane.grpcAddress}\n`);
