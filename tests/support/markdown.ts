import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

export const ROOT = resolve(__dirname, '../..');

/** A page of the documentation. */
export class Page {
  /** Without its blocks of code. */
  readonly prose: string;

  constructor(
    readonly path: string,
    readonly text = readFileSync(resolve(ROOT, path), 'utf8'),
  ) {
    this.prose = text.replace(/^ *```[^]*?^ *```$/gm, '');
  }

  /** The blocks of code, by what stands behind their opening fence, such as `json` or `json event`. */
  blocks(language: RegExp): { language: string; code: string }[] {
    return [...this.text.matchAll(/^ *```(.+)\n([^]*?)^ *```$/gm)]
      .map(([, language = '', code = '']) => ({ language, code }))
      .filter((block) => language.test(block.language));
  }

  /** The rows of the first table behind a text: each cell without backticks. */
  tableAfter(text: string): string[][] {
    const after = this.text.slice(this.text.indexOf(text));
    const table = after.slice(after.indexOf('| ---')).split('\n\n')[0] ?? '';
    return table
      .split('\n')
      .slice(1)
      .map((row) =>
        row
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim().replace(/^`([^`]+)`$/, '$1')),
      );
  }

  /** What can stand behind `#` in a link to this page, as GitHub makes it from the headings. */
  get anchors(): string[] {
    return [...this.prose.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/\s/g, '-'),
    );
  }

  /** Where its links within the project lead. */
  get links(): string[] {
    return [...this.prose.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !/^[a-z]+:/.test(target));
  }
}

/** The README and all pages in `docs/`. */
export const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'examples/README.md',
  ...readdirSync(resolve(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
].map((path) => new Page(path));
