import type { Principal } from '../http/access.js';
import { problem } from '../http/problem.js';

/** The stations that a caller hands on to another account: never more than the caller's own. Throws FORBIDDEN. */
export function stationsWithin(principal: Principal, wanted: readonly string[] | null): string[] | null {
  const own = principal.stationIds;
  if (own === null) return wanted === null ? null : [...new Set(wanted)];
  if (wanted === null) return [...own];
  const beyond = wanted.find((station) => !own.includes(station));
  if (beyond !== undefined) throw problem('FORBIDDEN', `body.stationIds: ${beyond} is not yours to give`);
  return [...new Set(wanted)];
}
