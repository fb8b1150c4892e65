import { existsSync } from 'node:fs';
import { Endpoint, type Connection, Events, Interest, Listener, Poller, type Pod } from 'gips';
import { BarePeer } from '../support/bare-peer.js';
import { eventually, within } from '../support/deadline.js';
import { errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { serviceName, socketPath } from '../support/names.js';
import { sharedListeners, socketFiles } from '../support/platform.js';
import { start } from '../support/processes.js';

const closed = errorLike({ code: 'ERR_GIPS_CLOSED' });
const refused = errorLike({ code: 'ECONNREFUSED' });

let listener: Listener;
beforeEach(async () => {
  listener = keep(await Listener.bind(serviceName()));
});

/** Whether it has settled by now. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  await new Promise((resolve) => setTimeout(resolve, 50));
  return (await Promise.race([promise, Promise.resolve(pending)])) === pending;
}

describe('close({ drain })', () => {
  test('serves those who are there until they leave, and nobody else', async () => {
    const served: string[] = [];
    const loop = (async () => {
      for await (const pod of listener) {
        served.push(pod.message.text());
        await pod.reply(`got ${pod.message.text()}`);
      }
    })();
    const [first, second] = [keep(await Endpoint.connect(listener.name)), keep(await Endpoint.connect(listener.name))];
    const over = listener.close({ drain: Infinity });
    await expect(Endpoint.connect(listener.name)).rejects.toThrow(refused);
    for (const endpoint of [first, second, first]) {
      await endpoint.send('a');
      expect((await endpoint.recv()).text()).toBe('got a');
    }
    await first.close();
    expect(await isPending(over)).toBe(true);
    await second.send('the last words');
    await second.close();
    await within(over, 'the end of the listener');
    await within(loop, 'the end of the loop');
    expect(served).toEqual(['a', 'a', 'a', 'the last words']);
  });

  test('resolves at once when nobody is there', async () => {
    const ended = new Promise<void>((resolve) => listener.on('close', resolve));
    await within(listener.close({ drain: Infinity }), 'the end');
    await ended;
    await expect(listener.accept()).rejects.toThrow(closed);
  });

  test('closes those who stay longer, with a goodbye', async () => {
    const endpoint = keep(await Endpoint.connect(listener.name));
    await within(listener.close({ drain: 20 }), 'the end');
    expect(await endpoint.closed).toBeUndefined();
    await expect(endpoint.recv()).rejects.toThrow(errorLike({ code: 'EPIPE' }));
  });

  test('is cut short by close()', async () => {
    const endpoint = keep(await Endpoint.connect(listener.name));
    const over = listener.close({ drain: Infinity });
    expect(await isPending(over)).toBe(true);
    await listener.close();
    await over;
    expect(await endpoint.closed).toBeUndefined();
  });

  test('greets those whom it had accepted already', async () => {
    const peer = await BarePeer.connect(listener.name);
    const pod = listener.accept();
    const before = listener.stats.accepted;
    // Once the acceptor's turn has come the client is in, and has said nothing yet.
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(before).toBe(0);
    const over = listener.close({ drain: Infinity });
    expect(await isPending(over)).toBe(true);
    await peer.send(Buffer.from('late'));
    expect((await within(pod, 'the message')).message.text()).toBe('late');
    await peer.close();
    await within(over, 'the end');
  });

  test('waits for what clients have left behind to be taken', async () => {
    const connections = listener.connections();
    const endpoint = await Endpoint.connect(listener.name);
    await endpoint.send('left behind');
    await endpoint.close();
    await eventually(() => expect(listener.stats.connections).toBe(0));
    const over = listener.close({ drain: Infinity });
    expect(await isPending(over)).toBe(true);
    const { value: connection } = (await connections.next()) as { value: Connection };
    expect((await connection.recv()).text()).toBe('left behind');
    await within(over, 'the end');
    expect(await connections.next()).toEqual({ done: true, value: undefined });
  });

  socketFiles.test('frees the name, and shares it no more', async () => {
    const file = keep(await Listener.bind(socketPath()));
    const endpoint = keep(await Endpoint.connect(file.name));
    const over = file.close({ drain: Infinity });
    expect(existsSync(file.name)).toBe(false);
    expect(() => file.share()).toThrow(closed);
    const successor = keep(await Listener.bind(file.name));
    await endpoint.close();
    await over;
    expect(existsSync(file.name)).toBe(true);
    await successor.close();
  });

  sharedListeners.test('leaves clients in the queue to the others who accept there', async () => {
    const other = keep(await Listener.from(listener.share()));
    const drained = listener.close({ drain: Infinity });
    const endpoint = keep(await Endpoint.connect(listener.name));
    await endpoint.send('hello');
    expect((await other.accept()).message.text()).toBe('hello');
    await drained;
  });

  test('works under a Poller', async () => {
    const blocking = keep(Listener.bindSync(serviceName()));
    const endpoint = keep(Endpoint.connectSync(blocking.name));
    endpoint.sendSync('one');
    const poller = keep(new Poller());
    poller.register(blocking, Interest.READABLE);
    const events = new Events();
    const take = (): Pod => {
      for (;;) {
        const pod = blocking.tryAccept();
        if (pod !== null) return pod;
        expect(poller.poll(events, 5_000)).toBe(1);
      }
    };
    expect(take().message.text()).toBe('one');
    const over = blocking.close({ drain: Infinity });
    expect(() => Endpoint.connectSync(blocking.name)).toThrow(refused);
    endpoint.sendSync('two');
    expect(take().message.text()).toBe('two');
    endpoint.destroy();
    poller.poll(events, 5_000);
    expect(() => {
      for (let turn = 0; turn < 5; turn += 1) blocking.tryAccept();
    }).not.toThrow();
    await within(over, 'the end');
    expect(() => blocking.tryAccept()).toThrow(closed);
  });

  test('keeps its process alive until the last client has left', async () => {
    const program = start('drain', { argument: { name: serviceName('of-a-process') } });
    const name = await program.next<string>('listening');
    const endpoint = keep(await Endpoint.connect(name));
    await endpoint.send('drain');
    expect((await endpoint.recv()).text()).toBe('draining');
    await eventually(() => expect(Endpoint.connect(name)).rejects.toThrow(refused));
    await endpoint.send('still there?');
    expect((await endpoint.recv()).text()).toBe('yes');
    await endpoint.close();
    await program.finish();
  });
});
