/** The variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** This process's own variables. The only place of the CLI that reads them. */
export const processEnvironment: Environment = process.env;
