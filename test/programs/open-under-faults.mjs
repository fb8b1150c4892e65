/** Opens something while system calls fail as told, and once more when they no longer do. Says how both ended and which descriptors were left. */
import { readdirSync, readlinkSync } from 'node:fs';
import { Endpoint, IpcObject, Listener, Poller } from '../../dist/index.js';
import { argument, say } from './talk.mjs';

const { what, name, faults } = argument;

const openers = {
  'Listener.bind': () => Listener.bind(name),
  'Listener.bindSync': () => Listener.bindSync(name),
  'Endpoint.connect': () => Endpoint.connect(name),
  'Endpoint.connectSync': () => Endpoint.connectSync(name),
  'listener.share': () => derived(Listener.bindSync(name), (listener) => listener.share()),
  'listener.tryAccept': () => derived(Listener.bindSync(name), (listener) => listener.tryAccept()),
  'new Poller': () => new Poller(),
  'poller.waker': () => derived(new Poller(), (poller) => poller.waker()),
  'IpcObject.from': () => IpcObject.from({ fd: 0 }),
};

/** Closes what `derive` makes of `owner`; the owner is what has been opened. */
async function derived(owner, derive) {
  try {
    derive(owner)?.close();
    return owner;
  } catch (error) {
    await owner.close();
    throw error;
  }
}

function descriptors() {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return []; // the directory's own
    }
  });
}

async function open() {
  const before = descriptors();
  try {
    const opened = await openers[what]();
    await opened.close();
    return { error: null, left: [] };
  } catch (error) {
    const { code, syscall, address, message } = error;
    return { error: { code, syscall, address, message }, left: descriptors().filter((target) => !before.includes(target)) };
  }
}

process.env.FAULTS = faults;
say('faulty', await open());
process.env.FAULTS = '';
say('good', await open());
