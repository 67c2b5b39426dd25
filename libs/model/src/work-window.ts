import { z } from "zod";
import { timeZone } from "./time-zone.ts";

const clockTime = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, "must be a time of day from 00:00 to 23:59");

/** When bytes may move: every day from one time to another; over midnight where `to` is the earlier. */
export const workWindowSchema = z
  .strictObject({
    from: clockTime,
    to: clockTime,
    /** Whose clock; absent = UTC. */
    timeZone: timeZone.optional(),
  })
  .refine(({ from, to }) => from !== to, { path: ["to"], message: "must differ from `from`; leave the window out to work all day" });

export type WorkWindow = z.infer<typeof workWindowSchema>;
