import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startAgent } from "@transship/agent";
import { startControlPlane } from "@transship/control-plane";
import { type ExitCode, TransshipError } from "@transship/errors";
import { PUBLIC_NETWORK } from "@transship/model";
import { pino } from "pino";
import type { Call } from "../command.ts";
import { ControlPlane } from "../connection/control-plane.ts";
import { type ExecutionDocument, executionDocument } from "../documents/execution.ts";
import { sumExecutions } from "../documents/sum-executions.ts";
import { executions } from "../nouns/execution.ts";
import { type Progress, showProgress } from "../progress/show-progress.ts";
import type { PlacedResource } from "../topology/parse-topology.ts";
import { checkReferences, readTopology, type SourceFile } from "../topology/read-topology.ts";
import { resourceMessage } from "../topology/submit.ts";
import { completeInstances } from "./complete-instances.ts";
import { concludeDirect } from "./direct/run-direct.ts";
import { checkpointFiles } from "./direct/state-directory.ts";
import { edgesInTurn } from "./edges-in-turn.ts";

/** `sync -f` with a topology: a control plane in memory and one agent that is in every network of the file, for the time of one run of each enabled rule and edge. */
export async function syncTopology(call: Call, file: SourceFile): Promise<ExitCode> {
  const documents = await readTopology([file], call.environment);
  checkReferences([file], documents, []);
  const { resources, names } = edgesInTurn(file, documents);
  await completeInstances(call, file, resources);
  // The one agent here stands for all that rules may ask for.
  for (const { resource } of resources) if (resource.kind === "Rule") delete resource.spec.agents;
  if (names.length === 0)
    throw new TransshipError("INVALID_ARGUMENT", { what: `reading ${file.name}`, why: "there is no enabled rule or replication in it" });

  await using stack = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "transship-sync-"));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const progress = showProgress(call.streams.err, names.flat().join(", "));
  const logger = pino({ level: "silent" });
  const socketPath = join(directory, "control-plane.sock");
  const server = stack.use(await startControlPlane({ store: { memory: true }, grpc: { socketPath }, insecure: true, logger }));
  const { path } = await checkpointFiles(call, "sync", [file.directory, file.name]);
  const ready = Promise.withResolvers<void>();
  const access = { address: server.grpcAddress, insecure: true };
  const agent = { name: "local", region: "local", networks: networksOf(resources), dataDirectory: path.replace(/\.db$/, "") };
  stack.use(await startAgent({ ...agent, server: access, logger, onReady: ready.resolve }));
  const controlPlane = stack.use(new ControlPlane(access, call.signal));
  await ready.promise;
  const { topology } = controlPlane.services;
  await controlPlane.ask(topology.apply.bind(topology), {
    resources: resources.map(resourceMessage),
    deletes: [],
    prune: false,
    dryRun: false,
  });
  const ends: ExecutionDocument[] = [];
  for (const turn of names) ends.push(...(await runRules(controlPlane, turn, progress, ends)));
  progress[Symbol.dispose]();
  return await concludeDirect(call, sumExecutions(ends));
}

/** Runs rules side by side, after others, and follows them to their ends; one that cannot start ends it all. */
async function runRules(
  controlPlane: ControlPlane,
  names: readonly string[],
  progress: Progress,
  before: readonly ExecutionDocument[],
): Promise<ExecutionDocument[]> {
  const { rules, executions: service } = controlPlane.services;
  const now = new Map<string, ExecutionDocument>();
  const tell = (document: ExecutionDocument) => {
    now.set(document.metadata.id, document);
    progress.update(sumExecutions([...before, ...now.values()]).status);
  };
  const ends = names.map(async (name) => {
    const { execution } = await controlPlane.ask(rules.runRule.bind(rules), { name });
    if (execution === undefined) throw new TransshipError("INTERNAL", { what: `running rule ${name}`, why: "there is no execution" });
    tell(executionDocument(execution));
    for await (const message of controlPlane.follow(service.watchExecution.bind(service), { id: execution.id }))
      tell(executionDocument(message));
    return await executions.get(controlPlane, execution.id);
  });
  return await Promise.all(ends);
}

function networksOf(resources: readonly PlacedResource[]): string[] {
  const named = resources.flatMap(({ resource }) =>
    resource.kind === "Instance" ? resource.spec.endpoints.map((endpoint) => endpoint.network) : [],
  );
  return [...new Set([PUBLIC_NETWORK, ...named])];
}
