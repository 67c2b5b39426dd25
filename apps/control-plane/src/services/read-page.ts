import { TransshipError } from "@transship/errors";
import type { Page } from "@transship/store";

interface PageRequest {
  readonly pageSize: number;
  readonly pageToken: string;
}

const MOST = 1000;

/** One page of a list and the token of the next; the token is the last id of the page. @throws TransshipError `INVALID_ARGUMENT` for a size out of bounds. */
export async function readPage<Row extends { readonly id: string }>(
  { pageSize, pageToken }: PageRequest,
  usual: number,
  list: (page: Page) => Promise<Row[]>,
): Promise<{ rows: Row[]; nextPageToken: string }> {
  if (pageSize < 0 || pageSize > MOST) {
    throw new TransshipError("INVALID_ARGUMENT", {
      what: `page size ${pageSize}`,
      why: `it must be between 1 and ${MOST}, or 0 for ${usual}`,
    });
  }
  const limit = pageSize === 0 ? usual : pageSize;
  // One more than asked for tells whether a page follows.
  const rows = await list({ limit: limit + 1, after: pageToken === "" ? undefined : pageToken });
  const page = rows.slice(0, limit);
  return { rows: page, nextPageToken: rows.length > limit ? (page.at(-1)?.id ?? "") : "" };
}
