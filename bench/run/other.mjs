/** Starts the serving side and talks to it. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { MessageChannel, Worker } from 'node:worker_threads';
import { onCore } from './cores.mjs';

const serverFile = new URL('./server.mjs', import.meta.url);

/**
 * @param {import('../types.js').LibraryPeer} peer
 * @param {{ peer: string, row: import('../types.js').Row, form: string, address: string, name: string, pins: string[], gc: boolean }} task
 */
export async function startOther(peer, task) {
  const { end, other, stop } = peer.inThread ? inThread(task) : inProcess(peer, task);
  /** @type {Map<string, (message: any) => void>} */
  const waiting = new Map();
  end.on('message', (/** @type {any} */ message) => waiting.get(message?.control)?.(message));
  /** @param {string} kind @returns {Promise<any>} */
  const answer = (kind) => new Promise((resolve) => waiting.set(kind, resolve));
  const failed = new Promise((_, reject) => {
    end.on('error', reject);
    end.on('exit', (/** @type {number | null} */ code) => reject(new Error(`the server ended with code ${code}`)));
  });
  failed.catch(() => {});
  await Promise.race([answer('listening'), failed]);
  return {
    other,
    stop,
    failed,
    /** @returns {Promise<import('../types.js').Usage>} */
    usage() {
      const usage = answer('usage');
      other.tell({ control: 'usage' });
      return usage;
    },
  };
}

/** @param {import('../types.js').LibraryPeer} peer @param {any} task */
function inProcess(peer, task) {
  const [program = '', ...before] = [...onCore(task.pins[0]), process.execPath, ...(task.gc ? ['--expose-gc'] : [])];
  const child = fork(fileURLToPath(serverFile), [JSON.stringify(task)], {
    execPath: program,
    execArgv: before,
    serialization: peer.serialization ?? 'json',
  });
  return {
    end: child,
    other: { child, tell: (/** @type {any} */ message) => void child.send(message) },
    stop: () => child.kill('SIGKILL'),
  };
}

/** @param {any} task */
function inThread(task) {
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(serverFile, { workerData: { ...task, port: port2 }, transferList: [port2] });
  return {
    end: worker,
    other: { port: port1, tell: (/** @type {any} */ message) => worker.postMessage(message) },
    stop: () => void worker.terminate(),
  };
}
