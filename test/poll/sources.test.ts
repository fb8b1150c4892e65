import { Endpoint, Events, Interest, Listener, Poller, type Token } from 'gips';
import { errorLike } from '../support/errors.js';
import { BarePeer } from '../support/bare-peer.js';
import { serviceName } from '../support/names.js';
import { start } from '../support/processes.js';

const PATIENCE_MS = 5000;

let poller: Poller;
let events: Events;

beforeEach(() => {
  poller = new Poller();
  events = new Events();
});
afterEach(() => poller.close());

/** The tokens of what is ready, sooner or later. */
function poll(timeout = PATIENCE_MS): Token[] {
  poller.poll(events, timeout);
  return [...events].map((event) => event.token);
}

describe('a listener', () => {
  let name: string;
  let listener: Listener;

  beforeEach(() => {
    name = serviceName();
    listener = Listener.bindSync(name);
  });
  afterEach(() => listener.close());

  /** Polls until there is a pod. */
  function nextText(): string {
    for (;;) {
      const pod = listener.tryAccept();
      if (pod !== null) return pod.message.text();
      expect(poll()).not.toEqual([]);
    }
  }

  test('is readable when a client connects and when it sends, and not before', async () => {
    poller.register(listener, Interest.READABLE);
    expect(poll(0)).toEqual([]);
    const endpoint = Endpoint.connectSync(name);
    endpoint.sendSync('first');
    expect(nextText()).toBe('first');
    expect(listener.tryAccept()).toBeNull();
    expect(poll(50)).toEqual([]);
    endpoint.sendSync('second');
    expect(nextText()).toBe('second');
    await endpoint.close();
  });

  test('stays readable while messages it has received are not taken', async () => {
    poller.register(listener, Interest.READABLE);
    const endpoint = Endpoint.connectSync(name);
    for (const text of ['1', '2', '3']) endpoint.sendSync(text);
    expect([nextText(), nextText(), nextText()]).toEqual(['1', '2', '3']);
    expect(listener.tryAccept()).toBeNull();
    expect(poll(0)).toEqual([]);
    await endpoint.close();
  });

  test('is never writable', () => {
    poller.register(listener, Interest.BOTH);
    expect(poll(50)).toEqual([]);
  });

  test('is told apart from another one by its token', async () => {
    const otherName = serviceName('other');
    const other = Listener.bindSync(otherName);
    poller.register(listener, Interest.READABLE);
    const otherToken = poller.register(other, Interest.READABLE);
    const endpoint = Endpoint.connectSync(otherName);
    expect(poll()).toEqual([otherToken]);
    await endpoint.close();
    await other.close();
  });

  test('drops a client that says nothing, though no descriptor tells of the time', async () => {
    await listener.close();
    listener = Listener.bindSync(name, { greetingTimeout: 150 });
    const peer = await BarePeer.connect(name);
    poller.register(listener, Interest.READABLE);
    const end = performance.now() + 400;
    while (performance.now() < end) {
      poll(end - performance.now());
      expect(listener.tryAccept()).toBeNull();
    }
    expect((await peer.receive()).bytes).toHaveLength(0);
  });

  test('is not watched by the event loop while it is registered, and can be afterwards', async () => {
    const token = poller.register(listener, Interest.READABLE);
    await expect(listener.accept()).rejects.toMatchObject({ code: 'ERR_GIPS_BUSY' });
    poller.deregister(listener, token);
    const accepted = listener.accept();
    const endpoint = await Endpoint.connect(name);
    await endpoint.send('async');
    expect((await accepted).message.text()).toBe('async');
    expect(() => poller.register(listener, Interest.READABLE)).toThrow(errorLike({ code: 'ERR_GIPS_BUSY' }));
    await endpoint.close();
  });

  test('that the event loop serves cannot be registered', async () => {
    const served = await Listener.bind(serviceName('served'));
    expect(() => poller.register(served, Interest.READABLE)).toThrow(errorLike({ code: 'ERR_GIPS_BUSY' }));
    await served.close();
    expect(() => poller.register(served, Interest.READABLE)).toThrow(errorLike({ code: 'ERR_GIPS_CLOSED' }));
  });

  test('is deregistered when it closes', async () => {
    const token = poller.register(listener, Interest.READABLE);
    await listener.close();
    expect(poll(0)).toEqual([]);
    expect(() => poller.deregister(listener, token)).toThrow(errorLike({ code: 'ENOENT' }));
  });
});

describe('an endpoint', () => {
  test('is readable when an answer has come, and until it is taken', async () => {
    const server = start('echo-server', { argument: { name: serviceName() } });
    const endpoint = Endpoint.connectSync(await server.next<string>('listening'));
    const token = poller.register(endpoint, Interest.READABLE);
    for (const text of ['a', 'b', 'c']) endpoint.sendSync(text);
    const received: string[] = [];
    while (received.length < 3) {
      expect(poll()).toEqual([token]);
      const message = endpoint.tryRecv();
      if (message !== null) received.push(message.text());
    }
    expect(received).toEqual(['a', 'b', 'c']);
    await endpoint.close();
  });

  test('is writable again when a receiver that slept takes its messages', async () => {
    const server = start('sleepy-server', { argument: { name: serviceName() } });
    const endpoint = Endpoint.connectSync(await server.next<string>('listening'));
    const token = poller.register(endpoint, Interest.WRITABLE);
    const payload = Buffer.alloc(16_384);
    let sent = 0;
    while (poll(200).length > 0) while (endpoint.trySend(payload)) sent += 1;
    server.tell('wake up');
    while (!endpoint.trySend(payload)) expect(poll()).toEqual([token]);
    poller.deregister(endpoint, token);
    await endpoint.close();
    expect(await server.next('received')).toBe(sent + 1);
  });

  test('is readable when its peer has crashed: what came first, then the error, every time', async () => {
    const server = start('echo-server', { argument: { name: serviceName() } });
    const endpoint = Endpoint.connectSync(await server.next<string>('listening'));
    const token = poller.register(endpoint, Interest.READABLE);
    endpoint.sendSync('greeting');
    expect(endpoint.recvSync(PATIENCE_MS).text()).toBe('greeting');
    endpoint.sendSync('last words');
    expect(poll()).toEqual([token]);
    await server.kill();
    expect(endpoint.tryRecv()?.text()).toBe('last words');
    expect(poll()).toEqual([token]);
    for (let i = 0; i < 2; i += 1) expect(() => endpoint.tryRecv()).toThrow(errorLike({ code: 'ECONNRESET' }));
    await endpoint.close();
  });

  test('is not watched by the event loop while it is registered', async () => {
    const listener = await Listener.bind(serviceName());
    const endpoint = Endpoint.connectSync(listener.name);
    const token = poller.register(endpoint, Interest.READABLE);
    await expect(endpoint.recv()).rejects.toMatchObject({ code: 'ERR_GIPS_BUSY' });
    poller.deregister(endpoint, token);
    await endpoint.send('async');
    expect((await listener.accept()).message.text()).toBe('async');
    await endpoint.close();
    await listener.close();
  });
});

describe('a connection', () => {
  test('of a blocking listener can be watched for room', async () => {
    const listener = Listener.bindSync(serviceName());
    const endpoint = Endpoint.connectSync(listener.name);
    endpoint.sendSync('hello');
    const { connection } = listener.acceptSync(PATIENCE_MS);
    const token = poller.register(connection, Interest.WRITABLE);
    expect(poll()).toEqual([token]);
    await endpoint.close();
    await listener.close();
  });
});
