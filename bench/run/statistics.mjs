/** @param {number[]} values @param {number} share 0 to 1 @returns {number} */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at % 1);
}

/** @param {number[]} values */
export const median = (values) => quantile(values, 0.5);

/**
 * What was measured in the same round, one divided by the other: what disturbed both cancels out.
 * @param {number[]} values @param {number[]} references
 */
export function pairedRatios(values, references) {
  return values.slice(0, references.length).map((value, at) => value / (references[at] ?? Number.NaN));
}
