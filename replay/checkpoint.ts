import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { parseObject } from '../runtime/transform/json';
import { ReplayStopped } from './stopped';

/** What a replay has done so far. */
export interface Progress {
  /** The key of the last request that is done with, as all before it are; none before the first. */
  after: string;
  /** Requests and events looked at. */
  requests: number;
  events: number;
  /** What the event queue has accepted. */
  messages: number;
  queued: number;
  /** Events that can never become a message, whatever the settings: ingest has made dead letters of them. */
  unusable: number;
  /** Requests that were listed, but had expired when they were to be read. */
  expired: number;
  /** Events that fit into no message even when compressed. */
  tooLarge: number;
}

export const NOTHING_YET: Progress = {
  after: '',
  requests: 0,
  events: 0,
  messages: 0,
  queued: 0,
  unusable: 0,
  expired: 0,
  tooLarge: 0,
};

/** How far a replay has come, in a file, so that it can go on there after whatever ended it. */
export class Checkpoint {
  constructor(readonly path: string) {}

  /**
   * @returns what was saved last, or nothing yet where there is no such file.
   * @throws ReplayStopped for a file that is no checkpoint.
   */
  async load(): Promise<Progress> {
    let text: string;
    try {
      text = await readFile(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return NOTHING_YET;
      throw error;
    }
    const saved = parseObject(text) ?? {};
    const isWhole = Object.entries(NOTHING_YET).every(([name, value]) => typeof saved[name] === typeof value);
    if (isWhole) return saved as unknown as Progress;
    throw new ReplayStopped(`${this.path} is no checkpoint of a replay; move it away, and the replay begins anew.`);
  }

  /** In one step: whatever happens, the file holds either what was saved before, or this. */
  async save(progress: Progress): Promise<void> {
    const unfinished = `${this.path}.unfinished`;
    await writeFile(unfinished, JSON.stringify(progress), { flush: true });
    await rename(unfinished, this.path);
  }

  /** Nothing is left to go on with. */
  remove(): Promise<void> {
    return rm(this.path, { force: true });
  }
}
