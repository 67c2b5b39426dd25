import { EXIT, type ExitCode, TransshipError } from "@transship/errors";
import type { Call } from "../../command.ts";
import { type ExecutionDocument, executionDocument } from "../../documents/execution.ts";
import { formatTable } from "../../output/table.ts";
import { Meter } from "../../progress/meter.ts";
import { failureLines, progressLine } from "../../progress/progress-text.ts";
import { formatBytes, formatDuration } from "../../quantities.ts";
import { parseTopology } from "../../topology/parse-topology.ts";
import { resourceMessage } from "../../topology/submit.ts";
import { untilStopped } from "../until-stopped.ts";
import { tagDigest } from "./compare-digests.ts";
import { DemoStage } from "./demo-stage.ts";
import { demoTopology } from "./demo-topology.ts";
import { killHalfWay } from "./kill-half-way.ts";

const RULE = "gz-to-sg";

/** `demo`: the main job on this machine, told step by step. Succeeds only where the copy resumed and all digests are equal. */
export async function run(call: Call): Promise<ExitCode> {
  const startedAt = performance.now();
  const say = (text: string) => void call.streams.out.write(`${text}\n`);
  say("Transship demo: copy images between two registries, kill the copying agent half-way, and go on from the byte.\n");

  await using stage = await DemoStage.open(call);
  const { source, target } = stage;
  say("1. Two registries with different images, both in this process:");
  say(
    `   guangzhou  ${source.registry.url}  ${source.tags.length} tags, ${formatBytes(source.bytes)}; a slow link: 8 MiB/s for each request`,
  );
  say(`   singapore  ${target.url}  one image of its own\n`);

  say("2. A control plane, and an agent in each region, each a process of its own:");
  say(`   control-plane  grpc=${stage.grpc} http=${stage.http}`);
  const pids = { "agent-gz": await stage.startAgent("agent-gz"), "agent-sg": await stage.startAgent("agent-sg") };
  say(`   agent-gz       region ap-guangzhou, pid ${pids["agent-gz"]}`);
  say(`   agent-sg       region ap-singapore, pid ${pids["agent-sg"]}\n`);

  say("3. The topology, applied:\n");
  await applyTopology(stage, say);

  say(`4. transship rule run ${RULE} --wait`);
  const end = await runAndKill(call, stage, say);
  if (end.status.state !== "succeeded")
    say(
      failureLines(end.status, 5)
        .map((line) => `   ${line}`)
        .join("\n"),
    );

  say("\n5. What arrived:");
  const equal = await compareTags(stage, say);
  const { bytes } = end.status;
  say(
    `\n   copied ${formatBytes(bytes.copied)} from the source, resumed ${formatBytes(bytes.resumed)} after the kill, wasted ${formatBytes(bytes.wasted)}`,
  );
  const served = source.registry.stats.bytesServed(source.big.digest);
  say(`   the source served ${formatBytes(served)} of its ${formatBytes(source.big.size)} layer altogether`);

  const good = end.status.state === "succeeded" && equal && bytes.resumed > 0;
  say(`\n${good ? "Done" : "This did not go as it should"}, in ${formatDuration(performance.now() - startedAt)}.`);
  if (call.settings.flag("keep")) await keepRunning(call, stage, say);
  return good ? EXIT.ok : EXIT.failed;
}

async function applyTopology(stage: DemoStage, say: (text: string) => void): Promise<void> {
  const text = demoTopology(stage.source.registry.url, stage.target.url);
  say(text.replaceAll(/^/gm, "   ").trimEnd());
  say("");
  const { resources } = await parseTopology("demo.yaml", text, { directory: stage.directory, environment: {} });
  const { topology } = stage.controlPlane.services;
  const request = { resources: resources.map(resourceMessage), deletes: [], prune: false, dryRun: false };
  await stage.controlPlane.ask(topology.apply.bind(topology), request);
}

/** Runs the rule, tells progress once a second, and has the agent killed on the way. */
async function runAndKill(call: Call, stage: DemoStage, say: (text: string) => void): Promise<ExecutionDocument> {
  const { rules, executions } = stage.controlPlane.services;
  const { execution } = await stage.controlPlane.ask(rules.runRule.bind(rules), { name: RULE });
  if (execution === undefined) throw new TransshipError("INTERNAL", { what: "the demo", why: "the rule did not start" });
  const killing = killHalfWay(call, stage, execution.id, say);
  // Its failure is awaited at the end, or does not matter any more because following has failed before it.
  killing.catch(() => undefined);
  const meter = new Meter(3000);
  let end = executionDocument(execution);
  let toldAt = Number.NEGATIVE_INFINITY;
  for await (const message of stage.controlPlane.follow(executions.watchExecution.bind(executions), { id: execution.id })) {
    end = executionDocument(message);
    meter.add(end.status, performance.now());
    if (performance.now() - toldAt < 1000) continue;
    toldAt = performance.now();
    say(`   ${progressLine(RULE, end.status, meter.pace(end.status))}`);
  }
  await killing;
  say(`   ${progressLine(RULE, end.status, meter.pace(end.status))}`);
  return end;
}

async function compareTags(stage: DemoStage, say: (text: string) => void): Promise<boolean> {
  const { source, target } = stage;
  const rows = await Promise.all(
    source.tags.map(async ({ repository, tag }) => {
      const mirror = repository.replace("team0/", "mirror/");
      const [here, there] = await Promise.all([tagDigest(source.registry.url, repository, tag), tagDigest(target.url, mirror, tag)]);
      return { from: `${repository}:${tag}`, to: `${mirror}:${tag}`, digest: here ?? "", equal: here !== undefined && here === there };
    }),
  );
  const short = (text: string) => (text.length > 40 ? `${text.slice(0, 36)}…${text.slice(-4)}` : text);
  const columns = [
    { title: "GUANGZHOU", cell: (row: (typeof rows)[number]) => short(row.from) },
    { title: "SINGAPORE", cell: (row: (typeof rows)[number]) => short(row.to) },
    { title: "DIGEST", cell: (row: (typeof rows)[number]) => row.digest.slice(0, 19) },
    { title: "BOTH SIDES", cell: (row: (typeof rows)[number]) => (row.equal ? "equal" : "DIFFERENT") },
  ];
  say(formatTable(rows, columns, { wide: false }).replaceAll(/^/gm, "   ").trimEnd());
  return rows.every((row) => row.equal);
}

async function keepRunning(call: Call, stage: DemoStage, say: (text: string) => void): Promise<void> {
  say(`
Everything keeps running until Ctrl-C. To play, in another terminal:

   export TRANSSHIP_SERVER=${stage.grpc}
   transship rule list
   transship agent list
   transship plan rule ${RULE}
   transship rule run ${RULE} --wait        # nothing is left to copy
   transship copy ${stage.source.registry.host}/team0/web ${stage.target.host}/copy/web
   curl http://${stage.http}/metrics
   curl ${stage.target.url}/v2/_catalog
`);
  await untilStopped(call.signal);
}
