import { journalConformance } from "./journal-conformance.ts";
import { InMemoryJournal } from "./memory-journal.ts";

journalConformance("in memory", () => new InMemoryJournal());
