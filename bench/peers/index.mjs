/** Everybody who takes part, in the order of the tables. */
import { cLimit } from './c.mjs';
import { forkAdvanced, forkJson } from './fork.mjs';
import { gips, gipsRing, gipsSpinning } from './gips.mjs';
import { messagePort } from './message-port.mjs';
import { abstractNet, coalescedNet, plainNet } from './net.mjs';
import { nodeIpc } from './node-ipc.mjs';
import { rust } from './rust.mjs';
import { zeromq } from './zeromq.mjs';

/** @type {import('../types.js').Peer[]} */
export const peers = [
  gips,
  gipsRing,
  gipsSpinning,
  plainNet,
  coalescedNet,
  abstractNet,
  forkJson,
  forkAdvanced,
  zeromq,
  nodeIpc,
  messagePort,
  ...cLimit,
  rust,
];

/** @param {string} name */
export function libraryPeer(name) {
  const peer = peers.find((candidate) => candidate.name === name);
  if (peer === undefined || !('serve' in peer)) throw new Error(`no library peer is called ${name}`);
  return peer;
}
