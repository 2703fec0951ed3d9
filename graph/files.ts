import { resolve } from 'node:path';
import type { Graph } from './graph';
import { mermaidOf } from './mermaid';
import { graphOf, READY_STACKS } from './stack';
import { textOf } from './text';

const FOLDER = resolve(__dirname, '../docs/graph');

/** The checked-in files by path, as the program and the stacks' files make them now. */
export async function renderFiles(): Promise<Map<string, string>> {
  const graphs = await Promise.all(READY_STACKS.map(graphOf));
  return new Map([
    ...graphs.map((graph) => [resolve(FOLDER, `${graph.stack}.txt`), textOf(graph)] as const),
    // Of production, where there is most to show.
    [resolve(FOLDER, 'diagram.md'), diagramOf(graphs.at(-1) as Graph)],
  ]);
}

function diagramOf(graph: Graph): string {
  return `# How data flows

Each box is a component, as the program makes it for the stack \`${graph.stack}\`; the arrows are what its roles, policies and
settings allow. What each resource is given, and who may do what, is in \`${graph.stack}.txt\` beside this file.

\`\`\`mermaid
${mermaidOf(graph)}\`\`\`

Made by \`npm run graph -- --write\`.
`;
}
