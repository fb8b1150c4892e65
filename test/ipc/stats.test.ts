import { Listener, Endpoint } from 'gips';
import { eventually } from '../support/deadline.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { connectPair } from '../support/pair.js';

test('a channel counts messages, and knows what waits', async () => {
  const { endpoint, connection, listener } = await connectPair();
  await endpoint.send('one');
  await endpoint.send('three');
  expect(endpoint.stats).toMatchObject({ messagesSent: 2, bytesSent: 8, messagesReceived: 0, requestsSent: 0, requestsPending: 0 });
  await eventually(() => expect(connection.stats).toMatchObject({ messagesReceived: 2, bytesReceived: 8, messagesWaiting: 2 }));
  await connection.recv();
  expect(connection.stats).toMatchObject({ messagesReceived: 2, messagesWaiting: 1 });
  expect(listener.stats).toMatchObject({ connections: 1, accepted: 1, messagesReceived: 2, messagesWaiting: 1 });
});

test('a channel whose peer takes nothing knows how much is queued', async () => {
  const { endpoint } = await connectPair();
  while (endpoint.trySend(Buffer.alloc(50_000)));
  expect(endpoint.stats.bytesQueued).toBe(endpoint.bufferedAmount);
  expect(endpoint.stats.bytesQueued).toBeGreaterThan(500_000);
});

test('requests are counted on both sides, with how long they took', async () => {
  const listener = keep(await Listener.bind(serviceName()));
  let answerLast = (): void => {};
  listener.serve(({ message }) => {
    if (message.text() === 'bad') throw new Error('bad');
    return message.text() === 'later' ? new Promise<void>((resolve) => (answerLast = resolve)) : 'good';
  });
  const endpoint = keep(await Endpoint.connect(listener.name));
  expect(endpoint.stats.requestLatency).toBeUndefined();
  expect(listener.stats.handlingTime).toBeUndefined();
  for (let i = 0; i < 10; i += 1) await endpoint.request('good');
  await expect(endpoint.request('bad')).rejects.toThrow();
  await expect(endpoint.request('later', { timeout: 20 })).rejects.toThrow();
  const last = endpoint.request('later');
  await eventually(() => expect(listener.stats.requestsReceived).toBe(13));
  expect(endpoint.stats).toMatchObject({ requestsSent: 13, requestsFailed: 2, requestsPending: 1, requestsReceived: 0 });
  const { requestLatency } = endpoint.stats;
  expect(requestLatency!.count).toBe(10);
  expect(requestLatency!.min).toBeGreaterThan(1_000);
  expect(requestLatency!.max).toBeLessThan(30e9);
  answerLast();
  await last;
  expect(endpoint.stats.requestsPending).toBe(0);
  expect(requestLatency!.count).toBe(11);
  await eventually(() => expect(listener.stats.handlingTime!.count).toBe(13));
  await endpoint.close();
  await eventually(() => expect(listener.stats).toMatchObject({ connections: 0, requestsReceived: 13 }));
});
