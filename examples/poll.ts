/**
 * A blocking, event-driven server with several clients, without the event loop: `npm run example:poll`.
 *
 * The server waits with one `Poller` for two services: one does the work, one is told when a client has finished.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Endpoint, Events, Interest, Listener, Poller, type Pod } from 'gips';

const CLIENTS = 3;
const PATIENCE_MS = 10_000;

const [role = 'server', name = `com.example.upper.${process.pid}`] = process.argv.slice(2);
if (role === 'server') await serve();
else visit(role);

async function serve(): Promise<void> {
  const work = Listener.bindSync(name);
  const control = Listener.bindSync(`${name}.control`);
  for (let i = 1; i <= CLIENTS; i += 1) {
    spawn(process.execPath, [fileURLToPath(import.meta.url), `client ${i}`, name], { stdio: 'inherit' });
  }

  const poller = new Poller();
  const events = new Events();
  const workToken = poller.register(work, Interest.READABLE);
  const controlToken = poller.register(control, Interest.READABLE);
  let finished = 0;

  while (finished < CLIENTS) {
    if (poller.poll(events, PATIENCE_MS) === 0) throw new Error(`nothing has happened for ${PATIENCE_MS} ms`);
    for (const event of events) {
      if (event.token === workToken) drain(work, answer);
      if (event.token === controlToken) {
        drain(control, (pod) => {
          finished += 1;
          console.log(`server: ${pod.message.text()} has finished`);
        });
      }
    }
  }

  poller.close();
  await Promise.all([work.close(), control.close()]);
}

/** An event says that there may be several messages: take all that are there. */
function drain(listener: Listener, handle: (pod: Pod) => void): void {
  for (let pod = listener.tryAccept(); pod !== null; pod = listener.tryAccept()) handle(pod);
}

function answer({ connection, message }: Pod): void {
  const isQueued = connection.trySend(message.text().toUpperCase());
  // This client does not read its answers: the server does not wait for it.
  if (!isQueued) connection.destroy();
}

function visit(me: string): void {
  const work = Endpoint.connectSync(name);
  for (const word of ['one', 'two', 'three']) {
    work.sendSync(`${word} of ${me}`);
    console.log(`${me}: ${work.recvSync(PATIENCE_MS).text()}`);
  }
  const control = Endpoint.connectSync(`${name}.control`);
  control.sendSync(me);
}
