/** The process that measures: starts the one that serves, does the workload, prints the outcome as JSON. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { libraryPeer } from '../peers/index.mjs';
import { makePayload } from '../workloads/bytes.mjs';
import { workload } from '../workloads/index.mjs';
import { onCore } from './cores.mjs';
import { startOther } from './other.mjs';
import { cpuTime } from './usage.mjs';

const task = JSON.parse(process.argv[2] ?? '');
const { row, form, address, name, milliseconds, messages } = task;
const peer = libraryPeer(task.peer);
const server = await startOther(peer, task);

/** @type {import('../types.js').Context} */
const context = {
  row,
  form,
  milliseconds,
  messages,
  payload: makePayload(row.size, peer.textOnly === true),
  connect: () => peer.connect(address, { row, form, other: server.other }),
  server: () => server.usage(),
  cpu: async () => cpuTime() + (peer.inThread ? 0 : (await server.usage()).cpu),
  async flood() {
    const [program = '', ...before] = [...onCore(task.pins[1]), process.execPath];
    const child = fork(fileURLToPath(new URL('./flood.mjs', import.meta.url)), [JSON.stringify(task)], {
      execPath: program,
      execArgv: before,
    });
    await once(child, 'message');
    return async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    };
  },
};

try {
  const outcome = await Promise.race([workload(name).measure(context), server.failed]);
  console.log(JSON.stringify(outcome));
} catch (error) {
  console.log(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }));
} finally {
  server.stop();
  process.exit();
}
