/** Does one thing with a service and leaves it to Node whether this process ends. Says when it has begun, and when what it waits for has come. */
import { Endpoint, Listener } from '../../dist/index.js';
import { argument, say } from './talk.mjs';

const { situation, name } = argument;
const done = () => say('done');

const situations = {
  // Something is awaited or listened for.
  async 'a listener'() {
    const listener = await Listener.bind(name);
    listener.once('connection', () => {
      done();
      void listener.close();
    });
  },
  async 'accept() on a listener made without the event loop'() {
    const listener = Listener.bindSync(name);
    void listener
      .accept()
      .then(done)
      .finally(() => listener.close());
  },
  async 'a listener that was referenced again'() {
    const listener = await Listener.bind(name);
    listener.unref().ref();
    listener.once('connection', () => {
      done();
      void listener.close();
    });
  },
  async 'recv()'() {
    void (await connect()).recv().then(done);
  },
  async 'recv() on an endpoint made without the event loop'() {
    void Endpoint.connectSync(name).recv().then(done);
  },
  async 'recv() on an endpoint that was referenced again'() {
    const endpoint = await connect();
    void endpoint.recv().then(done);
    endpoint.unref().ref();
  },
  async 'a step of an iterator'() {
    void (await connect())[Symbol.asyncIterator]().next().then(done);
  },
  async "a subscriber of 'message'"() {
    (await connect()).once('message', done);
  },
  async 'connect()'() {
    void connect().then(done);
  },
  async 'recv() with a timeout'() {
    void (await connect()).recv({ timeout: 500 }).catch(done);
  },
  async 'recv() on a connection of a listener without reference'() {
    const listener = (await Listener.bind(name)).unref();
    void connect();
    const { value: connection } = await listener.connections().next();
    say('name', name);
    void connection.recv({ timeout: 500 }).catch(done);
  },

  // Nothing is.
  async 'an idle endpoint'() {
    await (await connect()).send('hello');
  },
  async 'an endpoint made without the event loop'() {
    Endpoint.connectSync(name).sendSync('hello');
  },
  async 'a closed endpoint'() {
    const endpoint = await connect();
    const received = endpoint.recv().catch(() => {});
    await endpoint.close();
    await received;
  },
  async 'a destroyed endpoint'() {
    const endpoint = await connect();
    endpoint.on('message', () => {});
    endpoint.destroy();
  },
  async 'an iterator between two steps'() {
    const endpoint = await connect();
    await endpoint.send('answer me');
    await endpoint[Symbol.asyncIterator]().next();
  },
  async 'an iterator that was left'() {
    const endpoint = await connect();
    await endpoint.send('answer me');
    for await (const message of endpoint) {
      say('received', message.text());
      break;
    }
  },
  async "a former subscriber of 'message'"() {
    const endpoint = await connect();
    endpoint.on('message', done).off('message', done);
  },
  async "a subscriber of 'close', 'drain' and 'error'"() {
    const endpoint = await connect();
    for (const event of ['close', 'drain', 'error']) endpoint.on(event, () => {});
  },
  async 'the promise of the end'() {
    void (await connect()).closed.then(done);
  },
  async 'recv() without reference'() {
    const endpoint = (await connect()).unref();
    void endpoint.recv({ timeout: 60_000 });
  },
  async 'recv() that was aborted'() {
    const abort = new AbortController();
    const received = (await connect()).recv({ signal: abort.signal }).catch(() => {});
    abort.abort();
    await received;
  },
  async 'recv() that has timed out'() {
    await (await connect()).recv({ timeout: 20 }).catch(() => {});
  },
  async 'a listener without reference'() {
    const listener = (await Listener.bind(name)).unref();
    void listener.accept();
  },
  async 'a listener made without the event loop'() {
    Listener.bindSync(name).tryAccept();
  },
  async 'a closed listener with clients'() {
    const listener = await Listener.bind(name);
    const endpoint = await connect();
    const received = endpoint.recv().catch(() => {});
    await listener.close();
    await received;
  },
};

await situations[situation]();
say('begun');

function connect() {
  return Endpoint.connect(name);
}
