import { readdir, readFile } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { build, type BuildOptions } from 'esbuild';

/** The Lambda functions; each is a folder of `runtime/` with a `handler.ts`. */
export type FunctionName = 'ingest' | 'processor';

export interface ProcessorConfiguration {
  /** Path of a TypeScript or JavaScript module whose default export is a `UserTransform`. */
  transform?: string;
  /** New names by `event_type`. Travels as a file: a map of all types is larger than Lambda's 4 KB of environment. */
  eventNames?: Readonly<Record<string, string>>;
}

/** A function's files by name; `index.handler` is the handler. */
export type Bundle = Record<string, string>;

const ROOT = resolve(__dirname, '..');

/** In the package that is installed there are no sources, but the very files that its release was tested with. */
const IS_COMPILED = extname(__filename) === '.js';

/** What every bundle has in common. No time, absolute path or source is in it: equal code gives equal bytes. */
export const BUNDLE_OPTIONS = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  minify: true,
  mainFields: ['module', 'main'],
  sourcemap: 'linked',
  sourcesContent: false,
  legalComments: 'none',
  outExtension: { '.js': '.mjs' },
  // Some packages still call require, which an ES module does not have.
  banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
  logLevel: 'silent',
  write: false,
} as const satisfies BuildOptions;

/** The files of each handler's own, by what they are built from; the first is the handler. */
const ENTRY_POINTS: Record<FunctionName, Record<string, string>> = {
  ingest: { index: 'runtime/ingest/handler.ts', archive: 'runtime/archive/writer.ts' },
  processor: { index: 'runtime/processor/handler.ts' },
};

/** What only the handlers' own packages need, and not a transform of the user's. */
export const HANDLER_OPTIONS = {
  // Files beside the handler. The last is what `debug` uses where it is there: without this line the packages for development would be in.
  external: ['./archive.mjs', './transform.mjs', 'supports-color'],
  // axios would bring it, for multipart bodies, which nothing here sends: 164 KB, most of them a table of MIME types.
  alias: { 'form-data': './runtime/processor/no-form-data.mjs' },
} satisfies BuildOptions;

/** The ingest function's bundle. */
export function bundleIngest(): Promise<Bundle> {
  return bundleHandler('ingest');
}

/**
 * The processor function's bundle; a transform of the user's own is a file beside the handler.
 *
 * @throws esbuild's BuildFailure, which names file and line, when the transform cannot be built.
 */
export async function bundleProcessor({ transform, eventNames = {} }: ProcessorConfiguration = {}): Promise<Bundle> {
  return {
    ...(await bundleHandler('processor')),
    ...(transform === undefined
      ? { 'transform.mjs': 'export default undefined;\n' }
      : await bundleTransform(transform)),
    'event-names.json': `${JSON.stringify(eventNames)}\n`,
  };
}

/** A transform of the user's own as the file `transform.mjs`; paths in it are relative to the working directory. */
export async function bundleTransform(path: string): Promise<Bundle> {
  return outputOf({
    absWorkingDir: process.cwd(),
    entryPoints: { transform: resolve(path) },
    outdir: 'dist/transform',
  });
}

/** The part of a function's bundle that no configuration changes. */
export function bundleHandler(name: FunctionName): Promise<Bundle> {
  if (IS_COMPILED) return filesIn(join(ROOT, 'bundles', name));
  return outputOf({
    entryPoints: ENTRY_POINTS[name],
    outdir: `dist/${name}`,
    ...HANDLER_OPTIONS,
  });
}

async function outputOf(options: BuildOptions): Promise<Bundle> {
  const { outputFiles = [] } = await build({ ...BUNDLE_OPTIONS, ...options });
  return Object.fromEntries(outputFiles.map(({ path, text }) => [basename(path), text]));
}

async function filesIn(folder: string): Promise<Bundle> {
  const names = await readdir(folder);
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const)),
  );
}
