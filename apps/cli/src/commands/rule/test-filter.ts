import { ruleResourceToMessage, type wire } from "@transship/api";
import { TransshipError } from "@transship/errors";
import type { Call } from "../../command.ts";
import { openControlPlane } from "../../connection/control-plane.ts";
import { type FilterLineDocument, type FilterTestDocument, filterLineDocument, filterTestDocument } from "../../documents/filter-test.ts";
import { nameOf } from "../../nouns/name-of.ts";
import { printValue } from "../../output/print.ts";
import { formatTable } from "../../output/table.ts";
import { readSourceFile, readTopology } from "../../topology/read-topology.ts";

/** `rule test-filter NAME [--repository R] [-f FILE]`: what a rule selects at its source, and why it does not select the rest. */
export async function run(call: Call): Promise<void> {
  const name = nameOf(call.args[0] ?? "", "rule");
  const rule = await ruleInFiles(call, name);
  using controlPlane = await openControlPlane(call);
  const { rules } = controlPlane.services;
  const request = { name, repository: call.settings.text("repository") ?? "", ...(rule === undefined ? {} : { rule }) };
  const items: FilterLineDocument[] = [];
  let summary: wire.FilterSummary | undefined;
  for await (const { event } of controlPlane.follow(rules.testFilter.bind(rules), request)) {
    if (event?.$case === "line") items.push(filterLineDocument(event.value));
    if (event?.$case === "summary") summary = event.value;
  }
  if (summary === undefined)
    throw new TransshipError("INTERNAL", { what: `testing the filter of rule ${name}`, why: "the answer ended without its sums" });
  const test = filterTestDocument(name, items, summary);
  if (!(await printValue(call, test))) printTest(call, test);
}

/** The rule of that name in the files of `-f`; undefined where none are given. */
async function ruleInFiles(call: Call, name: string): Promise<wire.RuleResource | undefined> {
  const names = call.settings.list("file");
  if (names.length === 0) return undefined;
  const files = await Promise.all(names.map((file) => readSourceFile(file, call)));
  for (const { resource } of await readTopology(files, call.environment)) {
    if (resource.kind === "Rule" && resource.metadata.name === name) return ruleResourceToMessage(resource);
  }
  throw new TransshipError("NOT_FOUND", { what: `rule ${name}`, why: `there is none in ${names.join(", ")}` });
}

function printTest(call: Call, { status }: FilterTestDocument): void {
  const { out } = call.streams;
  if (call.settings.text("output") === "name") {
    out.write(status.items.flatMap((item) => (item.selected ? `${item.artifact}\n` : [])).join(""));
    return;
  }
  const columns = [
    { title: "SELECTED", cell: (item: FilterLineDocument) => (item.selected ? "yes" : "no") },
    { title: "ARTIFACT", cell: (item: FilterLineDocument) => item.artifact },
    { title: "REASON", cell: (item: FilterLineDocument) => item.reason, wide: true },
    { title: "DIGEST", cell: (item: FilterLineDocument) => item.digest, wide: true },
    { title: "WHY NOT", cell: (item: FilterLineDocument) => item.explanation },
  ];
  if (status.items.length > 0)
    out.write(formatTable(status.items, columns, { wide: call.settings.text("output") === "wide", stream: out }));
  const { selected, refused, repositories } = status.counts;
  out.write(`${selected} selected in ${repositories} ${repositories === 1 ? "repository" : "repositories"}, ${refused} not selected\n`);
}
