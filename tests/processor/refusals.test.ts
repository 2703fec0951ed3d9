import { currentsEvents } from '../support/events';
import { Processing } from '../support/processing';

let processing: Processing;
beforeAll(async () => {
  processing = await Processing.start();
});
beforeEach(() => processing.renew());
afterAll(() => processing.stop());

test('where a batch without events gets 200, a 403 is about the event', async () => {
  processing.dataPlane.script = ({ messages }) => (messages.length === 0 ? 200 : 403);
  await processing.queues.send(currentsEvents(1));

  const { failed, written } = await processing.receiveAndInvoke();

  expect(failed).toEqual([]);
  expect(processing.queues.letters).toMatchObject([{ deadLetter: { reason: 'forbidden_by_proxy', status: 403 } }]);
  expect(processing.dataPlane.requests.map(({ messages }) => messages.length)).toEqual([1, 0]);
  expect(written.metrics).not.toHaveProperty('CredentialFailures');
});

test.each([
  [400, 'The data plane refuses one event after the other; messages are handed back.'],
  [403, 'RudderStack does not let us in: check the write key, the data plane URL and that the source is enabled.'],
])('%d for everything is told in one line of the log, with the status', async (status, message) => {
  processing.dataPlane.script = () => status;
  await processing.queues.send(currentsEvents(20));

  const { written } = await processing.receiveAndInvoke();

  expect(written.logs).toMatchObject([{ level: 'ERROR', message, status }]);
});
