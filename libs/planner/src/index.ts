export { mapToTarget, type TargetName } from "./map-to-target.ts";
export { type PagePlan, type PageToPlan, planPage } from "./plan-page.ts";
export { mergeSubjects, type SubjectFate, subjectKey } from "./subjects.ts";
