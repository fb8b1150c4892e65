/**
 * An echo server and its client, two processes started by one command: `npm run example:ipc`.
 *
 * The server is the process you start; it starts the client.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Endpoint, Listener } from 'gips';

const [role = 'server', name = `com.example.echo.${process.pid}`] = process.argv.slice(2);
await (role === 'server' ? serve() : visit());

async function serve(): Promise<void> {
  const listener = await Listener.bind(name);
  console.log(`server: listening on ${name}`);
  const client = spawn(process.execPath, [fileURLToPath(import.meta.url), 'client', name], { stdio: 'inherit' });
  const clientExit = once(client, 'exit').then(async ([code]) => {
    await listener.close();
    return code as number | null;
  });

  // One message of any client at a time; it ends when the listener closes.
  for await (const pod of listener) {
    const { pid, userName } = pod.credentials;
    console.log(`server: "${pod.message.text()}" from process ${pid} of user ${userName ?? 'unknown'}`);
    await pod.reply(pod.message.payload);
  }
  process.exitCode = (await clientExit) ?? 1;
}

async function visit(): Promise<void> {
  const endpoint = await Endpoint.connect(name);
  for (const text of ['Hello from client!', 'Grüße', '']) {
    await endpoint.send(text);
    const echo = await endpoint.recv();
    console.log(`client: sent "${text}", got "${echo.text()}"`);
  }
  await endpoint.close();
}
