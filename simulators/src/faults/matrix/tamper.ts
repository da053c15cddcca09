import type { Evidence } from './oracle.js';

/** Ways to spoil what was seen of a case, each of which the oracle must find: the proof that a case can fail. */
const WAYS = {
  lost: ({ hub, witness }: Evidence) => {
    const at = hub.messages.findIndex(({ epoch, seq }) => witness.acknowledged.has(`${epoch}/${seq}`));
    hub.messages.splice(at, 1);
  },
  doubled: ({ hub }: Evidence) => {
    const [first] = hub.messages.filter(({ seq }) => seq !== null);
    if (first) hub.messages.push({ ...first, id: 'doubled' });
  },
  invented: ({ hub }: Evidence) => {
    const [first] = hub.messages.filter(({ seq }) => seq !== null);
    if (first) hub.messages.push({ ...first, id: 'invented', messageId: 'invented', epoch: 1_000_000 });
  },
  altered: ({ hub }: Evidence) => {
    const message = hub.messages.find(({ refused, seq }) => refused === undefined && seq !== null);
    if (message) message.data = { altered: true };
  },
  charge: ({ hub }: Evidence) => {
    hub.charges.splice(0, 1);
  },
  door: ({ history }: Evidence) => {
    const again = Array.from({ length: 20 }, () => ({ at: '', what: 'latch released', slot: 1 }));
    (history as (typeof again)[number][]).push(...again);
  },
} as const;

export type Tampering = keyof typeof WAYS;
export const TAMPERINGS = Object.keys(WAYS) as Tampering[];

export const tamperWith = (way: Tampering): ((evidence: Evidence) => void) => WAYS[way];
