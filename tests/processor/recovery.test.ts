import { Breaker } from '../../runtime/processor/breaker';

/**
 * A day of outages in a second: processes with a breaker each, a queue with visibility, messages that arrive
 * steadily, and a data plane that is down for a while and then takes so many messages a second (429 above that).
 * It follows the processor: open, hand back unread; else send, with backoff until the breaker opens.
 */
interface Plan {
  processes: number;
  /** Messages a second. */
  arrivals: number;
  /** Messages a second that the data plane takes. */
  capacity: number;
  /** Seconds. */
  outage: number;
  /** Seconds after which an idle process is replaced by a new one, as Lambda does; never without it. */
  idleLife?: number;
}

interface Course {
  /** Messages in the queue when the outage ended. */
  backlog: number;
  requestsInOutage: number;
  /** Of the message that was received most often: until the end of the outage, and in all. */
  receivesInOutage: number;
  receives: number;
  /** Seconds from the end of the outage to the delivery of the last message that had arrived by then. */
  recovery: number;
}

interface Message {
  sentAt: number;
  visibleAt: number;
  receives: number;
}

interface Process {
  breaker: Breaker;
  /** When it does its next step, in seconds. */
  at: number;
  attempt: number;
  messages: Message[];
  lastInvoked: number;
}

const PER_INVOCATION = 10;
const LATENCY = 0.1;
const OUTAGE_FROM = 60;
const START = 1_785_000_000_000;

/** The data plane's limit is a bucket: so many seconds' worth of messages may come at once. */
const BURST = 10;

let now = 0;
let seed = 0;
// Not spies, which would keep millions of calls.
const real = { now: Date.now, random: Math.random };
beforeAll(() => {
  Date.now = () => START + now * 1_000;
  Math.random = () => {
    seed = (seed * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return seed / 2 ** 32;
  };
});
beforeEach(() => {
  now = 0;
  seed = 1;
});
afterAll(() => {
  Date.now = real.now;
  Math.random = real.random;
});

function run({ processes, arrivals, capacity, outage, idleLife = Infinity }: Plan): Course {
  const end = OUTAGE_FROM + outage;
  const course: Course = { backlog: 0, requestsInOutage: 0, receivesInOutage: 0, receives: 0, recovery: 0 };
  const queue = new Queue();
  let sent = 0;
  let toDeliver = Infinity;
  let tokens = BURST * capacity;
  let tokensAt = 0;

  const isTaken = (count: number) => {
    if (now >= OUTAGE_FROM && now < end) return false;
    tokens = Math.min(tokens + (now - tokensAt) * capacity, BURST * capacity);
    tokensAt = now;
    if (tokens < count) return false;
    tokens -= count;
    return true;
  };
  const handBack = (process: Process) => {
    const returned = process.messages.filter(({ receives }) => receives >= 4).map(({ sentAt }) => sentAt);
    if (returned.length > 0) process.breaker.presumeFailingSince(START + Math.min(...returned) * 1_000);
    for (const message of process.messages) {
      message.visibleAt = now + process.breaker.handBackSeconds();
      queue.add(message);
    }
    process.messages = [];
    process.attempt = 0;
    process.at = now + LATENCY;
  };
  const step = (process: Process) => {
    if (process.messages.length === 0) {
      process.messages = queue.take(PER_INVOCATION);
      process.attempt = 0;
      for (const message of process.messages) course.receives = Math.max(course.receives, (message.receives += 1));
      if (process.messages.length === 0) {
        process.at = now + 1;
        return;
      }
      if (now - process.lastInvoked > idleLife) process.breaker = new Breaker();
      process.lastInvoked = now;
    }
    if (!process.breaker.mayKnock) {
      handBack(process);
      return;
    }
    if (now >= OUTAGE_FROM && now < end) course.requestsInOutage += 1;
    if (isTaken(process.messages.length)) {
      process.breaker.succeeded();
      for (const { sentAt } of process.messages) {
        if (sentAt >= end) continue;
        toDeliver -= 1;
        course.recovery = now - end;
      }
      process.messages = [];
      process.at = now + LATENCY;
      return;
    }
    process.breaker.failed();
    process.at = now + LATENCY + Math.random() * 0.5 * 2 ** process.attempt;
    process.attempt += 1;
    if (process.breaker.isOpen) handBack(process);
  };

  const all = Array.from({ length: processes }, (_, index): Process => {
    return { breaker: new Breaker(), at: index / processes, attempt: 0, messages: [], lastInvoked: 0 };
  });
  while (toDeliver > 0) {
    const next = all.reduce((one, other) => (other.at < one.at ? other : one));
    now = next.at;
    for (; sent / arrivals <= now; sent += 1) {
      queue.add({ sentAt: sent / arrivals, visibleAt: sent / arrivals, receives: 0 });
    }
    if (now >= end && toDeliver === Infinity) {
      course.backlog = queue.size + all.reduce((sum, { messages: { length } }) => sum + length, 0);
      course.receivesInOutage = course.receives;
      // Those that have just arrived belong to the time after.
      toDeliver = course.backlog - queue.countSentFrom(end);
    }
    step(next);
  }
  return course;
}

/** Messages by the second in which they become visible. */
class Queue {
  readonly #seconds = new Map<number, Message[]>();
  #first = 0;
  size = 0;

  add(message: Message): void {
    const second = Math.max(Math.ceil(message.visibleAt), this.#first);
    const there = this.#seconds.get(second);
    if (there === undefined) this.#seconds.set(second, [message]);
    else there.push(message);
    this.size += 1;
  }

  take(count: number): Message[] {
    const taken: Message[] = [];
    while (taken.length < count && this.#first <= now) {
      const visible = this.#seconds.get(this.#first) ?? [];
      taken.push(...visible.splice(0, count - taken.length));
      if (visible.length > 0) break;
      this.#seconds.delete(this.#first);
      this.#first += 1;
    }
    this.size -= taken.length;
    return taken;
  }

  countSentFrom(moment: number): number {
    return [...this.#seconds.values()].flat().filter(({ sentAt }) => sentAt >= moment).length;
  }
}

const MINUTES = 60;
const HOURS = 60 * MINUTES;

function expectCheap({ processes, outage }: Plan, course: Course): void {
  // Each process: four failures, seven probes until they are a minute apart, then one in 30 to 60 seconds.
  expect(course.requestsInOutage).toBeLessThanOrEqual(processes * (11 + outage / 30));
  // Each hand-back lasts at least half as long as the outage so far, or 450 seconds.
  expect(course.receivesInOutage).toBeLessThanOrEqual(40 + outage / 450);
  // What the data plane cannot take at once goes round; SQS gives up at 1,000.
  expect(course.receives).toBeLessThan(250);
}

/** Seconds that the data plane needs for the backlog at the least. */
function drainOf({ arrivals, capacity }: Plan, { backlog }: Course): number {
  return backlog / (capacity - arrivals);
}

describe.each([10, 10 * MINUTES, 6 * HOURS])('an outage of %d seconds', (outage) => {
  test.each([
    { processes: 2, arrivals: 1, capacity: 4, outage },
    { processes: 5, arrivals: 2, capacity: 10, outage },
    { processes: 20, arrivals: 2, capacity: 1_000, outage },
  ])(
    'is cheap, and over with its backlog or as soon as it was long: $processes processes, $capacity a second',
    (plan) => {
      const course = run(plan);

      expectCheap(plan, course);
      // The slack: the last probe is up to a minute away, what was handed back until then is out as long again, and of
      // a data plane at its limit a tenth is lost to refusals.
      const longest = Math.max(drainOf(plan, course), Math.min(outage, 15 * MINUTES));
      expect(course.recovery).toBeLessThanOrEqual(longest * 1.1 + 120);
    },
  );

  test('is cheap with many processes at a narrow limit, and over one hand-back after its backlog at most', () => {
    const plan = { processes: 20, arrivals: 2, capacity: 30, outage };

    const course = run(plan);

    expectCheap(plan, course);
    // Those that the limit refuses go on handing back for as long as they have seen nothing but failures.
    const longest = drainOf(plan, course) + Math.min(outage, 15 * MINUTES);
    expect(course.recovery).toBeLessThanOrEqual(longest * 1.1 + 120);
  });
});

test.each([12, 24])('with a message in %d hours, days use up no message’s receives', (hours) => {
  // So few that a process is often gone when the next one comes.
  const plan = { processes: 2, arrivals: 1 / (hours * HOURS), capacity: 4, outage: 72 * HOURS, idleLife: 6 * MINUTES };

  const course = run(plan);

  expect(course.backlog).toBe(72 / hours);
  // SQS gives up at 1,000; the rest is for what else brings messages back.
  expect(course.receives).toBeLessThanOrEqual(885);
});
