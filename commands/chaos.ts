import type { Fate } from '../chaos/journal';
import { outage, type OutageFigures } from '../chaos/outage';
import { trial, type Trial } from '../chaos/trial';
import { Flags, INTERRUPTED, interruption, runCommand } from './command-line';

const DEFAULT_SCHEDULES = 25;
const DEFAULT_SEED = 1;

/** Breaches that are told of each seed. */
const MOST_TOLD = 10;

/** Schedules after which a line tells how far it is. */
const PROGRESS = 25;

/** In this order. */
const FATES: readonly Fate[] = ['acknowledged', 'dropped', 'given up', 'stopped'];

const HELP = `Usage: npm run --silent chaos -- [--schedules N] [--seed S]
       npm run --silent chaos -- --outage HOURS [--seed S]

Lets ingest and the processor live through everything that can go wrong around them, in simulated time, and proves from
books of its own that no event was lost, changed, or doubled without a cause. It needs no AWS account and no network.
What is simulated, and how, is told in docs/chaos.md.

  --schedules N   How many random mixes of faults, 1 to 1000000. Default: ${DEFAULT_SCHEDULES}.
  --seed S        The seed of the first one; each next one has the next number. Default: ${DEFAULT_SEED}.
  --outage HOURS  In place of those: RudderStack is down for so long, 1 to 78, at one event a second; tells what it cost.
  --help          This text.

The same seed gives the same course. Exit code: 0, or 1 when a promise was broken, with the seed to run it again.
`;

async function main(args: readonly string[]): Promise<number> {
  const flags = new Flags({ schedules: 'text', seed: 'text', outage: 'text' }, args);
  const schedules = flags.integer('schedules', { min: 1, max: 1_000_000 }) ?? DEFAULT_SCHEDULES;
  const seed = flags.integer('seed', { min: 0, max: 1_000_000_000 }) ?? DEFAULT_SEED;
  const hours = flags.integer('outage', { min: 1, max: 78 });
  if (flags.has('outage') && flags.has('schedules')) flags.reject('Give one of --schedules and --outage.');
  flags.check();
  return hours === undefined ? liveThrough(schedules, seed) : sitOut(hours, seed);
}

async function liveThrough(schedules: number, firstSeed: number): Promise<number> {
  const isInterrupted = interruption();
  const totals = new Totals();
  for (let seed = firstSeed; seed < firstSeed + schedules && !isInterrupted(); seed += 1) {
    const one = await trial(seed);
    totals.add(one);
    tellBreaches(one);
    if (totals.schedules % PROGRESS === 0) {
      process.stderr.write(`${totals.schedules} of ${schedules} schedules, ${totals.failed} failed\n`);
    }
  }
  process.stdout.write(totals.text());
  if (totals.failed > 0) return 1;
  return isInterrupted() ? INTERRUPTED : 0;
}

function tellBreaches({ seed, breaches }: Pick<Trial, 'breaches'> & { seed: number }): void {
  for (const { kind, id, detail } of breaches.slice(0, MOST_TOLD)) {
    process.stdout.write(`seed ${seed}: ${kind}${id === undefined ? '' : `, ${id}`}: ${detail}\n`);
  }
  if (breaches.length > MOST_TOLD) {
    process.stdout.write(`seed ${seed}: and ${breaches.length - MOST_TOLD} more\n`);
  }
}

/** What all schedules together have shown. */
class Totals {
  schedules = 0;
  failed = 0;
  readonly #counts = new Map<string, number>();

  add({ journal, hours, breaches }: Trial): void {
    const { events, attempts, invocations, calls, archived, requests, deadLetters, fates } = journal;
    this.schedules += 1;
    if (breaches.length > 0) this.failed += 1;
    this.#count('simulated hours', hours);
    this.#count('events', events.size);
    for (const fate of FATES) this.#count(`events ${fate}`, [...fates.values()].filter((one) => one === fate).length);
    this.#count('requests of Braze', attempts.length);
    this.#count('requests that Braze had to send again', attempts.filter(({ status }) => status !== 200).length);
    this.#count('invocations', invocations.length);
    this.#count('invocations that ended by force', invocations.filter(({ end }) => end === 'crashed').length);
    this.#count('calls of AWS and RudderStack', calls.length);
    this.#count('calls that something happened to', calls.filter(({ isDisturbed }) => isDisturbed).length);
    this.#count('requests in the archive', archived.size);
    this.#count('requests to the data plane', requests.length);
    this.#count('requests that it did not take', requests.filter(({ isTaken }) => !isTaken).length);
    this.#count('dead letters', deadLetters.length);
    this.#count('broken promises', breaches.length);
  }

  text(): string {
    const lines = [...this.#counts].map(([name, count]) => `${name}: ${Math.round(count)}\n`);
    return `schedules: ${this.schedules}, failed: ${this.failed}\n${lines.join('')}`;
  }

  #count(name: string, count: number): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
  }
}

async function sitOut(hours: number, seed: number): Promise<number> {
  const { breaches, ...figures } = await outage(hours, seed);
  tellBreaches({ seed, breaches });
  process.stdout.write(outageText(figures));
  return breaches.length > 0 ? 1 : 0;
}

function outageText(figures: Omit<OutageFigures, 'breaches'>): string {
  const { hours, backlogEvents, backlogMessages, requests, receives, invocations, mostReceives } = figures;
  return `hours: ${hours}
backlog: ${backlogEvents} events in ${backlogMessages} messages
requests to the data plane meanwhile: ${requests}
receives meanwhile: ${receives}, in ${invocations} invocations
receives of the message with the most: ${mostReceives}
seconds from its end to the delivery of the backlog: ${figures.recovery}
dead letters: ${figures.deadLetters}
`;
}

runCommand(HELP, main);
