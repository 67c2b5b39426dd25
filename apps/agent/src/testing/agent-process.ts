import { type ChildProcess, spawn } from "node:child_process";

/** An agent in a process of its own, for tests that kill or stop it. */
export function agentProcess(controlPlane: string, dataDirectory: string): ChildProcess {
  const script = `
    const { startAgent } = await import(${JSON.stringify(new URL("../agent.ts", import.meta.url).href)});
    const { pino } = await import("pino");
    await startAgent({
      name: "a",
      region: "r",
      server: { address: ${JSON.stringify(controlPlane)}, insecure: true },
      dataDirectory: ${JSON.stringify(dataDirectory)},
      logger: pino({ level: "silent" }),
    });`;
  const cwd = new URL(".", import.meta.url);
  return spawn(process.execPath, ["--input-type=module", "-e", script], { cwd, stdio: ["ignore", "inherit", "inherit"] });
}
