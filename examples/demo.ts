/**
 * What gips does, in one minute: `npm run demo`.
 *
 * This process is the server. It starts a client that is welcome, and then one that is not.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Credentials, Listener, ServiceDescriptor, type IpcObject } from 'gips';

const name = `com.example.demo.${process.pid}`;
const me = Credentials.currentProcess();
say(`process ${me.pid}, user ${me.userName ?? me.uid}, listening on "${name}"`);

const open = await Listener.bind(name);
const isServed = serve(open);
await run('client', name);

if (me.isPrivileged) {
  say('only my own user is welcome; now a client of the user "nobody" tries');
  await refuse(open, 'client-as-nobody');
} else {
  say('now a second service that admits root alone, and the same client again');
  const guarded = await Listener.bind(new ServiceDescriptor(`${name}.guarded`).withAllowedUid([0]));
  await refuse(guarded, 'client');
  await guarded.close();
}

await open.close();
await isServed;
say('closed; nothing is left behind');

async function serve(listener: Listener): Promise<void> {
  for await (const { message, credentials, connection } of listener) {
    const [object] = message.objects;
    if (object === undefined) {
      say(
        `the kernel says: process ${credentials.pid}, user ${credentials.userName ?? credentials.uid}, groups ${credentials.gids.join(', ')}`,
      );
      say(`it wrote: ${message.text()}`);
      await connection.reply('Welcome. Send me something to write to.');
    } else {
      writeInto(object);
      await connection.reply('I have written into your file.');
    }
  }
}

/** A received descriptor is this process's own: it is used like any other, and closed. */
function writeInto(object: IpcObject): void {
  say(`got a descriptor, here it is number ${object.fd}; writing through it`);
  writeSync(object.fd, `written by process ${process.pid}`);
  object.close();
}

async function refuse(listener: Listener, role: string): Promise<void> {
  listener.once('rejected', (error, credentials) => {
    say(`refused process ${credentials.pid}, user ${credentials.userName ?? credentials.uid}: ${error.message}`);
  });
  await run(role, listener.name);
}

/** Runs a client to its end. */
async function run(role: string, service: string): Promise<void> {
  const client = spawn(process.execPath, [fileURLToPath(new URL('demo-client.js', import.meta.url)), role, service], { stdio: 'inherit' });
  const [code] = (await once(client, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`the client ended with ${String(code)}`);
}

function say(text: string): void {
  console.log(`server | ${text}`);
}
