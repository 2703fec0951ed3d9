import { grantsOf } from './access';
import { componentsOf, shortTypeOf } from './components';
import { asText, type Graph, type Resource, type Value } from './graph';
import { Names } from './names';

interface Edge {
  from: string;
  to: string;
  label: string;
}

const BRAZE = 'Braze Currents';
const RUDDERSTACK = 'RudderStack';

/** How data flows through the graph, as a Mermaid flowchart with a box for each component. */
export function mermaidOf(graph: Graph): string {
  const names = new Names(graph);
  const components = componentsOf(graph);
  const edges = unique(graph.resources.flatMap((resource) => edgesOf(resource, graph, names)));
  const unplaced = new Set(edges.flatMap(({ from, to }) => [from, to]));
  const boxes = new Map<string, string[]>();
  for (const { path, resources } of components) {
    const box = boxOf(path);
    const own = resources.map((resource) => nodeNameOf(resource, names)).filter((name) => unplaced.delete(name));
    if (own.length > 0) boxes.set(box, [...(boxes.get(box) ?? []), ...own]);
  }
  return [
    'flowchart LR',
    ...[...unplaced].sort().map((name) => `  ${nodeOf(name)}`),
    ...[...boxes].flatMap(([box, own]) => [`  subgraph ${box}`, ...own.map((name) => `    ${nodeOf(name)}`), '  end']),
    ...edges.map(({ from, to, label }) => `  ${idOf(from)} -->|"${label}"| ${idOf(to)}`),
    '',
  ].join('\n');
}

/** The component below the bridge; of what lies outside of it, the last one. */
function boxOf(path: readonly Resource[]): string {
  return shortTypeOf((path[2] ?? path.at(-1))?.type ?? '');
}

/** The ways that data takes by reason of a resource. */
function edgesOf(resource: Resource, graph: Graph, names: Names): Edge[] {
  const { type, inputs } = resource;
  const at = (value: Value | undefined) => nodeAt(value, names);
  switch (type) {
    case 'aws:apigatewayv2/route:Route':
      return [{ from: BRAZE, to: at(inputs.apiId), label: asText(inputs.routeKey) }];
    case 'aws:lambda/permission:Permission':
      return [{ from: at(inputs.sourceArn), to: at(inputs.function), label: 'invokes' }];
    case 'aws:lambda/function:Function':
      return deliveries(resource, names);
    case 'aws:iam/rolePolicy:RolePolicy':
      return roleEdges(resource, graph, names);
    case 'aws:sqs/redriveAllowPolicy:RedriveAllowPolicy':
      return grantsOf(resource, names).map(({ who, target }) => ({
        from: withoutArticle(who),
        to: withoutArticle(target),
        label: 'received too often',
      }));
    case 'aws:cloudwatch/metricAlarm:MetricAlarm':
      return [inputs.alarmActions].flat().map((topic) => ({
        from: nodeNameOf(resource, names),
        to: at(topic),
        label: 'notify',
      }));
    default:
      return [];
  }
}

function deliveries(resource: Resource, names: Names): Edge[] {
  const { variables = {} } = (resource.inputs.environment ?? {}) as { variables?: Record<string, Value> };
  if (variables.RUDDERSTACK_DATA_PLANE_URL === undefined) return [];
  return [{ from: names.of(resource), to: RUDDERSTACK, label: 'delivers' }];
}

/** What the functions that act as a role do to queues, archive and secrets. */
function roleEdges(policy: Resource, graph: Graph, names: Names): Edge[] {
  const role = names.resourceAt(asText(policy.inputs.role))?.resource;
  const functions = graph.resources.filter(
    ({ type, inputs }) =>
      type === 'aws:lambda/function:Function' && names.resourceAt(asText(inputs.role))?.resource === role,
  );
  return functions.flatMap((each) =>
    grantsOf(policy, names).flatMap(({ action, target }) => {
      const [own, other] = [names.of(each), withoutArticle(target)];
      switch (action) {
        case 'sqs:SendMessage':
          return [{ from: own, to: other, label: 'sends' }];
        case 'sqs:ReceiveMessage':
          return [{ from: other, to: own, label: 'is taken by' }];
        case 's3:PutObject':
          return [{ from: own, to: other.replace(/^objects \S+ of the /, ''), label: 'archives in' }];
        case 'secretsmanager:GetSecretValue':
          return [{ from: other, to: own, label: 'is read by' }];
        default:
          return [];
      }
    }),
  );
}

/** All alarms are one. */
function nodeNameOf(resource: Resource, names: Names): string {
  return resource.type === 'aws:cloudwatch/metricAlarm:MetricAlarm' ? 'alarms' : names.of(resource);
}

/** The resource of the graph that a value belongs to, else the value itself. */
function nodeAt(value: Value | undefined, names: Names): string {
  const text = asText(value);
  const at = names.resourceAt(text);
  return at === undefined ? text : nodeNameOf(at.resource, names);
}

function withoutArticle(name: string): string {
  return name.replace(/^the /, '');
}

function nodeOf(name: string): string {
  return `${idOf(name)}["${name}"]`;
}

function idOf(name: string): string {
  return name.replaceAll(/\W+/g, '_');
}

function unique(edges: readonly Edge[]): Edge[] {
  const byText = new Map(edges.map((edge) => [JSON.stringify(edge), edge]));
  return [...byText.keys()].sort().flatMap((key) => byText.get(key) ?? []);
}
