import type { ResourceType } from './resource-type';

/** As Markdown: of each type of resource, which inputs there are, and where they arrive. */
export function reference(types: Readonly<Record<string, ResourceType>>): string {
  const rows = Object.entries(types)
    .sort(([one], [other]) => one.localeCompare(other))
    .flatMap(([token, { properties }]) =>
      Object.entries(properties).map(([name, { reaches, replaces }]) => [
        `\`${token}\``,
        `\`${name}\``,
        reaches,
        replaces === true ? 'yes' : '',
      ]),
    );
  const header = ['Type', 'Property', 'Arrives at', 'Its change replaces'];
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
