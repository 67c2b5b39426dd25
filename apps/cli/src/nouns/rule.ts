import type { RuleSource, RuleTarget } from "@transship/model";
import { type RuleDocument, ruleDocument } from "../documents/rule.ts";
import { formatAge, formatBytes, formatDuration } from "../quantities.ts";
import { tellRule } from "../sentences/tell-rule.ts";
import { scheduleInWords } from "../sentences/tell-schedule.ts";
import { labelsText } from "./labels-text.ts";
import type { Noun } from "./noun.ts";

/** Rules. */
export const rules: Noun<RuleDocument> = {
  noun: "rule",
  name: (rule) => rule.metadata.name,
  columns: [
    { title: "NAME", cell: (rule) => rule.metadata.name },
    // What changes comes first, so that a narrow terminal shows it.
    { title: "STATE", cell: (rule) => rule.status.lastExecution?.state ?? "never ran" },
    { title: "LAST RUN", cell: (rule) => formatAge(rule.status.lastExecution?.createdAt) },
    { title: "NEXT RUN", cell: nextRunText },
    { title: "SOURCE", cell: (rule) => sourceText(rule.spec.source) },
    { title: "TARGETS", cell: (rule) => rule.spec.targets.map(targetText).join(", ") },
    { title: "TRIGGERS", cell: triggersText },
    {
      title: "SUCCESS",
      cell: ({ status: { record } }) => (record === null ? "" : `${record.succeeded}/${record.executions}`),
      align: "right",
    },
    { title: "MEDIAN", cell: ({ status: { record } }) => (record === null ? "" : formatDuration(record.medianMs)), align: "right" },
    { title: "LAST SUCCESS", cell: ({ status: { record } }) => formatAge(record?.lastSuccessAt ?? undefined), wide: true },
    { title: "UNCHANGED", cell: (rule) => String(rule.status.lastExecution?.unchanged ?? ""), align: "right", wide: true },
    { title: "COPIED", cell: (rule) => String(rule.status.lastExecution?.tasks.succeeded ?? ""), align: "right", wide: true },
    { title: "FAILED", cell: (rule) => String(rule.status.lastExecution?.tasks.failed ?? ""), align: "right", wide: true },
    { title: "OVERWRITE", cell: (rule) => rule.spec.overwrite, wide: true },
    { title: "WINDOW", cell: windowText, wide: true },
    { title: "LIMIT", cell: limitText, align: "right", wide: true },
    { title: "PRIORITY", cell: (rule) => String(rule.spec.priority ?? 0), align: "right", wide: true },
    { title: "LABELS", cell: (rule) => labelsText(rule.metadata.labels), wide: true },
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
  tell: tellRule,
};

/** What starts it by itself: `every day at 02:00 UTC, events`. */
function triggersText({ spec: { triggers } }: RuleDocument): string {
  const schedule = triggers?.schedule === undefined ? [] : [scheduleInWords(triggers.schedule)];
  return [...schedule, ...(triggers?.events === true ? ["events"] : [])].join(", ");
}

/** `22:00-06:00 Asia/Shanghai`. */
function windowText({ spec: { window } }: RuleDocument): string {
  return window === undefined ? "" : `${window.from}-${window.to} ${window.timeZone ?? "UTC"}`;
}

function limitText({ spec: { limits } }: RuleDocument): string {
  return limits?.bytesPerSecond === undefined ? "" : `${formatBytes(limits.bytesPerSecond)}/s`;
}

/** The next moment of its schedule; else that it waits for events or for a person, or is disabled. */
function nextRunText({ spec, status }: RuleDocument): string {
  const [next] = status.triggers.nextRuns;
  if (!spec.enabled) return "disabled";
  if (next !== undefined) return formatAge(next);
  return spec.triggers?.events === true ? "at events" : "when asked";
}

function sourceText(source: RuleSource): string {
  const place = [source.instance, source.namespace, source.repository].filter((part) => part !== undefined).join("/");
  return source.tag === undefined ? place : `${place}:${source.tag}`;
}

function targetText(target: RuleTarget): string {
  return target.namespace === undefined ? target.instance : `${target.instance}/${target.namespace}`;
}
