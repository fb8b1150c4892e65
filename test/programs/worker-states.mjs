/** The states in which test/programs/terminate-workers.mjs terminates its worker threads. Those that block, or never return, say `there()` before. */
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, threadId } from 'node:worker_threads';
import { openSync } from 'node:fs';
import { devNull } from 'node:os';
import { Endpoint, Events, Interest, IpcObject, Listener, Poller, ServiceDescriptor } from '../../dist/index.js';
import { argument } from './talk.mjs';

/** Services: test/programs/echo-server.mjs, and one that never looks at its clients. */
const { echo, silent } = argument;
const name = `${echo}.${threadId}`;
const CHUNK = Buffer.alloc(65_536);

/** @type {Record<string, () => Promise<void>>} */
export const states = {
  async bound() {
    await Listener.bind(name);
  },
  async accepting() {
    void (await Listener.bind(name)).accept();
  },
  async 'waiting for connections'() {
    const listener = await Listener.bind(name);
    void listener.connections().next();
  },
  async 'serving many clients'() {
    await Listener.bind(name);
    for (let i = 0; i < 20; i += 1) await Endpoint.connect(name);
  },
  async 'sharing a listener'() {
    const listener = await Listener.bind(name);
    void (await Listener.from(listener.share())).accept();
    listener.share();
  },
  async 'connected and idle'() {
    await Endpoint.connect(echo);
  },
  async 'in recv()'() {
    void (await Endpoint.connect(echo)).recv();
  },
  async 'in recv() with a timeout and a signal'() {
    void (await Endpoint.connect(echo)).recv({ timeout: 60_000, signal: new AbortController().signal });
  },
  async 'in a step of an iterator'() {
    void (await Endpoint.connect(echo))[Symbol.asyncIterator]().next();
  },
  async talking() {
    const endpoint = await Endpoint.connect(echo);
    there();
    for (;;) {
      await endpoint.send(CHUNK);
      await endpoint.recv();
    }
  },
  async 'waiting in send()'() {
    const endpoint = await Endpoint.connect(echo);
    there();
    for (;;) await endpoint.send(CHUNK);
  },
  async 'waiting for the drain'() {
    const endpoint = await filled();
    endpoint.on('drain', () => {});
  },
  async 'sending a large message'() {
    void (await Endpoint.connect(echo)).send(Buffer.alloc(2 ** 24));
  },
  async 'in close()'() {
    void (await filled()).close();
  },
  async 'in close() of a listener'() {
    const listener = await Listener.bind(name);
    const endpoint = await Endpoint.connect(name);
    await endpoint.send('hello');
    const { connection } = await listener.accept();
    while (connection.trySend(CHUNK));
    void listener.close();
  },
  async 'holding objects'() {
    const { endpoint, listener } = await pair();
    const objects = Array.from({ length: 10 }, () => IpcObject.from({ fd: openSync(devNull, 'r') }));
    for (let i = 0; i < 3; i += 1) await endpoint.send('objects', { objects });
    globalThis.held = await listener.accept();
  },
  async 'with objects not received yet'() {
    Listener.bindSync(name);
    const object = IpcObject.from({ fd: openSync(devNull, 'r') });
    Endpoint.connectSync(name).sendSync('objects', { objects: [object] });
  },
  async "in a subscriber of 'message'"() {
    const endpoint = await Endpoint.connect(echo);
    endpoint.on('message', () => {
      there();
      for (;;);
    });
    await endpoint.send('hello');
    await sleep(60_000);
  },
  async 'in connect()'() {
    void Endpoint.connect(silent);
  },
  async 'in connectSync() to a full queue'() {
    Listener.bindSync(name, { backlog: 1 });
    there();
    for (;;) Endpoint.connectSync(name);
  },
  async 'in acceptSync()'() {
    const listener = Listener.bindSync(name);
    Endpoint.connectSync(name);
    there();
    listener.acceptSync();
  },
  async 'in recvSync()'() {
    const endpoint = Endpoint.connectSync(echo);
    there();
    endpoint.recvSync();
  },
  async 'in sendSync()'() {
    const endpoint = Endpoint.connectSync(echo);
    there();
    for (;;) endpoint.sendSync(CHUNK);
  },
  async 'in poll()'() {
    const poller = new Poller();
    poller.waker();
    poller.register(Listener.bindSync(name), Interest.READABLE);
    poller.register(Endpoint.connectSync(echo), Interest.READABLE);
    there();
    poller.poll(new Events());
  },
  async 'amid everything'() {
    const listener = await Listener.bind(name);
    const object = IpcObject.from({ fd: openSync(devNull, 'r') });
    for (let i = 0; i < 5; i += 1) void comeAndGo(object);
    there();
    for await (const pod of listener) await pod.reply(pod.message.payload, { objects: pod.message.objects });
  },
  async 'waiting for a validator'() {
    const service = new ServiceDescriptor(name).withCredentialValidator(() => {
      there();
      return new Promise(() => {});
    });
    await Listener.bind(service);
    await Endpoint.connect(name);
  },
  async 'in a validator'() {
    const service = new ServiceDescriptor(name).withCredentialValidator(() => {
      there();
      for (;;);
    });
    await Listener.bind(service);
    await Endpoint.connect(name);
  },
};

// A listener belongs to one process there.
if (process.platform === 'win32') delete states['sharing a listener'];

export function there() {
  parentPort?.postMessage('there');
}

async function pair() {
  const listener = await Listener.bind(name);
  return { listener, endpoint: await Endpoint.connect(name) };
}

/** @param {IpcObject} object */
async function comeAndGo(object) {
  for (;;) {
    const endpoint = await Endpoint.connect(name);
    await endpoint.send(CHUNK, { objects: [object] });
    await endpoint.send('and go');
    await endpoint.recv();
    await endpoint.close();
  }
}

/** An endpoint that can send no more. */
async function filled() {
  const endpoint = await Endpoint.connect(echo);
  while (endpoint.trySend(CHUNK)) await sleep(1);
  return endpoint;
}
