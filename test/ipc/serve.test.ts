import type { IncomingRequest } from 'gips';
import { Endpoint, Listener, Shm, type Handler } from 'gips';
import { eventually } from '../support/deadline.js';
import { badArgument, errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { serviceName } from '../support/names.js';
import { connectPair } from '../support/pair.js';

/** A handler whose requests end when they are told to, by their text. */
class Hold {
  readonly running = new Map<string, { request: IncomingRequest; answer: (text: string) => void }>();
  most = 0;
  readonly handler: Handler = (request) =>
    new Promise((resolve) => {
      const text = request.message.text();
      this.running.set(text, { request, answer: resolve });
      this.most = Math.max(this.most, this.running.size);
    });

  answer(text: string): void {
    const { answer } = this.running.get(text)!;
    this.running.delete(text);
    answer(`${text}!`);
  }

  async begun(...texts: string[]): Promise<void> {
    await eventually(() => expect([...this.running.keys()]).toEqual(texts));
  }
}

async function serveHeld(
  options: object,
): Promise<{ hold: Hold; endpoint: Endpoint; service: ReturnType<Listener['serve']>; listener: Listener }> {
  const hold = new Hold();
  const listener = keep(await Listener.bind(serviceName()));
  const service = listener.serve(hold.handler, options);
  return { hold, listener, service, endpoint: keep(await Endpoint.connect(listener.name)) };
}

const textOf = (message: { text(): string }): string => message.text();

test('handlers run at once up to the concurrency, then as places become free, in order', async () => {
  const { hold, endpoint, service } = await serveHeld({ concurrency: 2 });
  const replies = ['a', 'b', 'c', 'd', 'e'].map((text) => endpoint.request(text).then(textOf));
  await hold.begun('a', 'b');
  await eventually(() => expect(service.pending).toBe(5));
  hold.answer('b');
  await hold.begun('a', 'c');
  hold.answer('a');
  hold.answer('c');
  await hold.begun('d', 'e');
  hold.answer('d');
  hold.answer('e');
  expect(await Promise.all(replies)).toEqual(['a!', 'b!', 'c!', 'd!', 'e!']);
  expect(hold.most).toBe(2);
  expect(service.pending).toBe(0);
});

test('handlers that answer at once take turns with those that do not', async () => {
  const listener = keep(await Listener.bind(serviceName()));
  let running = 0;
  let most = 0;
  listener.serve(
    ({ message }) => {
      running += 1;
      most = Math.max(most, running);
      if (message.text().endsWith('0')) {
        running -= 1;
        return message;
      }
      return new Promise((resolve) => {
        setImmediate(() => {
          running -= 1;
          resolve(message);
        });
      });
    },
    { concurrency: 3, maxPending: 2000 },
  );
  const endpoint = keep(await Endpoint.connect(listener.name));
  const texts = Array.from({ length: 1000 }, (_, i) => String(i));
  const replies = await Promise.all(texts.map((text) => endpoint.request(text).then(textOf)));
  expect(replies).toEqual(texts);
  expect(most).toBe(3);
});

test('past maxPending requests fail at once with EAGAIN, and can be repeated', async () => {
  const { hold, endpoint, service } = await serveHeld({ concurrency: 1, maxPending: 2 });
  const replies = ['a', 'b'].map((text) => endpoint.request(text).then(textOf));
  await expect(endpoint.request('c')).rejects.toThrow(errorLike({ code: 'EAGAIN', message: 'pending' }));
  expect(service.pending).toBe(2);
  hold.answer('a');
  await hold.begun('b');
  const again = endpoint.request('c').then(textOf);
  hold.answer('b');
  await hold.begun('c');
  hold.answer('c');
  expect(await Promise.all([...replies, again])).toEqual(['a!', 'b!', 'c!']);
});

test('past maxPending plain messages stay with their sender, and none is lost', async () => {
  const { hold, endpoint, service } = await serveHeld({ concurrency: 1, maxPending: 2 });
  const texts = ['a', 'b', 'c', 'd', 'e'];
  for (const text of texts) await endpoint.send(text);
  for (const text of texts) {
    await hold.begun(text);
    expect(service.pending).toBeLessThanOrEqual(2);
    hold.answer(text);
    expect((await endpoint.recv()).text()).toBe(`${text}!`);
  }
});

test('a plain message gets what the handler returns as a message, and nothing for nothing', async () => {
  const { endpoint, connection } = await connectPair();
  connection.serve(({ message }) => (message.text() === 'silence' ? undefined : `${message.text()}!`));
  await endpoint.send('silence');
  await endpoint.send('words');
  expect((await endpoint.recv()).text()).toBe('words!');
});

test('a handler that fails for a plain message is an error of its connection', async () => {
  const { endpoint, connection } = await connectPair();
  const errors: unknown[] = [];
  connection.on('error', (error) => errors.push(error));
  connection.serve(() => Promise.reject(new Error('no')));
  await endpoint.send('x');
  await eventually(() => expect(errors).toEqual([errorLike({ message: 'no' })]));
});

test('the signal aborts when the caller does, and the caller of a running handler is not kept waiting for it', async () => {
  const { hold, endpoint, service } = await serveHeld({});
  const controller = new AbortController();
  const request = endpoint.request('a', { signal: controller.signal });
  const failed = expect(request).rejects.toThrow('enough');
  await hold.begun('a');
  const { signal } = hold.running.get('a')!.request;
  expect(signal.aborted).toBe(false);
  controller.abort(new Error('enough'));
  await failed;
  await eventually(() => expect(signal.aborted).toBe(true));
  expect(service.pending).toBe(0);
  hold.answer('a');
});

test('a request that is cancelled while it waits for a place never runs', async () => {
  const { hold, endpoint, listener, service } = await serveHeld({ concurrency: 1 });
  const first = endpoint.request('a').then(textOf);
  await expect(endpoint.request('b', { timeout: 50 })).rejects.toThrow(errorLike({ code: 'ETIMEDOUT' }));
  const third = endpoint.request('c').then(textOf);
  await eventually(() => expect(listener.stats.messagesReceived).toBe(3));
  expect(service.pending).toBe(2);
  hold.answer('a');
  await hold.begun('c');
  hold.answer('c');
  expect(await Promise.all([first, third])).toEqual(['a!', 'c!']);
});

test('a request that is cancelled before it is taken never runs', async () => {
  const { endpoint, connection } = await connectPair();
  await expect(endpoint.request('early', { timeout: 20 })).rejects.toThrow(errorLike({ code: 'ETIMEDOUT' }));
  const late = endpoint.request('late').then(textOf);
  await eventually(() => expect(connection.stats.messagesReceived).toBe(2));
  await endpoint.flush();
  const seen: string[] = [];
  connection.serve(({ message }) => {
    seen.push(message.text());
    return message;
  });
  expect(await late).toBe('late');
  expect(seen).toEqual(['late']);
});

test('a handler that takes longer than its time is aborted, and its caller told', async () => {
  const { hold, endpoint } = await serveHeld({ timeout: 30, concurrency: 1 });
  await expect(endpoint.request('a')).rejects.toThrow(
    errorLike({ code: 'ERR_GIPS_REMOTE', cause: errorLike({ code: 'ETIMEDOUT', message: '30 ms' }) }),
  );
  expect(hold.running.get('a')!.request.signal.aborted).toBe(true);
  const next = endpoint.request('b').then(textOf);
  hold.answer('a');
  await hold.begun('b');
  hold.answer('b');
  expect(await next).toBe('b!');
});

test('what a handler throws arrives by name, message and code, whatever it is, and without its stack', async () => {
  const { endpoint, connection } = await connectPair();
  const thrown: Record<string, unknown> = {
    error: Object.assign(new TypeError('wrong'), { code: 'E_WRONG', secret: 42 }),
    text: 'just a text',
    nothing: undefined,
    long: new Error('x'.repeat(100_000)),
    'hostile object': {
      get message() {
        throw new Error('gotcha');
      },
    },
    symbol: Symbol('s'),
  };
  connection.serve(({ message }) => {
    throw thrown[message.text()];
  });
  const causeOf = (which: string): Promise<unknown> => endpoint.request(which).catch((error: unknown) => (error as Error).cause);
  expect(await causeOf('error')).toMatchObject({ name: 'TypeError', message: 'wrong', code: 'E_WRONG' });
  expect(await causeOf('error')).not.toHaveProperty('secret');
  expect(((await causeOf('error')) as Error).stack).toBeUndefined();
  expect(await causeOf('text')).toMatchObject({ name: 'Error', message: 'just a text' });
  expect(await causeOf('nothing')).toMatchObject({ message: 'undefined' });
  expect(((await causeOf('long')) as Error).message.length).toBeLessThan(10_000);
  expect(await causeOf('hostile object')).toMatchObject({ message: expect.stringContaining('cannot be read') as string });
  expect(await causeOf('symbol')).toMatchObject({ message: 'Symbol(s)' });
});

test('an answer that cannot be sent is a failure', async () => {
  const { endpoint, connection } = await connectPair({ maxMessageSize: 1000 });
  connection.serve(({ message }) => (message.text() === 'large' ? Buffer.alloc(1001) : (42 as never)));
  await expect(endpoint.request('large')).rejects.toThrow(errorLike({ code: 'ERR_GIPS_REMOTE', cause: errorLike({ code: 'EMSGSIZE' }) }));
  await expect(endpoint.request('number')).rejects.toThrow(
    errorLike({ code: 'ERR_GIPS_REMOTE', cause: errorLike({ code: 'ERR_INVALID_ARG_TYPE' }) }),
  );
});

test('requests and answers carry objects', async () => {
  const { endpoint, connection } = await connectPair();
  connection.serve(({ message }) => {
    const [object] = message.objects;
    using shm = object!.toShm();
    const copy = Shm.create(null, shm.size);
    copy.write(shm.read());
    setImmediate(() => copy.close());
    return { payload: 'copied', objects: [copy] };
  });
  using original = Shm.create(null, 100);
  original.write('the contents');
  const reply = await endpoint.request('copy it', { objects: [original] });
  using copy = reply.objects[0]!.toShm();
  expect(copy.read(0, 12).toString()).toBe('the contents');
});

describe('close', () => {
  test('lets those that run or wait finish within its time, and refuses new ones', async () => {
    const { hold, endpoint, service } = await serveHeld({ concurrency: 1 });
    const replies = ['a', 'b'].map((text) => endpoint.request(text).then(textOf));
    await eventually(() => expect(service.pending).toBe(2));
    const closed = service.close({ drain: 10_000 });
    await expect(endpoint.request('c')).rejects.toThrow(errorLike({ code: 'ERR_GIPS_UNSUPPORTED' }));
    hold.answer('a');
    await hold.begun('b');
    hold.answer('b');
    await closed;
    expect(await Promise.all(replies)).toEqual(['a!', 'b!']);
    expect(service.pending).toBe(0);
  });

  test.each([
    ['at once', undefined],
    ['when the time is over', { drain: 30 }],
  ])('aborts handlers %s, and every caller is told', async (_, options) => {
    const { hold, endpoint, service } = await serveHeld({ concurrency: 1 });
    const requests = Promise.allSettled(['a', 'b'].map((text) => endpoint.request(text)));
    await eventually(() => expect(service.pending).toBe(2));
    await service.close(options);
    expect(hold.running.get('a')!.request.signal.aborted).toBe(true);
    expect(service.pending).toBe(0);
    for (const outcome of await requests) expect(outcome).toMatchObject({ reason: errorLike({ code: 'ERR_GIPS_REMOTE' }) });
    hold.answer('a');
  });

  test('leaves the listener and its connections to other uses, with the messages that came meanwhile', async () => {
    const { endpoint, listener, service } = await serveHeld({});
    await service.close();
    await endpoint.send('later');
    const pod = await listener.accept();
    expect(pod.message.text()).toBe('later');
    await pod.reply('hello');
    expect((await endpoint.recv()).text()).toBe('hello');
  });

  test('a second service can follow the first', async () => {
    const { endpoint, listener, service } = await serveHeld({});
    await service.close();
    await using second = listener.serve(() => 'second');
    expect((await endpoint.request('x')).text()).toBe('second');
    expect(second.pending).toBe(0);
  });

  test('an aborted signal closes the service', async () => {
    const controller = new AbortController();
    const { hold, endpoint, service } = await serveHeld({ signal: controller.signal });
    const request = expect(endpoint.request('a')).rejects.toThrow(errorLike({ code: 'ERR_GIPS_REMOTE' }));
    await hold.begun('a');
    controller.abort();
    await request;
    expect(service.pending).toBe(0);
    hold.answer('a');
  });

  test('a connection that closes aborts its handlers, and no others', async () => {
    const { hold, endpoint, listener } = await serveHeld({});
    const other = keep(await Endpoint.connect(listener.name));
    const stays = other.request('stays').then(textOf);
    endpoint.request('goes').catch(() => {});
    await eventually(() => expect(hold.running.size).toBe(2));
    endpoint.destroy();
    await eventually(() => expect(hold.running.get('goes')!.request.signal.aborted).toBe(true));
    expect(hold.running.get('stays')!.request.signal.aborted).toBe(false);
    hold.answer('stays');
    expect(await stays).toBe('stays!');
    hold.answer('goes');
  });
});

test('serving excludes other ways to receive, and the other way round', async () => {
  const { endpoint, listener } = await serveHeld({});
  expect(() => listener.serve(() => '')).toThrow(errorLike({ code: 'ERR_GIPS_BUSY' }));
  expect(() => listener.tryAccept()).toThrow(errorLike({ code: 'ERR_GIPS_BUSY' }));
  const service = endpoint.serve(() => '');
  await expect(endpoint.recv()).rejects.toThrow(errorLike({ code: 'ERR_GIPS_BUSY', message: 'service' }));
  await service.close();
  const received = endpoint.recv({ timeout: 20 });
  expect(() => endpoint.serve(() => '')).toThrow(errorLike({ code: 'ERR_GIPS_BUSY' }));
  await expect(received).rejects.toThrow(errorLike({ code: 'ETIMEDOUT' }));
});

test.each([
  [['not a function'], badArgument('ERR_INVALID_ARG_TYPE', 'handler', 'function')],
  [[() => '', { concurrency: 0 }], badArgument('ERR_OUT_OF_RANGE', 'options.concurrency', 'integer')],
  [[() => '', { maxPending: 1.5 }], badArgument('ERR_OUT_OF_RANGE', 'options.maxPending', 'integer')],
  [[() => '', { timeout: 'long' }], badArgument('ERR_INVALID_ARG_TYPE', 'options.timeout', 'number')],
  [[() => '', { signal: {} }], badArgument('ERR_INVALID_ARG_TYPE', 'options.signal', 'AbortSignal')],
])('bad arguments are told: %p', async (args, error) => {
  const listener = keep(await Listener.bind(serviceName()));
  const serve = (): unknown => listener.serve(...(args as unknown as Parameters<Listener['serve']>));
  expect(serve).toThrow(error);
});
