export { type Brought, broughtBy } from "./brought.ts";
export { DeletionPlan, type DeletionTerms, type PlannedDeletions, type SourceListing } from "./deletions/deletion-plan.ts";
export type { GoneTag, GroupNames } from "./deletions/find-gone.ts";
export { gatherNames, type NamesListing, type NamesPage } from "./deletions/names-listing.ts";
export { groupRepositories, type RepositoryGroup } from "./deletions/repository-groups.ts";
export { mapToTarget, type TargetName } from "./map-to-target.ts";
export { type PagePlan, type PageToPlan, planPage } from "./plan-page.ts";
export { mergeSubjects, type SubjectFate, subjectKey } from "./subjects.ts";
