import { setTimeout as wait } from 'node:timers/promises';
import axios from 'axios';
import Table from 'cli-table3';
import picocolors from 'picocolors';
import { totalOf } from '../../replay/requests';
import { balance, type Books } from './books';
import { Braze, type Sent } from './braze';
import { LocalBridge, newToken } from './bridge';
import { correct } from './correction';
import { LocalDataPlane } from './data-plane';
import { objectionTo, ordinaryEvents, strangeEvents, type SentEvent } from './traffic';

/** Plain where the output is piped, in CI as well. */
const colors = picocolors.createColors(process.stdout.isTTY ? picocolors.isColorSupported : false);

/** A data plane that is not ours. */
export interface RealDataPlane {
  url: string;
  writeKey: string;
}

/** Rounds of all 93 types before, in and after the outage. */
const ROUNDS = 10;

/** Milliseconds. */
const OUTAGE_PART = 1_500;
const PATIENCE = 25_000;

/**
 * Sends some thousand events through the bridge as Braze would, with an outage of the data plane, a rotation of the
 * token and a slip in it, then follows each event to its end; then some more under wrong names, which it puts right from
 * the archive.
 *
 * @returns the exit code: 0 when the books balance.
 */
export async function demo(token: string, real: RealDataPlane | undefined): Promise<number> {
  const startedAt = Date.now();
  const say = (text: string) => {
    console.log(`${colors.dim(`${((Date.now() - startedAt) / 1_000).toFixed(1).padStart(5)} s`)}  ${text}`);
  };
  return real === undefined ? demoWithOutage(token, say) : demoWithRealDataPlane(token, real, say);
}

async function demoWithOutage(token: string, say: (text: string) => void): Promise<number> {
  const dataPlane = await LocalDataPlane.listen('the-write-key-of-the-demo');
  dataPlane.objection = objectionTo;
  const bridge = await LocalBridge.start({ dataPlaneUrl: dataPlane.url, writeKey: dataPlane.writeKey, token });
  try {
    say('The bridge is up: HTTP API, ingest, archive, SQS, processor and a stand-in for RudderStack.');
    let connectorToken = token;
    const braze = new Braze<SentEvent>({
      endpoint: bridge.endpoint,
      token: () => connectorToken,
      toJson: ({ json }) => json,
    });
    await testCredentials(braze, say);

    const [before, during, after] = [ordinaryEvents(ROUNDS), ordinaryEvents(ROUNDS), ordinaryEvents(ROUNDS)];
    const strange = strangeEvents();
    const sent = [...before, ...during, ...after, ...strange];
    const answers: Sent<SentEvent> = { acknowledged: [], dropped: [], lost: [] };
    const send = async (events: readonly SentEvent[]) => {
      const { acknowledged, dropped, lost } = await braze.send(events);
      answers.acknowledged.push(...acknowledged);
      answers.dropped.push(...dropped);
      answers.lost.push(...lost);
    };

    await send(before);
    say(`Braze has sent ${before.length} events of 93 types.`);

    dataPlane.outage = { status: 503 };
    say('RudderStack fails: 503, then broken connections, then the page of a proxy.');
    const sending = send(during);
    await wait(OUTAGE_PART);
    dataPlane.outage = 'reset';
    bridge.rotateToken();
    say("The endpoint's token is rotated; Braze goes on with the previous one.");
    await wait(OUTAGE_PART);
    dataPlane.outage = 'html';
    await sending;
    await wait(OUTAGE_PART);
    const requestsInOutage = dataPlane.requests;
    dataPlane.outage = undefined;
    say(`RudderStack is back. Braze noticed nothing; ${bridge.queued} messages wait in the queue.`);

    connectorToken = newToken();
    const late = send([...after.slice(0, after.length / 2), ...strange, ...after.slice(after.length / 2)]);
    await until(() => (braze.answers.get(503) ?? 0) > 0);
    say('Somebody puts a wrong token into the connector. Its events get 503, so Braze keeps them.');
    connectorToken = bridge.token;
    await late;
    say(`The connector has the new token now. Braze has sent ${sent.length} events in ${braze.requests} requests.`);
    await sendTruncated(bridge);

    const drained = await until(() => bridge.queued === 0);
    say(drained ? 'The queue is empty.' : `${bridge.queued} messages are still in the queue.`);
    const books = balance({
      sent,
      answers,
      received: [...dataPlane.received.values()].flat(),
      deadLetters: bridge.deadLetters,
      skipped: bridge.output.sumsBy('EventsSkipped'),
    });
    report(books, sent.length);
    console.log(
      `${dataPlane.requests} requests to RudderStack in all (${requestsInOutage} until the end of the outage), ` +
        `${bridge.output.sum('MessagesHandedBack')} hand-backs, ${books.duplicates} duplicates.`,
    );
    const archived = await totalOf(bridge.archive, { from: new Date(0), to: new Date() });
    console.log(`The archive holds ${archived.events} events in ${archived.requests} requests.`);

    const correction = await correct({
      bridge,
      dataPlane,
      braze,
      say,
      drained: () => until(() => bridge.queued === 0),
    });
    report(correction.books, correction.sent);
    const problems = [...books.problems, ...correction.books.problems];
    return problems.length === 0 && drained ? 0 : 1;
  } finally {
    await bridge.stop();
    await dataPlane.stop();
  }
}

async function demoWithRealDataPlane(token: string, real: RealDataPlane, say: (text: string) => void): Promise<number> {
  const bridge = await LocalBridge.start({ dataPlaneUrl: real.url, writeKey: real.writeKey, token });
  try {
    say('The bridge is up and delivers to your data plane.');
    const braze = new Braze<SentEvent>({ endpoint: bridge.endpoint, token: () => token, toJson: ({ json }) => json });
    await testCredentials(braze, say);
    const sent = ordinaryEvents(1);
    const { acknowledged } = await braze.send(sent);
    say(`Braze has sent one event of each type; ${acknowledged.length} of ${sent.length} are acknowledged.`);
    const drained = await until(() => bridge.queued === 0);
    const [delivered, skipped] = [bridge.output.sum('EventsDelivered'), bridge.output.sum('EventsSkipped')];
    say(
      `${delivered} delivered, ${skipped} skipped, ${bridge.deadLetters.length} dead letters, ${bridge.queued} waiting.`,
    );
    for (const [failure, count] of bridge.output.sumsBy('DeliveryFailures'))
      say(`${count} deliveries failed: ${failure}.`);
    return drained && delivered + skipped === sent.length ? 0 : 1;
  } finally {
    await bridge.stop();
  }
}

async function testCredentials(braze: Braze<SentEvent>, say: (text: string) => void): Promise<void> {
  const statuses = [await braze.testCredentials(''), await braze.testCredentials('{"events":[]}')];
  if (statuses.some((status) => status !== 200))
    throw new Error(`Braze's test of the credentials got ${statuses.join()}.`);
  say("Braze's test of the credentials has passed.");
}

/** A request that was cut off: nothing Braze sends, so it is refused, and kept. */
async function sendTruncated(bridge: LocalBridge): Promise<void> {
  await axios.post(bridge.endpoint, '{"events":[{"event_type":"users.mess', {
    headers: { authorization: `Bearer ${bridge.token}`, 'content-type': 'application/json' },
    proxy: false,
    validateStatus: (status) => status === 400,
  });
}

/** @returns whether it came true while there was patience. */
async function until(isTrue: () => boolean): Promise<boolean> {
  const deadline = Date.now() + PATIENCE;
  while (!isTrue()) {
    if (Date.now() > deadline) return false;
    await wait(50);
  }
  return true;
}

function report({ rows, problems }: Books, total: number): void {
  const table = new Table({ head: ['end', 'expected', 'found', ''], style: { head: [], border: [] } });
  const sorted = [...rows].sort((one, other) => other.expected - one.expected);
  for (const { end, expected, found } of sorted) {
    table.push([
      end,
      { content: expected, hAlign: 'right' },
      { content: found, hAlign: 'right' },
      mark(expected === found),
    ]);
  }
  const found = rows.reduce((sum, row) => sum + row.found, 0);
  table.push(['all', { content: total, hAlign: 'right' }, { content: found, hAlign: 'right' }, mark(found === total)]);
  console.log(table.toString());
  for (const problem of problems) console.log(colors.red(problem));
  console.log(problems.length === 0 ? colors.green('The books balance, event by event.') : 'The books do not balance.');
}

function mark(isRight: boolean): string {
  return isRight ? colors.green('✓') : colors.red('✗');
}
