/** The topology of the demo, as a user would write it. */
export function demoTopology(sourceUrl: string, targetUrl: string): string {
  return `apiVersion: transship/v1
kind: Instance
metadata: {name: guangzhou}
spec:
  region: ap-guangzhou
  border: cn
  endpoints: [{url: "${sourceUrl}"}]
---
apiVersion: transship/v1
kind: Instance
metadata: {name: singapore}
spec:
  region: ap-singapore
  border: intl
  endpoints: [{url: "${targetUrl}"}]
---
apiVersion: transship/v1
kind: Rule
metadata: {name: gz-to-sg}
spec:
  description: 广州到新加坡
  source: {instance: guangzhou, namespace: team0, tag: "v[0-9]+"}
  targets: [{instance: singapore, namespace: mirror}]
`;
}
