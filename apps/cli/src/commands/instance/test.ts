import { EXIT, type ExitCode } from "@transship/errors";
import type { Call } from "../../command.ts";
import { openControlPlane } from "../../connection/control-plane.ts";
import { type FailureDocument, failureDocument } from "../../documents/failure.ts";
import { nameOf } from "../../nouns/name-of.ts";
import { printValue } from "../../output/print.ts";
import { formatTable } from "../../output/table.ts";

interface TestResult {
  readonly agent: string;
  readonly url: string;
  readonly network: string;
  readonly latencyMs: number;
  readonly failure?: FailureDocument;
}

/** Agents are asked one after the other at worst, each with its own patience. */
const TIMEOUT_MS = 150_000;

/** `instance test NAME`: what each agent that shares a network with it finds. Fails where no agent gets through. */
export async function run(call: Call): Promise<ExitCode> {
  const name = nameOf(call.args[0] ?? "", "instance");
  using controlPlane = await openControlPlane(call);
  const { instances } = controlPlane.services;
  const answer = await controlPlane.ask(instances.testInstance.bind(instances), { name }, TIMEOUT_MS);
  const tests = answer.tests.map(({ agent, url, network, latencyMs, failure }): TestResult => {
    const why = failureDocument(failure);
    return { agent, url, network, latencyMs, ...(why === undefined ? {} : { failure: why }) };
  });
  const reachable = tests.some((test) => test.failure === undefined);
  const document = { apiVersion: "transship/v1", kind: "InstanceTest", metadata: { name }, status: { reachable, tests } };
  if (!(await printValue(call, document))) call.streams.out.write(testTable(call, tests));
  return reachable ? EXIT.ok : EXIT.failed;
}

function testTable(call: Call, tests: readonly TestResult[]): string {
  return formatTable(
    tests,
    [
      { title: "AGENT", cell: (test) => test.agent },
      { title: "NETWORK", cell: (test) => test.network },
      { title: "URL", cell: (test) => test.url },
      { title: "RESULT", cell: (test) => (test.failure === undefined ? "ok" : test.failure.code) },
      { title: "LATENCY", cell: (test) => (test.failure === undefined ? `${test.latencyMs.toFixed(0)} ms` : ""), align: "right" },
      { title: "WHY", cell: (test) => (test.failure === undefined ? "" : `${test.failure.message} · ${test.failure.hint}`) },
    ],
    { wide: call.settings.text("output") === "wide", stream: call.streams.out },
  );
}
