/** How long a message takes: a warm-up that doubles until the pace is known, then one measured run of about the wanted length. */

const WARM_UP = 1;
/** So many messages make the compiler do what it will do; whoever is slower warms up no longer than it is measured. */
const WARM_MESSAGES = 4000;

/**
 * @param {import('../types.js').Context} context
 * @param {(messages: number) => Promise<void>} run
 * @returns {Promise<import('../types.js').Outcome>} µs per message
 */
export async function timed(context, run) {
  if (context.messages !== undefined) {
    await run(context.messages);
    return { value: 0 };
  }
  const messages = await warmUp(context, run);
  const cpu = await context.cpu();
  const start = performance.now();
  await run(messages);
  const elapsed = (performance.now() - start) * 1000;
  return { value: elapsed / messages, cpu: ((await context.cpu()) - cpu) / messages };
}

/** @param {import('../types.js').Context} context @param {(messages: number) => Promise<void>} run */
async function warmUp({ milliseconds }, run) {
  const first = performance.now();
  for (let messages = 1; ; messages *= 2) {
    const start = performance.now();
    await run(messages);
    const end = performance.now();
    const isWarm = messages >= WARM_MESSAGES ? end - first >= milliseconds * WARM_UP : end - first >= milliseconds;
    if (isWarm) return Math.max(1, Math.round((messages * milliseconds) / (end - start)));
  }
}
