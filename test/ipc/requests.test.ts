import { Endpoint, Listener } from 'gips';
import { eventually } from '../support/deadline.js';
import { errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { connectPair } from '../support/pair.js';
import { start, type Program } from '../support/processes.js';

interface Wish {
  answer: string;
  delay: number;
  fail?: string;
}

async function startServer(options: object = {}, ring = false): Promise<{ endpoint: Endpoint; server: Program }> {
  const name = serviceName();
  const server = start('request-server', { argument: { name, options } });
  await server.next('listening');
  return { endpoint: keep(await Endpoint.connect(name, { ring })), server };
}

const ask = (wish: Wish): string => JSON.stringify(wish);

describe.each([
  { transport: 'socket', ring: false },
  { transport: 'ring', ring: true },
])('by $transport', ({ ring }) => {
  test('ten thousand requests, 64 in flight, of which some fail, are aborted or time out: each caller gets its own outcome', async () => {
    const { endpoint, server } = await startServer({}, ring);
    const outcomes = { answered: 0, failed: 0, aborted: 0, timedOut: 0 };
    let next = 0;
    const caller = async (): Promise<void> => {
      while (next < 10_000) {
        const number = next++;
        const delay = Math.random() * 4;
        const answer = `answer ${number}`;
        if (number % 20 === 7) {
          const reason = new Error(`reason ${number}`);
          const controller = new AbortController();
          const request = endpoint.request(ask({ answer, delay: 20_000 }), { signal: controller.signal });
          setTimeout(() => controller.abort(reason), delay);
          await expect(request).rejects.toBe(reason);
          outcomes.aborted += 1;
        } else if (number % 20 === 11) {
          const fail = `failure ${number}`;
          const request = endpoint.request(ask({ answer, delay, fail }));
          await expect(request).rejects.toThrow(
            errorLike({ code: 'ERR_GIPS_REMOTE', cause: errorLike({ name: 'RangeError', message: fail, code: 'E_ASKED_FOR' }) }),
          );
          outcomes.failed += 1;
        } else if (number % 20 === 13) {
          await expect(endpoint.request(ask({ answer, delay: 20_000 }), { timeout: 3 })).rejects.toThrow(errorLike({ code: 'ETIMEDOUT' }));
          outcomes.timedOut += 1;
        } else {
          expect((await endpoint.request(ask({ answer, delay }))).text()).toBe(answer);
          outcomes.answered += 1;
        }
      }
    };
    await Promise.all(Array.from({ length: 64 }, caller));
    expect(outcomes).toEqual({ answered: 8500, failed: 500, aborted: 500, timedOut: 500 });
    await eventually(async () => {
      server.tell('count');
      expect(await server.next('counted')).toEqual({ pending: 0 });
    });
    await server.kill();
  }, 60_000);

  test('all requests of a server that is killed are rejected', async () => {
    const { endpoint, server } = await startServer({ concurrency: 65 }, ring);
    const requests = Array.from({ length: 64 }, () => endpoint.request(ask({ answer: '', delay: 20_000 })));
    const outcomes = Promise.allSettled(requests);
    expect((await endpoint.request(ask({ answer: 'here', delay: 0 }))).text()).toBe('here');
    await server.kill();
    for (const outcome of await outcomes) expect(outcome).toEqual({ status: 'rejected', reason: errorLike({ code: 'ECONNRESET' }) });
  });
});

test('both sides ask and answer at the same time', async () => {
  const { endpoint, connection } = await connectPair();
  endpoint.serve(({ message }) => `client: ${message.text()}`);
  connection.serve(async ({ message, channel }) => `server: ${(await channel.request(message.payload)).text()}`);
  const answers = await Promise.all(['a', 'b', 'c'].map((text) => endpoint.request(text)));
  expect(answers.map((answer) => answer.text())).toEqual(['server: client: a', 'server: client: b', 'server: client: c']);
});

test('a request and its answer are as large as any message, also the first one of a client', async () => {
  const listener = keep(await Listener.bind(serviceName()));
  listener.serve(({ message }) => message);
  const endpoint = keep(Endpoint.connectSync(listener.name));
  const large = Buffer.alloc(3_000_000, 'large');
  const [first, second] = await Promise.all([endpoint.request(large), endpoint.request('small')]);
  expect(first.payload.equals(large)).toBe(true);
  expect(second.text()).toBe('small');
});

test('an empty request may get an empty reply', async () => {
  const { endpoint, connection } = await connectPair();
  connection.serve(() => {});
  expect((await endpoint.request('')).payload).toHaveLength(0);
});

test('pods are requests, too: their reply goes to the caller', async () => {
  const listener = keep(await Listener.bind(serviceName()));
  const endpoint = keep(await Endpoint.connect(listener.name));
  const replies = Promise.all([endpoint.request('one'), endpoint.request('two')]);
  const pods = [await listener.accept(), await listener.accept()];
  for (const pod of pods.reverse()) await pod.reply(`${pod.message.text()}!`);
  expect((await replies).map((reply) => reply.text())).toEqual(['one!', 'two!']);
});

test('a request that nobody serves is an error, and messages pass it', async () => {
  const { endpoint, connection } = await connectPair();
  const refused = expect(endpoint.request('who is there?')).rejects.toThrow(
    errorLike({ code: 'ERR_GIPS_UNSUPPORTED', message: 'serve()' }),
  );
  await endpoint.send('a message');
  expect((await connection.recv()).text()).toBe('a message');
  await refused;
});

test('an answer that comes too late does no harm', async () => {
  const listener = keep(await Listener.bind(serviceName()));
  const endpoint = keep(await Endpoint.connect(listener.name));
  const request = endpoint.request('slow', { timeout: 20 });
  const pod = await listener.accept();
  await expect(request).rejects.toThrow(errorLike({ code: 'ETIMEDOUT' }));
  await pod.reply('late');
  await pod.connection.reply('a message');
  expect((await endpoint.recv()).text()).toBe('a message');
});

test('the own close fails requests at once, and the peer sees their end', async () => {
  const { endpoint, connection } = await connectPair();
  const aborted = new Promise((resolve) => {
    connection.serve(({ signal }) => new Promise(() => signal.addEventListener('abort', resolve)));
  });
  const request = endpoint.request('x');
  const failed = expect(request).rejects.toThrow(errorLike({ code: 'ERR_GIPS_CLOSED' }));
  await eventually(() => expect(connection.stats.messagesReceived).toBe(1));
  await endpoint.close();
  await failed;
  await aborted;
});

test('an orderly goodbye of the other side fails requests with EPIPE', async () => {
  const { endpoint, connection } = await connectPair();
  const request = endpoint.request('x');
  void connection.close();
  await expect(request).rejects.toThrow(errorLike({ code: 'EPIPE' }));
});

test('bad arguments are told before anything is sent', async () => {
  const { endpoint, connection } = await connectPair();
  await expect(endpoint.request(1 as never)).rejects.toThrow(errorLike({ code: 'ERR_INVALID_ARG_TYPE' }));
  await expect(endpoint.request('x', { timeout: -1 })).rejects.toThrow(errorLike({ code: 'ERR_OUT_OF_RANGE' }));
  await expect(endpoint.request('x', { objects: [1] as never })).rejects.toThrow(errorLike({ code: 'ERR_INVALID_ARG_TYPE' }));
  await expect(endpoint.request(Buffer.alloc(65 * 2 ** 20))).rejects.toThrow(errorLike({ code: 'EMSGSIZE' }));
  await expect(endpoint.request('x', { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
  expect(connection.stats.messagesReceived).toBe(0);
});
