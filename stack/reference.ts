/** Renews the tables of settings and of regions in the README: `npm run docs`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scalar } from '../components/problem';
import { AWS_REGIONS, BRAZE_CLUSTERS, JURISDICTION_NAMES, RudderStackRegion } from '../components/regions';
import { settingKeys, SETTINGS, type Setting, type SettingKey } from '../components/settings';

const README = join(__dirname, '../README.md');

/** What may be set to something that stands in the table of regions. */
const IN_REGIONS: SettingKey[] = ['brazeCluster', 'awsRegion', 'rudderstackJurisdiction'];

/** The README with its tables as they must be. */
export function withTables(readme: string): string {
  return between(between(readme, 'settings', settingsTable()), 'regions', regionsTable());
}

/** A page with other content between two markers. @throws Error where it has lost them. */
export function between(page: string, marker: string, content: string): string {
  const [start, end] = [`<!-- ${marker} -->`, `<!-- /${marker} -->`];
  const from = page.indexOf(start);
  const to = page.indexOf(end);
  if (from === -1 || to < from) throw new Error(`The page must have a line ${start}, and after it a line ${end}.`);
  return `${page.slice(0, from)}${start}\n\n${content}\n\n${page.slice(to)}`;
}

function settingsTable(): string {
  const rows = settingKeys().map((key) => {
    const { meaning, kind, isSecret, default: fallback }: Setting = SETTINGS[key];
    const [text = '', derived] = meaning.split(' Default: ');
    return [
      `\`${key}\``,
      text,
      IN_REGIONS.includes(key) ? 'see [Regions](#regions)' : kind.allowed,
      derived?.replace(/\.$/, '') ?? shown(fallback),
      isSecret ? 'yes' : '',
    ];
  });
  return table(['key', 'meaning', 'allowed', 'default', 'secret'], rows);
}

function regionsTable(): string {
  const rows = Object.entries(JURISDICTION_NAMES).map(([jurisdiction, name]) => {
    const clusters = Object.entries(BRAZE_CLUSTERS).filter(([, place]) => place.jurisdiction === jurisdiction);
    const next = new Set(clusters.map(([, { awsRegion }]) => awsRegion));
    const regions = Object.keys(AWS_REGIONS).filter((region) => AWS_REGIONS[region] === jurisdiction);
    return [
      `\`${jurisdiction}\``,
      name,
      clusters.map(([cluster]) => `\`${cluster}\``).join(', '),
      regions.map((region) => (next.has(region) ? `**\`${region}\`**` : `\`${region}\``)).join(', '),
      Object.values<string>(RudderStackRegion).includes(jurisdiction) ? `\`${jurisdiction}\`` : '',
    ];
  });
  return table(['jurisdiction', '', '`brazeCluster`', '`awsRegion`', '`rudderstackRegion`'], rows);
}

/** A default as the table shows it: none for empty lists and objects, too. */
function shown(value: unknown): string {
  return value === undefined || typeof value === 'object' ? 'none' : `\`${value as Scalar}\``;
}

/** In Markdown, aligned as Prettier does it. */
export function table(head: string[], rows: string[][]): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: string[]) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [first = [], ...others] = cells;
  return [line(first), line(widths.map((width) => '-'.repeat(width))), ...others.map(line)].join('\n');
}

if (require.main === module) writeFileSync(README, withTables(readFileSync(README, 'utf8')));
