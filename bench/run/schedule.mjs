/** Who is measured when: row by row, and within a row everybody in turn, again and again, so that what disturbs the machine disturbs all alike. */
import { describePins } from './cores.mjs';
import { measure } from './measure.mjs';

/** @typedef {import('../types.js').Peer} Peer */
/** @typedef {import('../types.js').Workload} Workload */
/** @typedef {import('../types.js').Row} Row */
/** @typedef {{ name: string, peer: Peer, form: import('../types.js').Form }} Contender */

/**
 * @param {{ peer: Peer, workload: Workload, row: Row }} of
 * @returns {string | undefined} why the peer does not take part
 */
function declined({ peer, workload, row }) {
  if ('command' in peer) {
    return workload.outside === undefined && peer.command(workload.name, row, { milliseconds: 0, pins: [] }) !== undefined
      ? undefined
      : 'has no such thing here';
  }
  if ((workload.forSpinning ?? false) !== (peer.spins ?? false)) return 'has no such thing here';
  if (workload.manyLinks === true && (peer.mostLinks ?? Infinity) < (row.count ?? 0))
    return `not made for more than ${peer.mostLinks} connections`;
  return workload.manyLinks === true && peer.single === true ? 'one connection only, as written here' : undefined;
}

/** @param {Peer} peer @param {Workload} workload @returns {Contender[]} the peer once for each of its forms */
function contendersOf(peer, workload) {
  const forms = workload.forms.filter((form) => form === 'callback' || ('forms' in peer && peer.forms?.includes(form)));
  return forms.map((form) => ({ name: form === 'callback' ? peer.name : `${peer.name} (${form})`, peer, form }));
}

/**
 * @param {Peer[]} peers
 * @param {Workload} workload
 * @param {Row} row
 * @param {{ repetitions: number, milliseconds: number }} options
 * @param {(text: string) => void} progress
 * @returns {Promise<import('../types.js').RowResult>}
 */
export async function measureRow(peers, workload, row, { repetitions, milliseconds }, progress) {
  const present = peers.filter((peer) => declined({ peer, workload, row }) === undefined);
  const contenders = present.flatMap((peer) => contendersOf(peer, workload));
  /** @type {import('../types.js').Entry[]} */
  const entries = contenders.map(({ name }) => ({ name, samples: [], cpu: [], notes: {} }));
  const rounds = Math.min(repetitions, row.repetitions ?? repetitions);
  for (let round = 1; round <= rounds; round += 1) {
    for (const [at, { name, peer, form }] of contenders.entries()) {
      const entry = /** @type {import('../types.js').Entry} */ (entries[at]);
      if (entry.problem !== undefined) continue;
      progress(`${row.title}: ${round}/${rounds} ${name}`);
      try {
        const measured = workload.outside ?? measure;
        keep(entry, await measured(peer, workload, row, { form, milliseconds }));
      } catch (error) {
        entry.problem = error instanceof Error ? error.message : String(error);
      }
    }
  }
  for (const peer of peers) {
    const problem = declined({ peer, workload, row });
    if (problem !== undefined) entries.push({ name: peer.name, samples: [], cpu: [], notes: {}, problem });
  }
  return { id: row.id, workload: workload.name, title: row.title, unit: workload.unit, pinned: describePins(workload.pin), entries };
}

/** @param {import('../types.js').Entry} entry @param {import('../types.js').Outcome} outcome */
function keep(entry, { value, cpu, notes }) {
  entry.samples.push(value);
  if (cpu !== undefined) entry.cpu.push(cpu);
  for (const [name, number] of Object.entries(notes ?? {})) (entry.notes[name] ??= []).push(number);
}
