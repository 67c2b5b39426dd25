export { ChartMemory } from "./chartmuseum/chart-memory.ts";
export { type ChartMuseumOptions, openChartMuseum } from "./chartmuseum/open-chart-museum.ts";
