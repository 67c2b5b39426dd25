import type { Document } from "../documents/document.ts";
import { agents } from "./agent.ts";
import { executions } from "./execution.ts";
import { instances } from "./instance.ts";
import type { Noun } from "./noun.ts";
import { plans } from "./plan.ts";
import { replications } from "./replication.ts";
import { rules } from "./rule.ts";
import { tasks } from "./task.ts";
import { webhooks } from "./webhook.ts";

/** Every noun that can be listed, by the word that commands use. */
const NOUNS = {
  instance: instances,
  rule: rules,
  replication: replications,
  execution: executions,
  task: tasks,
  agent: agents,
  plan: plans,
  webhook: webhooks,
} as const;

/** The noun of a command's first word. */
export function nounOf(word: string | undefined): Noun<Document> {
  if (word === undefined || !Object.hasOwn(NOUNS, word)) throw new TypeError(`no noun ${word}`);
  return NOUNS[word as keyof typeof NOUNS] as unknown as Noun<Document>;
}
