import { json, type Reply } from "../reply.ts";

/** How registries refuse to move a tag that is immutable there. */
const WORDS = {
  harbor: (tag: string) => [412, "PRECONDITION", `Failed to process request due to '${tag}' configured as immutable.`],
  ecr: (tag: string) => [
    400,
    "TAG_INVALID",
    `The image tag '${tag}' already exists in the repository and cannot be overwritten because the tag is immutable.`,
  ],
  // A locked tag; the words are those of a locked image or repository, too.
  acr: () => [405, "DENIED", "The operation is disallowed on this registry, repository or image. View troubleshooting steps."],
  quay: () => [409, "TAG_IMMUTABLE", "tag is immutable"],
} as const satisfies Record<string, (tag: string) => readonly [status: number, code: string, message: string]>;

export type ImmutableForm = keyof typeof WORDS;

export function isImmutableForm(text: string): text is ImmutableForm {
  return Object.hasOwn(WORDS, text);
}

export const IMMUTABLE_FORMS = Object.keys(WORDS) as readonly ImmutableForm[];

/** The refusal in a vendor's words. */
export function refuseImmutable(form: ImmutableForm, tag: string): Reply {
  const [status, code, message] = WORDS[form](tag);
  return json({ errors: [{ code, message }] }, { status });
}
