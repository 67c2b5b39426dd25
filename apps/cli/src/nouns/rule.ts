import type { RuleSource, RuleTarget } from "@transship/model";
import { type RuleDocument, ruleDocument } from "../documents/rule.ts";
import { formatAge } from "../quantities.ts";
import type { Noun } from "./noun.ts";

/** Rules. */
export const rules: Noun<RuleDocument> = {
  noun: "rule",
  name: (rule) => rule.metadata.name,
  columns: [
    { title: "NAME", cell: (rule) => rule.metadata.name },
    { title: "ENABLED", cell: (rule) => (rule.spec.enabled ? "yes" : "no") },
    { title: "SOURCE", cell: (rule) => sourceText(rule.spec.source) },
    { title: "TARGETS", cell: (rule) => rule.spec.targets.map(targetText).join(", ") },
    { title: "OVERWRITE", cell: (rule) => rule.spec.overwrite, wide: true },
    { title: "STATE", cell: (rule) => rule.status.lastExecution?.state ?? "never ran" },
    { title: "LAST RUN", cell: (rule) => formatAge(rule.status.lastExecution?.createdAt) },
    { title: "NEXT RUN", cell: (rule) => nextRunText(rule), wide: true },
    { title: "DESCRIPTION", cell: (rule) => rule.spec.description ?? "" },
  ],
  async *list(controlPlane) {
    const { rules: service } = controlPlane.services;
    const answer = await controlPlane.ask(service.listRules.bind(service), {});
    yield* answer.rules.map(ruleDocument);
  },
  async get(controlPlane, name) {
    const { rules: service } = controlPlane.services;
    return ruleDocument(await controlPlane.ask(service.getRule.bind(service), { name }));
  },
};

/** The next moment of its schedule; else that it waits for events, or for a person. */
function nextRunText({ spec, status }: RuleDocument): string {
  const [next] = status.triggers.nextRuns;
  if (!spec.enabled) return "-";
  if (next !== undefined) return formatAge(next);
  return spec.triggers?.events === true ? "at events" : "-";
}

function sourceText(source: RuleSource): string {
  const place = [source.instance, source.namespace, source.repository].filter((part) => part !== undefined).join("/");
  return source.tag === undefined ? place : `${place}:${source.tag}`;
}

function targetText(target: RuleTarget): string {
  return target.namespace === undefined ? target.instance : `${target.instance}/${target.namespace}`;
}
