/** An index in pieces that are documents of their own. */
export interface IndexPieces {
  /** Everything but the charts. */
  readonly rest: string;
  /** One chart with all its versions in each. */
  readonly charts: readonly string[];
}

/**
 * Cuts an index.yaml into its charts by indentation, since a parsed YAML document takes sixty times its text: large indexes are read chart by chart. Undefined where the
 * charts are not in block style, as Helm, ChartMuseum and Harbor write them.
 */
export function splitIndex(text: string): IndexPieces | undefined {
  const heading = /^entries:[ \t]*\r?\n/m.exec(text);
  if (heading === null) return undefined;
  const from = heading.index + heading[0].length;
  const next = /^[^\s#-]/gm;
  next.lastIndex = from;
  const to = next.exec(text)?.index ?? text.length;
  const indentation = /^( +)[^\s#-]/m.exec(text.slice(from, to))?.[1]?.length;
  if (indentation === undefined) return undefined;
  // Whatever belongs to a chart is indented further, or is an item of its list.
  const name = new RegExp(`^ {${indentation}}[^\\s#-]`, "gm");
  name.lastIndex = from;
  const starts: number[] = [];
  for (let found = name.exec(text); found !== null && found.index < to; found = name.exec(text)) starts.push(found.index);
  const charts = starts.map((start, place) => text.slice(start, starts[place + 1] ?? to));
  return { rest: text.slice(0, heading.index) + text.slice(to), charts };
}
