/** Fails when a part of the product imports what it may not (the table is in boundaries.ts). */
import { resolve } from "node:path";
import { findCrossings } from "./boundaries.ts";

const crossings = findCrossings(resolve(import.meta.dirname, ".."));
for (const crossing of crossings) console.error(crossing);
if (crossings.length > 0) process.exitCode = 1;
