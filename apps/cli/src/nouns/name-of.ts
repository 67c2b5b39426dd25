import { TransshipError } from "@transship/errors";

/**
 * A name as a command takes it: alone or, as `-o name` prints it, after its noun and a slash. Names and ids themselves have no slash.
 * @param noun what the name must be of, e.g. `rule`; its plural is taken too
 * @throws TransshipError `INVALID_ARGUMENT` for the name of something else.
 */
export function nameOf(text: string, noun: string): string {
  const slash = text.indexOf("/");
  if (slash === -1) return text;
  const given = text.slice(0, slash);
  if (given === noun || given === `${noun}s`) return text.slice(slash + 1);
  throw new TransshipError("INVALID_ARGUMENT", {
    what: text,
    why: `is of kind ${given}, and ${noun} is wanted`,
    hint: `Give a name alone, or as ${noun}/NAME; \`transship ${noun} list -o name\` prints them.`,
  });
}
